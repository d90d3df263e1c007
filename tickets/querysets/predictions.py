"""Questions about predictions, in SQL: how often each source was right, and at what cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self, TypeVar, cast

from django.db import connection, models
from django.db.models import (
    Avg,
    Count,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.aggregates import Aggregate
from django.db.models.functions import Cast, Floor, Least, TruncDate
from django.utils import timezone

from ..transactions import unread
from ..vocabulary import CALIBRATION_BINS as BINS
from ..vocabulary import CONFIDENT_FROM, LearnedField, PredictedField, PredictionUse
from .figures import CalibrationBin, DayFigures, FieldFigures, SourceFigures, TriageFigures
from .listed import CountedQuerySet

PredictionT = TypeVar("PredictionT", bound=models.Model)
FeedbackT = TypeVar("FeedbackT", bound=models.Model)

UNATTACHED_LIFETIME = timedelta(days=30)
EVIDENCE_LIFETIME = timedelta(days=1)
MAX_CLAIMS = 100  # of a field
JUDGED = ~Q(final_value="")
CORRECT = JUDGED & Q(final_value=F("value"))
CONFIDENT = Q(confidence__gte=CONFIDENT_FROM)
DECIDING = ~Q(use=PredictionUse.SHADOW)
SOURCE_COLUMNS = ("field", "source", "provider", "model", "prompt_version", "use")


class Percentile(Aggregate):
    """The value below which a share of all values lies (PostgreSQL's `percentile_cont`)."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


class PredictionQuerySet(CountedQuerySet[PredictionT]):
    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Return those that count, made from `since` on and before `until`. None means no bound."""
        queryset = self.counted()
        if since is not None:
            queryset = queryset.filter(created_at__gte=since)
        if until is not None:
            queryset = queryset.filter(created_at__lt=until)
        return queryset

    def deciding(self) -> Self:
        """Return what was shown or applied, without the shadow's predictions."""
        return self.filter(DECIDING)

    def claims(self, field: str) -> Iterable[tuple[str, str, float, bool]]:
        """Return the latest judged predictions of a field for which a model stated a confidence.

        Field, model, that confidence, and whether an agent decided the same.
        """
        judged = self.filter(JUDGED, field=field, claimed__isnull=False).order_by("-final_at")
        is_right = models.ExpressionWrapper(CORRECT, models.BooleanField())
        columns = judged.values_list("field", "model", "claimed", is_right)
        return cast("Iterable[tuple[str, str, float, bool]]", columns[:MAX_CLAIMS])

    def with_like(self) -> Self:
        """Annotate `like`: `like_ticket`, if that is still in agents' lists."""
        tickets: Any = self.model._meta.get_field("ticket").related_model
        return self.annotate(
            like=Subquery(tickets.objects.filter(pk=OuterRef("like_ticket")).values("pk"))
        )

    def report(
        self, since: datetime | None = None, until: datetime | None = None, zone: tzinfo = UTC
    ) -> TriageFigures:
        """Return how accurate triage was, by days in the zone. Seven queries.

        Shares are 0..1, or None without data; costs are estimated US dollars. The shadow's
        predictions appear in `sources` only. A prediction is judged once an agent has decided,
        and correct if the agent decided the same.
        """
        queryset = self.between(since, until)
        deciding = queryset.deciding()
        calibration = deciding._calibration()
        return {
            "fields": deciding._figures(calibration),
            "sources": queryset.by_source(),
            "confusion": deciding._confusion(),
            "calibration": calibration,
            "per_day": deciding._per_day(zone),
            "cost_usd": queryset._cost(),
            "coverage": _coverage(since, until),
        }

    def _figures(self, calibration: Mapping[str, list[CalibrationBin]]) -> dict[str, FieldFigures]:
        counted: dict[str, Mapping[str, Any]] = {
            row["field"]: row
            for row in self.order_by()
            .values("field")
            .annotate(
                predictions=Count("*"),
                judged=Count("pk", filter=JUDGED),
                correct=Count("pk", filter=CORRECT),
                confident=Count("pk", filter=CONFIDENT),
                confident_judged=Count("pk", filter=CONFIDENT & JUDGED),
                confident_correct=Count("pk", filter=CONFIDENT & CORRECT),
                answered=Count("accepted"),
                accepted_count=Count("pk", filter=Q(accepted=True)),
            )
        }
        return {
            name: _field(counted.get(name, {}), calibration[name]) for name in PredictedField.values
        }

    def by_source(self) -> list[SourceFigures]:
        """Return the figures of each source, model, prompt version and use."""
        rows = (
            self.order_by()
            .values(*SOURCE_COLUMNS)
            .annotate(
                predictions=Count("*"),
                judged=Count("pk", filter=JUDGED),
                correct=Count("pk", filter=CORRECT),
                shown=Count("accepted"),
                accepted_count=Count("pk", filter=Q(accepted=True)),
                mean_confidence=Avg("confidence"),
                p50=Percentile("latency_ms", share=0.5),
                p95=Percentile("latency_ms", share=0.95),
                cost=Sum("cost_usd"),
            )
            .order_by("field", "-predictions", *SOURCE_COLUMNS[1:])
        )
        return [_source(row) for row in rows]

    def _confusion(self) -> dict[str, dict[str, dict[str, int]]]:
        table: dict[str, dict[str, dict[str, int]]] = {name: {} for name in LearnedField.values}
        rows = self.order_by().filter(JUDGED, field__in=LearnedField.values)
        for row in rows.values("field", "value", "final_value").annotate(count=Count("*")):
            table[row["field"]].setdefault(row["value"], {})[row["final_value"]] = row["count"]
        return table

    def _calibration(self) -> dict[str, list[CalibrationBin]]:
        bin_number = Least(Cast(Floor(F("confidence") * BINS), IntegerField()), Value(BINS - 1))
        rows = (
            self.order_by()
            .exclude(confidence=None)
            .annotate(bin=bin_number)
            .values("field", "bin")
            .annotate(
                predictions=Count("*"),
                judged=Count("pk", filter=JUDGED),
                correct=Count("pk", filter=CORRECT),
                mean_confidence=Avg("confidence", filter=JUDGED),
            )
        )
        counted = {(row["field"], row["bin"]): row for row in rows}
        return {
            name: [_bin(number, counted.get((name, number), {})) for number in range(BINS)]
            for name in PredictedField.values
        }

    def _per_day(self, zone: tzinfo) -> list[DayFigures]:
        rows = (
            self.order_by()
            .filter(JUDGED)
            .annotate(day=TruncDate("created_at", tzinfo=zone))
            .values("day", "field", "source")
            .annotate(judged=Count("*"), correct=Count("pk", filter=CORRECT))
            .order_by("day", "field", "source")
        )
        return [
            {
                "date": row["day"].isoformat(),
                "field": row["field"],
                "source": row["source"],
                "judged": row["judged"],
                "correct": row["correct"],
            }
            for row in rows
        ]

    def _cost(self) -> float:
        return round(self.aggregate(cost=Sum("cost_usd"))["cost"] or 0.0, 6)

    def purge(self) -> int:
        """Delete suggestions that were never sent, and well before that the texts they quote.

        Return how many were deleted.
        """
        unattached, now = self.filter(ticket=None), timezone.now()
        unattached.filter(created_at__lt=now - EVIDENCE_LIFETIME).exclude(evidence=[]).update(
            evidence=[]
        )
        return unattached.filter(created_at__lt=now - UNATTACHED_LIFETIME).delete()[0]


def _field(row: Mapping[str, Any], bins: Iterable[CalibrationBin]) -> FieldFigures:
    predictions = row.get("predictions", 0)
    judged, correct = row.get("judged", 0), row.get("correct", 0)
    return {
        "predictions": predictions,
        "judged": judged,
        "correct": correct,
        "accuracy": _share(correct, judged),
        "acceptance": _share(row.get("accepted_count", 0), row.get("answered", 0)),
        "coverage_at_0_8": _share(row.get("confident", 0), predictions),
        "accuracy_at_0_8": _share(row.get("confident_correct", 0), row.get("confident_judged", 0)),
        "ece": _calibration_error(bins),
    }


def _source(row: Mapping[str, Any]) -> SourceFigures:
    return {
        "field": row["field"],
        "source": row["source"],
        "provider": row["provider"],
        "model": row["model"],
        "prompt_version": row["prompt_version"],
        "use": row["use"],
        "predictions": row["predictions"],
        "judged": row["judged"],
        "correct": row["correct"],
        "accuracy": _share(row["correct"], row["judged"]),
        "shown": row["shown"],
        "accepted": row["accepted_count"],
        "acceptance": _share(row["accepted_count"], row["shown"]),
        "mean_confidence": _rounded(row["mean_confidence"]),
        "latency_ms": {"p50": round(row["p50"]), "p95": round(row["p95"])},
        "cost_usd": round(row["cost"], 6),
    }


def _bin(number: int, row: Mapping[str, Any]) -> CalibrationBin:
    judged = row.get("judged", 0)
    return {
        "from": number / BINS,
        "to": (number + 1) / BINS,
        "predictions": row.get("predictions", 0),
        "judged": judged,
        "accuracy": _share(row.get("correct", 0), judged),
        "mean_confidence": _rounded(row.get("mean_confidence")),
    }


def _calibration_error(bins: Iterable[CalibrationBin]) -> float | None:
    """Return the mean gap between confidence and accuracy, weighted by the bins' sizes."""
    total, weighted = 0, 0.0
    for entry in bins:
        accuracy, confidence = entry["accuracy"], entry["mean_confidence"]
        if accuracy is not None and confidence is not None:  # both are None in an empty bin
            total += entry["judged"]
            weighted += entry["judged"] * abs(accuracy - confidence)
    return _rounded(weighted / total) if total else None


COVERAGE = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM tickets_prediction WHERE ticket_id = ticket.id AND use <> 'shadow'))
FROM tickets_ticket ticket
WHERE NOT spam AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)
"""


def _coverage(since: datetime | None, until: datetime | None) -> float | None:
    """Return the share of the period's tickets that triage made a prediction for."""
    with connection.cursor() as cursor:
        cursor.execute(COVERAGE, {"since": since, "until": until})
        row = cursor.fetchone()
    return _share(int(row[1]), int(row[0])) if row else None


