"""Erase what is older than the settings say, once a day. By default nothing is."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from ...access.actors import SYSTEM
from ...audit.erasing import prune_events
from ...exceptions import NotFound
from ...models.events import Erasure
from ...models.incoming import InboundMessage
from ...models.ticket import Ticket
from ...transactions import long_reading
from ...vocabulary import FINISHED_STATUSES, ErasureKind, InboundState
from .emptying import empty_ticket

logger = logging.getLogger(__name__)
MIN_AUDIT_DAYS = 30  # the database refuses to delete newer events
AT_ONCE = 500  # tickets or messages; a job goes on until none are left
PRUNED_AT_ONCE = 10_000  # tickets, whose events take a second or two
FINISHED_WITH = [InboundState.HANDLED, InboundState.IGNORED, InboundState.DISCARDED]


def erase_old() -> None:
    """Erase what the settings RETENTION_... name. Each ticket is a transaction of its own."""
    now = timezone.now()
    if days := settings.RETENTION_CLOSED_DAYS:
        count = _empty_closed(now - timedelta(days=days))
        logger.info("erased %d tickets that were closed %d days ago", count, days)
    if days := settings.RETENTION_MAIL_DAYS:
        _empty_mail(now - timedelta(days=days))
    if days := settings.RETENTION_AUDIT_DAYS:
        LogEntry.objects.filter(action_time__lt=now - timedelta(days=days)).delete()
        while _prune(max(days, MIN_AUDIT_DAYS)) == PRUNED_AT_ONCE:
            pass


def closed_before(moment: datetime, above: int = 0) -> list[int]:
    """Return the next AT_ONCE tickets above a number that are finished since, and not erased since.

    One that was merged goes with the ticket that it is part of.
    """
    is_erased = Exists(
        Erasure.objects.filter(
            ticket_number=OuterRef("pk"),
            kind=ErasureKind.ERASED,
            fields__contains=["title"],
            erased_at__gte=OuterRef("last_activity_at"),
        )
    )
    rows = Ticket.including_spam.filter(status__in=FINISHED_STATUSES, resolved_at__lt=moment)
    old = rows.filter(Q(last_activity_at__lt=moment) & ~is_erased)
    return _next(old, above)


def _empty_closed(moment: datetime) -> int:
    count = above = 0
    while numbers := closed_before(moment, above):
        above = numbers[-1]
        for number in numbers:
            try:
                count += len(empty_ticket(number, SYSTEM))
            except NotFound:  # it was deleted meanwhile
                continue
    return count


def _next(rows: QuerySet[Any], above: int) -> list[int]:
    """Return the next AT_ONCE ids: each run reads the rows once, however many there are."""
    with long_reading():
        next_rows = rows.filter(pk__gt=above).order_by("pk")
        return list(next_rows.values_list("pk", flat=True)[:AT_ONCE])


def _prune(days: int) -> int:
    with long_reading():
        return prune_events(days, PRUNED_AT_ONCE)


def _empty_mail(moment: datetime) -> None:
    """Empty the bytes of old messages, and all of those that belong to no ticket.

    What a message says stays on its ticket.
    """
    old = InboundMessage.objects.filter(state__in=FINISHED_WITH, received_at__lt=moment)
    above = 0
    while ids := _next(old.exclude(raw=b""), above):
        above = ids[-1]
        rows = InboundMessage.objects.filter(pk__in=ids)
        rows.filter(ticket=None).forget()
        rows.filter(ticket__isnull=False).update(raw=b"", envelope_from=None, envelope_to=[])


# --- job --------------------------------------------------------------------------------


@app.periodic(cron="37 2 * * *")
@app.task(queue="housekeeping", lock="erase_old", queueing_lock="erase_old")
def erase_old_job(timestamp: int) -> None:
    """Erase what is older than the settings say, once a day."""
    erase_old()
