"""Keep the counts of tickets: fold changes, count what is not counted yet, and check."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from ..models.counts import CountChange, CountedZone
from ..models.ticket import Ticket

logger = logging.getLogger(__name__)

MENDED_SHOWN = timedelta(days=7)


def counted_zones() -> list[str]:
    """Return the zones by whose days tickets are counted: the API's and the desk's."""
    return sorted({"UTC", settings.TIME_ZONE})


def recount() -> int:
    """Count all tickets, and mend the counts that are wrong. Return how many were.

    After an upgrade, or with another TIME_ZONE, there is nothing to be wrong yet: this makes the
    counts.
    """
    zones = counted_zones()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        was_counted = CountedZone.objects.filter(zone__in=zones).count() == len(zones)
        mended = CountedZone.objects.recount(zones)
        now = timezone.now()
        CountedZone.objects.update(counted_at=now)
        if was_counted and mended:
            CountedZone.objects.update(mended_at=now, mended=mended)
    if not was_counted:
        return 0
    if mended:
        logger.error("%d counts of tickets were wrong, and are mended.", mended)
    return mended


def recently_mended() -> CountedZone | None:
    """Return when counts were last found wrong, and how many, for a week."""
    since = timezone.now() - MENDED_SHOWN
    return CountedZone.objects.filter(mended_at__gte=since).first()


def count_empty_desk(**_: Any) -> None:
    """Count a desk without tickets from the start, after each migration."""
    # After a migration to an earlier release there is no such table.
    if CountedZone._meta.db_table not in connection.introspection.table_names():
        return
    if not CountedZone.objects.exists() and not Ticket.with_merged.exists():
        recount()


# --- jobs -------------------------------------------------------------------------------


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", queueing_lock="fold_counts")
def fold_counts(timestamp: int) -> None:
    """Fold what changed, once a minute. Count first what is not counted yet."""
    if set(CountedZone.objects.values_list("zone", flat=True)) != set(counted_zones()):
        recount()
    CountChange.objects.fold()


@app.periodic(cron="41 3 * * *")
@app.task(queue="housekeeping", queueing_lock="check_counts")
def check_counts(timestamp: int) -> None:
    """Check the counts, once a night."""
    recount()
