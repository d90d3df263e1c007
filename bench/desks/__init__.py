"""Our desk beside the usual design, django-helpdesk and the limit: `make bench`. See `run.py`."""
