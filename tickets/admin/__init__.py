"""The back office: tickets, accounts, API tokens and background jobs on Django's admin.

The site itself is in `tickets/admin_site.py`, since it must exist before anything registers.
"""

from . import jobs, tickets, tokens, users  # noqa: F401