def _share(part: int, whole: int) -> float | None:
    return round(float(part / whole), 4) if whole else None


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)


# Each decision judges its predictions. The same one again changes neither them nor the feedback.
STORE_DECISIONS = """
WITH decided (field, value) AS (SELECT * FROM unnest(%(fields)s::text[], %(values)s::text[])),
judged AS (
    UPDATE tickets_prediction AS prediction
    SET final_value = decided.value, final_at = %(now)s
    FROM decided
    WHERE prediction.ticket_id = %(ticket)s AND prediction.field = decided.field
)
INSERT INTO {feedback} AS stored
    (ticket_id, field, value, corrected, decided_at, prior_value, learned_value)
SELECT %(ticket)s, decided.field, decided.value, EXISTS (
    SELECT FROM tickets_prediction AS prediction
    WHERE prediction.ticket_id = %(ticket)s AND prediction.field = decided.field
        AND prediction.value <> decided.value AND prediction.use <> 'shadow'
), %(now)s, '', ''
FROM decided
ON CONFLICT (ticket_id, field) DO UPDATE SET
    value = excluded.value, corrected = excluded.corrected, decided_at = excluded.decided_at,
    learned_at = NULL, prior_value = '', learned_value = '', confidence = NULL
WHERE stored.value <> excluded.value
"""


class FeedbackQuerySet(CountedQuerySet[FeedbackT]):
    def store_decisions(self, ticket_id: int, values: Mapping[str, str]) -> None:
        """Store an agent's decisions about a ticket by LearnedField, in one statement."""
        with unread(), connection.cursor() as cursor:
            cursor.execute(
                STORE_DECISIONS.format(feedback=self.model._meta.db_table),
                {
                    "ticket": ticket_id,
                    "fields": list(values),
                    "values": list(values.values()),
                    "now": timezone.now(),
                },
            )

    def last_learned(self, name: str) -> datetime | None:
        """Return when a field's newest learned feedback was learned, by an index."""
        learned = self.filter(field=name).exclude(learned_at=None).order_by("-decided_at")
        return learned.values_list("learned_at", flat=True).first()

    def newest(self, limit: int) -> list[FeedbackT]:
        """Return the latest feedback that counts with its tickets and vectors, oldest first."""
        rows = self.counted().select_related("ticket__vector")
        return list(rows.order_by("-decided_at", "-pk")[:limit])[::-1]
