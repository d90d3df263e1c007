"""Count for the triage report what became of each day's predictions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Min
from procrastinate.contrib.django import app

from ...models.ticket import Ticket
from ...models.triage import Prediction, TriageChange, TriageCount, TriageZone
from ..counts import counted_zones

BATCH = 16  # days


def count_changed_days() -> None:
    """Count the days again whose predictions have changed. Count first what never was."""
    zones = counted_zones()
    with transaction.atomic():
        gone = TriageZone.objects.exclude(zone__in=zones)
        if gone.exists():
            gone.delete()
            TriageCount.objects.exclude(zone__in=zones).delete()
    counted = set(TriageZone.objects.values_list("zone", flat=True))
    for zone in set(zones) - counted:
        _count_all(zone)
    with transaction.atomic():
        _take_turns()
        quarters = _changed_quarters()
        for zone in zones:
            _count(zone, {quarter.astimezone(ZoneInfo(zone)).date() for quarter in quarters})


def _count_all(zone: str) -> None:
    """Count every day, newest first. What changes meanwhile is noted, and counted afterwards."""
    starts = [
        model.aggregate(first=Min("created_at"))["first"]
        for model in (Ticket.with_merged, Prediction.objects)
    ]
    today = datetime.now(UTC).date() + timedelta(days=1)
    first = min([today, *(start.date() - timedelta(days=1) for start in starts if start)])
    days = [today - timedelta(days=ago) for ago in range((today - first).days + 1)]
    for index in range(0, len(days), BATCH):
        with transaction.atomic():
            _take_turns()
            _count(zone, set(days[index : index + BATCH]))
    TriageZone.objects.get_or_create(zone=zone)


def _changed_quarters() -> set[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TriageChange._meta.db_table} RETURNING quarter")  # noqa: S608  # nosec B608  # the name of a table
        return {quarter for (quarter,) in cursor.fetchall()}


def _count(zone: str, days: set[date]) -> None:
    if days:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT tickets_count_triage(%s, %s)", [zone, sorted(days)])


def _take_turns() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('triage counts', 0))")


# --- jobs -------------------------------------------------------------------------------


@app.periodic(cron="* * * * *")
@app.task(queue="housekeeping", queueing_lock="count_triage")
def count_triage(timestamp: int) -> None:
    """Count what has changed, once a minute."""
    count_changed_days()
