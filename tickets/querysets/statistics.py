"""Figures over tickets, counted in SQL. What the database keeps counts of is in `counts.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Avg, Count, DurationField, F, Min, Q
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDate
from django.utils import timezone

from ..vocabulary import (
    ACTIVE_STATUSES,
    STATS_DAYS,
    Category,
    Priority,
    Sentiment,
    Status,
    WaitingFor,
)
from .figures import Stats, optional_rfc3339
from .turns import waits_for

TicketT = TypeVar("TicketT", bound=models.Model)

BREAKDOWNS = {
    "priority": Priority.values,
    "category": Category.values,
    "status": Status.values,
    "sentiment": Sentiment.values,
}


class MedianAndNinetieth(Aggregate):
    """[median, 90th percentile] of durations (PostgreSQL's `percentile_cont`); None of none."""

    function = "percentile_cont"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(DurationField())


@dataclass(frozen=True, slots=True)
class Duration:
    """How long tickets took until an event, such as the first response."""

    count: int  # tickets that had it
    waiting: int  # active tickets without it
    never: int  # tickets that were finished without it
    median: timedelta | None
    ninetieth: timedelta | None  # the 90th percentile


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """How many tickets there are, in all and by value, and whose turn it is."""

    total: int
    urgency: float | None  # the mean
    counts: dict[str, dict[str, int]]  # field of BREAKDOWNS -> value -> count
    waiting_for: dict[WaitingFor, int]  # unfinished tickets by whose turn it is
    longest_wait: dt.datetime | None  # since when the oldest of those for us waits

    def stats(self, days: int, per_day: Mapping[dt.date, int]) -> Stats:
        """Return the statistics of the JSON API. `days` have tickets, `per_day` has the last."""
        return {
            "total_tickets": self.total,
            "open_tickets": self.counts["status"][Status.OPEN],
            "avg_tickets_per_day": round(self.total / days, 1) if days else 0.0,
            "priority_breakdown": self.counts["priority"],
            "category_breakdown": self.counts["category"],
            "status_breakdown": self.counts["status"],
            "sentiment_breakdown": self.counts["sentiment"],
            "avg_urgency_score": None if self.urgency is None else round(self.urgency, 1),
            "tickets_per_day": [
                {"date": day.isoformat(), "count": per_day.get(day, 0)} for day in last_days()
            ],
            "waiting_for_breakdown": {side.value: self.waiting_for[side] for side in WaitingFor},
            "longest_waiting_since": optional_rfc3339(self.longest_wait),
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """What the dashboard shows."""

    breakdowns: Breakdowns
    first_response: Duration
    resolved: Duration
    per_day: dict[dt.date, int]  # days that have tickets


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many tickets of each status there are, without zeros."""

    counts: dict[str, int]
    is_limited: bool = False  # there are more than were counted


class StatisticsQuerySet(models.QuerySet[TicketT]):
    def stats(self) -> Stats:
        """Return the statistics of the JSON API. Two queries."""
        days = Count(TruncDate("created_at", tzinfo=UTC), distinct=True)
        breakdowns, further = self.breakdowns(days=days)
        recent = self.filter(created_at__gte=midnight(last_days()[0], UTC))
        return breakdowns.stats(further["days"], recent.per_day(UTC))

    def overview(self, zone: tzinfo) -> Overview:
        """Return the dashboard's figures over these tickets, by days in the zone. Two queries."""
        breakdowns, further = self.breakdowns(
            **_duration_aggregates("first_response"), **_duration_aggregates("resolved")
        )
        return Overview(
            breakdowns=breakdowns,
            first_response=_duration(breakdowns.total, further, "first_response"),
            resolved=_duration(breakdowns.total, further, "resolved"),
            per_day=self.per_day(zone),
        )

    def breakdowns(self, **further: Aggregate) -> tuple[Breakdowns, dict[str, Any]]:
        """Return the breakdowns, and further aggregates by name. One query."""
        sides = {side.value: Count("pk", filter=waits_for(side)) for side in WaitingFor}
        row = self.order_by().aggregate(
            total=Count("*"),
            mean_urgency=Avg("urgency_score"),
            longest_wait=Min("waiting_since"),
            **sides,
            **further,
            **{
                f"{field}_{value}": Count("pk", filter=Q(**{field: value}))
                for field, values in BREAKDOWNS.items()
                for value in values
            },
        )
        breakdowns = Breakdowns(
            total=row["total"],
            urgency=row["mean_urgency"],
            counts={
                field: {value: row[f"{field}_{value}"] for value in values}
                for field, values in BREAKDOWNS.items()
            },
            waiting_for={side: row[side.value] for side in WaitingFor},
            longest_wait=row["longest_wait"],
        )
        return breakdowns, {name: row[name] for name in further}

    def per_day(self, zone: tzinfo) -> dict[dt.date, int]:
        """Return the number of tickets created on each day that has any."""
        days = self.order_by().annotate(day=TruncDate("created_at", tzinfo=zone)).values_list("day")
        return dict(days.annotate(count=Count("*")))

    def counts_by_status(self, limit: int | None = None) -> dict[str, int]:
        """Count the tickets of each status, without zeros.

        With `limit`, count among that many: a word that most tickets have takes seconds to count.
        """
        counts = {value: Count("status", filter=Q(status=value)) for value in Status.values}
        row = self.order_by().values("status")[:limit].aggregate(**counts)
        return {value: count for value, count in row.items() if count}


def last_days() -> list[dt.date]:
    """Return the last STATS_DAYS days, today included, of UTC."""
    today = timezone.now().astimezone(UTC).date()
    return [today - timedelta(days=ago) for ago in range(STATS_DAYS - 1, -1, -1)]


def midnight(day: dt.date, zone: tzinfo) -> dt.datetime:
    """Return when a day begins in a zone."""
    return dt.datetime.combine(day, dt.time.min, zone)


def _duration_aggregates(event: str) -> dict[str, Aggregate]:
    column = f"{event}_at"
    is_waiting = Q(status__in=ACTIVE_STATUSES) & Q(**{column: None})
    return {
        f"{event}_count": Count(column),
        f"{event}_waiting": Count("pk", filter=is_waiting),
        f"{event}_times": MedianAndNinetieth(F(column) - F("created_at")),
    }


def _duration(total: int, row: Mapping[str, Any], event: str) -> Duration:
    median, ninetieth = row[f"{event}_times"] or (None, None)
    count, waiting = row[f"{event}_count"], row[f"{event}_waiting"]
    return Duration(count, waiting, total - count - waiting, median, ninetieth)
