"""The back office, on Django's admin: tickets, accounts, API tokens, triage and background jobs.

The site itself is in `tickets/admin_site.py`, because it must exist before these register.
"""

from . import (  # noqa: F401
    erasures,
    incoming,
    jobs,
    locks,
    mail,
    mailboxes,
    people,
    spam,
    tickets,
    tokens,
    triage,
    users,
    views,
)
