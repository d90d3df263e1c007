"""Look at everything that the desk needs, for `manage.py doctor`."""
