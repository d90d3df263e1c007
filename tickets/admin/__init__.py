"""The back office: tickets, accounts, tokens, triage and background jobs on Django's admin.

The site itself is in `tickets/admin_site.py`, since it must exist before anything registers.
"""

from . import jobs, mail, tickets, tokens, triage, users, views  # noqa: F401
