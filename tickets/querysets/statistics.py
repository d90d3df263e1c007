"""The dashboard's figures over a period, computed in SQL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Avg, Count, DurationField, F, Min, Q
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDate

from ..vocabulary import ACTIVE_STATUSES, Category, Priority, Sentiment, Status, WaitingFor
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
    """How many tickets there are, in all and by value."""

    total: int
    urgency: float | None  # the mean
    counts: dict[str, dict[str, int]]  # field of BREAKDOWNS -> value -> count
    further: dict[str, Any]  # what else was asked for, by name


@dataclass(frozen=True, slots=True)
class Overview:
    total: int
    open: int
    urgency: float | None  # the mean
    breakdowns: dict[str, dict[str, int]]  # field -> value -> count
    first_response: Duration
    resolved: Duration
    per_day: dict[dt.date, int]  # days that have tickets
    waiting_for: dict[WaitingFor, int]  # unfinished tickets by whose turn it is
    longest_wait: dt.datetime | None  # since when the oldest of those for us waits


class StatisticsQuerySet(models.QuerySet[TicketT]):
    def overview(self, zone: tzinfo) -> Overview:
        """Return the dashboard's figures over these tickets, by days in the zone. Two queries."""
        breakdowns = self.breakdowns(
            **_duration_aggregates("first_response"),
            **_duration_aggregates("resolved"),
            **turn_aggregates(),
        )
        return Overview(
            total=breakdowns.total,
            open=breakdowns.counts["status"][Status.OPEN],
            urgency=breakdowns.urgency,
            breakdowns=breakdowns.counts,
            first_response=_duration(breakdowns, "first_response"),
            resolved=_duration(breakdowns, "resolved"),
            per_day=self.per_day(zone),
            waiting_for={side: breakdowns.further[side.value] for side in WaitingFor},
            longest_wait=breakdowns.further["longest_wait"],
        )

    def breakdowns(self, **further: Aggregate) -> Breakdowns:
        """Return the breakdowns and further aggregates. One query."""
        row = self.order_by().aggregate(
            total=Count("*"),
            urgency=Avg("urgency_score"),
            **further,
            **{
                f"{field}_{value}": Count("pk", filter=Q(**{field: value}))
                for field, values in BREAKDOWNS.items()
                for value in values
            },
        )
        return Breakdowns(
            total=row["total"],
            urgency=row["urgency"],
            counts={
                field: {value: row[f"{field}_{value}"] for value in values}
                for field, values in BREAKDOWNS.items()
            },
            further={name: row[name] for name in further},
        )

    def per_day(self, zone: tzinfo) -> dict[dt.date, int]:
        """Return the number of tickets created on each day that has any."""
        days = self.order_by().annotate(day=TruncDate("created_at", tzinfo=zone)).values_list("day")
        return dict(days.annotate(count=Count("*")))


def turn_aggregates() -> dict[str, Aggregate]:
    """Return the count of each WaitingFor side, and `longest_wait`: since when the oldest waits."""
    counts = {side.value: Count("pk", filter=waits_for(side)) for side in WaitingFor}
    return {**counts, "longest_wait": Min("waiting_since")}


def _duration_aggregates(event: str) -> dict[str, Aggregate]:
    column = f"{event}_at"
    is_waiting = Q(status__in=ACTIVE_STATUSES) & Q(**{column: None})
    return {
        f"{event}_count": Count(column),
        f"{event}_waiting": Count("pk", filter=is_waiting),
        f"{event}_times": MedianAndNinetieth(F(column) - F("created_at")),
    }


def _duration(breakdowns: Breakdowns, event: str) -> Duration:
    row = breakdowns.further
    median, ninetieth = row[f"{event}_times"] or (None, None)
    count, waiting = row[f"{event}_count"], row[f"{event}_waiting"]
    return Duration(count, waiting, breakdowns.total - count - waiting, median, ninetieth)
