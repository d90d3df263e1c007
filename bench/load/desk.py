"""Prepare a desk and fill it: migrate, create the accounts, store the tickets, count them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command

from bench.progress import Progress
from tickets.management.commands.run_local import create_accounts
from tickets.models.counts import CountedZone
from tickets.models.triage import TriageZone
from tickets.services.accounts import create_account
from tickets.services.counts import recount
from tickets.services.triage.report import count_changed_days

from .fill import fill
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
    # The desk was counted while it was empty. The triggers that count are off until it is full.
    for zones in (CountedZone, TriageZone):
        zones.objects.all().delete()
    progress = Progress(stream)
    fill(Plan(tickets, until, tuple(agents), seed), progress)
    progress.close()
    recount()
    count_changed_days()
