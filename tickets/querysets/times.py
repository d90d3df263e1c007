"""The dashboard's figures of some time, by SQL alone."""

from __future__ import annotations

import datetime as dt
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Avg, Count, DurationField, F, Max, Q
from django.db.models.aggregates import Aggregate
from django.db.models.functions import TruncDate

from .statuses import UNFINISHED

if TYPE_CHECKING:
    from ..models import Ticket  # noqa: F401  (named in a string below)

BREAKDOWNS = ("priority", "category", "status", "sentiment")
MOMENTS = ("first_response", "resolved")


class MedianAndNinetieth(Aggregate):
    """[median, 90th percentile] of durations (PostgreSQL's `percentile_cont`); None of none."""

    function = "percentile_cont"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(DurationField())


class TimesQuerySet(models.QuerySet["Ticket"]):
    def overview(self) -> dict[str, Any]:
        """Counts, mean urgency, breakdowns, days and times of these tickets, in two queries.

        `per_day` maps each day (UTC) with tickets to their count. `first_response` and
        `resolved` say how many tickets have had it (`count`), how many unfinished ones still
        `wait`, how many were finished without (`never`), and of those that have had it, how
        long it took: `median` and `ninetieth`, or None.
        """
        row, breakdowns = self.counted(
            **{name: figure for moment in MOMENTS for name, figure in _time(moment)}
        )
        return {
            "total": row["total"],
            "open": row["status_open"],
            "urgency": row["urgency"],
            "breakdowns": breakdowns,
            **{moment: _told(row, moment) for moment in MOMENTS},
            "per_day": self.per_day(),
        }

    def counted(self, **more: Aggregate) -> tuple[dict[str, Any], dict[str, dict[str, int]]]:
        """The total, the mean urgency and `more` figures of these tickets, and for each field of
        BREAKDOWNS how many tickets have each of its values. In one query."""
        members = {field: self._values_of(field) for field in BREAKDOWNS}
        row = self.order_by().aggregate(
            total=Count("*"),
            urgency=Avg("urgency_score"),
            **more,
            **{
                f"{field}_{value}": Count("pk", filter=Q(**{field: value}))
                for field, values in members.items()
                for value in values
            },
        )
        return row, {
            field: {value: row[f"{field}_{value}"] for value in values}
            for field, values in members.items()
        }

    def _values_of(self, field: str) -> list[str]:
        described: Any = self.model._meta.get_field(field)
        return [str(value) for value, _ in described.choices]

    def per_day(self) -> dict[dt.date, int]:
        """How many of these tickets came on each day (UTC) that has any."""
        days = self.order_by().annotate(day=TruncDate("created_at", tzinfo=UTC)).values_list("day")
        return dict(days.annotate(count=Count("*")))


def _time(moment: str) -> list[tuple[str, Aggregate]]:
    at = f"{moment}_at"
    return [
        (f"{moment}_count", Count(at)),
        (f"{moment}_wait", Count("pk", filter=Q(status__in=UNFINISHED) & Q(**{at: None}))),
        (f"{moment}_times", MedianAndNinetieth(F(at) - F("created_at"))),
    ]


def _told(row: dict[str, Any], moment: str) -> dict[str, Any]:
    median, ninetieth = row[f"{moment}_times"] or (None, None)
    times: dict[str, timedelta | None] = {"median": median, "ninetieth": ninetieth}
    count, wait = row[f"{moment}_count"], row[f"{moment}_wait"]
    return {"count": count, "wait": wait, "never": row["total"] - count - wait, **times}


def newest_change() -> str:
    """Names the newest entries of the audit trail: another word as soon as anything changed."""
    trails = (apps.get_model("tickets", name).objects for name in ("TicketEvent", "CommentEvent"))
    newest = (trail.aggregate(newest=Max("pgh_id"))["newest"] for trail in trails)
    return "-".join(str(number or 0) for number in newest)
