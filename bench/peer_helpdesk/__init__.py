"""django-helpdesk from PyPI, as its documentation sets it up. It runs in its own environment."""
