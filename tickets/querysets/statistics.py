"""The dashboard's figures over a period, computed in SQL."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Avg, Count, DurationField, F, Q
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDate

from ..vocabulary import ACTIVE_STATUSES, Category, Priority, Sentiment, Status

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
class Overview:
    total: int
    open: int
    urgency: float | None  # the mean
    breakdowns: dict[str, dict[str, int]]  # field -> value -> count
    first_response: Duration
    resolved: Duration
    per_day: dict[dt.date, int]  # UTC days that have tickets


class StatisticsQuerySet(models.QuerySet[TicketT]):
    def overview(self) -> Overview:
        """Return the dashboard's figures over these tickets. Two queries."""
        row, breakdowns = self.breakdowns(
            **_duration_aggregates("first_response"), **_duration_aggregates("resolved")
        )
        return Overview(
            total=row["total"],
            open=row["status_open"],
            urgency=row["urgency"],
            breakdowns=breakdowns,
            first_response=_duration(row, "first_response"),
            resolved=_duration(row, "resolved"),
            per_day=self.per_day(),
        )

    def breakdowns(
        self, **aggregates: Aggregate
    ) -> tuple[dict[str, Any], dict[str, dict[str, int]]]:
        """Return the `total`, the mean `urgency` and further aggregates, and BREAKDOWNS.

        The breakdowns map each field to its values, and each value to its number of tickets.
        One query.
        """
        row = self.order_by().aggregate(
            total=Count("*"),
            urgency=Avg("urgency_score"),
            **aggregates,
            **{
                f"{field}_{value}": Count("pk", filter=Q(**{field: value}))
                for field, values in BREAKDOWNS.items()
                for value in values
            },
        )
        return row, {
            field: {value: row[f"{field}_{value}"] for value in values}
            for field, values in BREAKDOWNS.items()
        }

    def per_day(self) -> dict[dt.date, int]:
        """Return the number of tickets created on each UTC day that has any."""
        days = self.order_by().annotate(day=TruncDate("created_at", tzinfo=UTC)).values_list("day")
        return dict(days.annotate(count=Count("*")))


def _duration_aggregates(event: str) -> dict[str, Aggregate]:
    column = f"{event}_at"
    is_waiting = Q(status__in=ACTIVE_STATUSES) & Q(**{column: None})
    return {
        f"{event}_count": Count(column),
        f"{event}_waiting": Count("pk", filter=is_waiting),
        f"{event}_times": MedianAndNinetieth(F(column) - F("created_at")),
    }


def _duration(row: dict[str, Any], event: str) -> Duration:
    median, ninetieth = row[f"{event}_times"] or (None, None)
    count, waiting = row[f"{event}_count"], row[f"{event}_waiting"]
    return Duration(count, waiting, row["total"] - count - waiting, median, ninetieth)
