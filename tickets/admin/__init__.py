"""The back office, on Django's admin: tickets, accounts, API tokens, triage and background jobs.

The site itself is in `tickets/admin_site.py`, because it must exist before these register.
"""

from . import incoming, jobs, mail, spam, tickets, tokens, triage, users, views  # noqa: F401
