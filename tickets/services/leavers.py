"""Agents who leave: their active tickets become unassigned, or go to another agent.

The back office calls `hand_over` when it closes an account. Whatever else ends somebody's time as
an agent, a job finds within a minute, and the accounts that earlier releases closed, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Max
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ..access.actors import SYSTEM, Actor, agents, is_agent, user_actor
from ..models.ticket import Ticket
from .editing import audited
from .mail import notifications

# More tickets than this are a job's work.
BATCH = 500
# How the back office's log begins about a leaver whom the job found.
LOG_PREFIX = "No longer an agent:"
MAX_FOUND = 10  # leavers that the back office shows
LOG_WINDOW = 10_000  # log entries, by id, that are searched for them


@dataclass(frozen=True, slots=True)
class Handover:
    """What becomes of a leaver's active tickets. With `is_queued` a job is about to do it."""

    leaver: str
    heir: User | None
    count: int
    is_queued: bool = False


def hand_over(
    leaver: User, actor: Actor, heir: User | None = None, *, at_once: bool = False
) -> Handover:
    """Give a leaver's active tickets to the heir, or to nobody. Tell who looks after them now.

    Call it in the transaction that ends the leaver's time as an agent. With `at_once` no job is
    queued, however many tickets there are: the account is about to be deleted.
    """
    count = Ticket.objects.active_of(leaver).count()
    is_queued = count > BATCH and not at_once
    if is_queued:
        _queue(leaver.pk, actor, heir)
    elif count:
        _move_all(leaver, actor, heir, secrets.token_hex(8))
    return Handover(leaver.get_username(), heir, count, is_queued)


def _move_all(leaver: User, actor: Actor, heir: User | None, event: str) -> None:
    """Move the tickets in batches. The first also tells, so a job that runs again does not."""
    count = Ticket.objects.active_of(leaver).count()
    is_found = actor == SYSTEM and heir is None
    while True:
        with audited(actor):
            ids = list(
                Ticket.objects.active_of(leaver)
                .order_by("pk")
                .select_for_update()
                .values_list("pk", flat=True)[:BATCH]
            )
            if not ids:
                return
            Ticket.objects.filter(pk__in=ids).reassign(heir)
            notifications.tell_of_leaver(leaver.get_username(), heir, count, actor, event)
            if is_found:
                _log_found(leaver, count)
                is_found = False


def _log_found(leaver: User, count: int) -> None:
    """Tell the back office. Nobody acted, so the entry is the account's own."""
    tickets = "1 active ticket was" if count == 1 else f"{count:,} active tickets were"
    LogEntry.objects.create(
        user=leaver,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(leaver.pk),
        object_repr=leaver.get_username()[:200],
        action_flag=CHANGE,
        change_message=f"{LOG_PREFIX} {tickets} unassigned.",
    )


def found_leavers() -> Sequence[LogEntry]:
    """Return the log's entries about the leavers whom the job found last, the newest first."""
    latest = LogEntry.objects.aggregate(latest=Max("pk"))["latest"] or 0
    entries = LogEntry.objects.filter(
        pk__gt=latest - LOG_WINDOW,
        content_type=ContentType.objects.get_for_model(User),
        change_message__startswith=LOG_PREFIX,
    )
    return list(entries.order_by("-pk")[:MAX_FOUND])


def _queue(account_id: int, actor: Actor, heir: User | None = None) -> None:
    """Queue the job, unless one waits for this account already."""
    name = f"hand over {account_id}"
    job = hand_over_tickets.configure(lock=name, queueing_lock=name)
    try:
        with transaction.atomic():
            job.defer(
                account_id=account_id,
                by_id=actor.account,
                heir_id=heir.pk if heir else None,
                event=secrets.token_hex(8),
            )
    except AlreadyEnqueued:
        return


# --- jobs -------------------------------------------------------------------------------


@app.task(queue="housekeeping", retry=RetryStrategy(max_attempts=5, wait=10))
def hand_over_tickets(account_id: int, by_id: int | None, heir_id: int | None, event: str) -> None:
    """Move a leaver's active tickets. An account that is an agent's again keeps them."""
    people = User.objects.in_bulk([pk for pk in (account_id, by_id, heir_id) if pk])
    leaver, heir = people.get(account_id), people.get(heir_id or 0)
    if leaver is None or is_agent(leaver):
        return
    actor = user_actor(people[by_id]) if by_id in people else SYSTEM
    _move_all(leaver, actor, heir if heir and is_agent(heir) else None, event)


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", queueing_lock="find_leavers")
def find_leavers(timestamp: int) -> None:
    """Find active tickets of accounts that are no longer agents', once a minute."""
    assigned = Ticket.objects.active().order_by().exclude(assignee=None).values("assignee")
    leavers = User.objects.filter(pk__in=assigned).exclude(pk__in=agents().order_by().values("pk"))
    for account_id in leavers.values_list("pk", flat=True):
        _queue(account_id, SYSTEM)
