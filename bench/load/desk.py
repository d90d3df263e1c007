"""Prepare a desk and fill it: migrate, create the accounts, store the tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command

from tickets.management.commands.run_local import create_accounts
from tickets.services.accounts import create_account

from .fill import Progress, fill
from .people import AGENTS
from .tickets import Plan


def fill_desk(tickets: int, until: datetime, seed: int, stream: Any) -> None:
    """Fill the desk of the settings, which must have no tickets. Report progress on `stream`."""
    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        create_accounts()  # those that `make run` creates
    for name in AGENTS:
        if not User.objects.filter(username=name).exists():
            create_account(name, "", admin=False)
    agents = (
        User.objects.filter(username__in=AGENTS).order_by("username").values_list("pk", flat=True)
    )
    fill(Plan(tickets, until, tuple(agents), seed), Progress(stream))
