"""The ledger's questions, by SQL alone: how often was each source right, and at what price?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models
from django.db.models import Avg, Count, F, FloatField, IntegerField, Q, Sum, Value
from django.db.models.aggregates import Aggregate
from django.db.models.functions import Cast, Floor, Least, TruncDate
from django.utils import timezone

from ..triage.types import CALIBRATION_BINS as BINS
from ..triage.types import CONFIDENT_FROM, FIELDS, LEARNED_FIELDS
from .figures import CalibrationBin, DayFigures, FieldFigures, SourceFigures, TriageFigures

if TYPE_CHECKING:
    from ..models import Prediction  # noqa: F401  (named in a string below)

UNSENT_KEPT_FOR = timedelta(days=30)
QUOTED_FOR = timedelta(days=1)
JUDGED = ~Q(final_value="")
RIGHT = JUDGED & Q(final_value=F("value"))
SURE = Q(confidence__gte=CONFIDENT_FROM)
DECIDING = ~Q(use="shadow")
SOURCE = ("field", "source", "provider", "model", "prompt_version", "use")


class Percentile(Aggregate):
    """The value below which a share of all lies (PostgreSQL's `percentile_cont`)."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


class PredictionQuerySet(models.QuerySet["Prediction"]):
    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Those made from `since` on and before `until`; None means no bound."""
        found = self
        if since is not None:
            found = found.filter(created_at__gte=since)
        if until is not None:
            found = found.filter(created_at__lt=until)
        return found

    def deciding(self) -> Self:
        """What was shown or applied, without what a shadow said."""
        return self.filter(DECIDING)

    def report(self, since: datetime | None = None, until: datetime | None = None) -> TriageFigures:
        """How good triage was, in seven queries.

        `fields` and `sources` hold counts, shares (0..1, None of nothing), milliseconds and
        estimated US dollars. `fields`, `confusion`, `calibration` and `per_day` speak of the
        values that were shown or applied; what a shadow said stands in `sources` alone.
        A prediction is judged once an agent has decided; it was right when it is what they chose.
        """
        found = self.between(since, until)
        deciding = found.deciding()
        calibration = deciding._calibration()
        return {
            "fields": deciding._figures(calibration),
            "sources": found.by_source(),
            "confusion": deciding._confusion(),
            "calibration": calibration,
            "per_day": deciding._per_day(),
            "cost_usd": found._cost(),
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
                correct=Count("pk", filter=RIGHT),
                sure=Count("pk", filter=SURE),
                sure_judged=Count("pk", filter=SURE & JUDGED),
                sure_correct=Count("pk", filter=SURE & RIGHT),
                answered=Count("accepted"),
                accepted_count=Count("pk", filter=Q(accepted=True)),
            )
        }
        return {name: _field(counted.get(name, {}), calibration[name]) for name in FIELDS}

    def by_source(self) -> list[SourceFigures]:
        """Counts, shares, latency and cost of each source, model, prompt version and use."""
        rows = (
            self.order_by()
            .values(*SOURCE)
            .annotate(
                predictions=Count("*"),
                judged=Count("pk", filter=JUDGED),
                correct=Count("pk", filter=RIGHT),
                shown=Count("accepted"),
                accepted_count=Count("pk", filter=Q(accepted=True)),
                mean_confidence=Avg("confidence"),
                p50=Percentile("latency_ms", share=0.5),
                p95=Percentile("latency_ms", share=0.95),
                cost=Sum("cost_usd"),
            )
            .order_by("field", "-predictions", *SOURCE[1:])
        )
        return [_source(row) for row in rows]

    def _confusion(self) -> dict[str, dict[str, dict[str, int]]]:
        table: dict[str, dict[str, dict[str, int]]] = {name: {} for name in LEARNED_FIELDS}
        rows = self.order_by().filter(JUDGED, field__in=LEARNED_FIELDS)
        for row in rows.values("field", "value", "final_value").annotate(count=Count("*")):
            table[row["field"]].setdefault(row["value"], {})[row["final_value"]] = row["count"]
        return table

    def _calibration(self) -> dict[str, list[CalibrationBin]]:
        place = Least(Cast(Floor(F("confidence") * BINS), IntegerField()), Value(BINS - 1))
        rows = (
            self.order_by()
            .exclude(confidence=None)
            .annotate(place=place)
            .values("field", "place")
            .annotate(
                predictions=Count("*"),
                judged=Count("pk", filter=JUDGED),
                correct=Count("pk", filter=RIGHT),
                mean_confidence=Avg("confidence", filter=JUDGED),
            )
        )
        counted = {(row["field"], row["place"]): row for row in rows}
        return {
            name: [_bin(place, counted.get((name, place), {})) for place in range(BINS)]
            for name in FIELDS
        }

    def _per_day(self) -> list[DayFigures]:
        rows = (
            self.order_by()
            .filter(JUDGED)
            .annotate(day=TruncDate("created_at", tzinfo=UTC))
            .values("day", "field", "source")
            .annotate(judged=Count("*"), correct=Count("pk", filter=RIGHT))
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
        """Delete suggestions whose ticket never came, and before that the words that they quote;
        returns how many were deleted."""
        unsent, now = self.filter(ticket=None), timezone.now()
        unsent.filter(created_at__lt=now - QUOTED_FOR).exclude(evidence=[]).update(evidence=[])
        return unsent.filter(created_at__lt=now - UNSENT_KEPT_FOR).delete()[0]


def _field(row: Mapping[str, Any], bins: Iterable[CalibrationBin]) -> FieldFigures:
    predictions = row.get("predictions", 0)
    judged, correct = row.get("judged", 0), row.get("correct", 0)
    return {
        "predictions": predictions,
        "judged": judged,
        "correct": correct,
        "accuracy": _share(correct, judged),
        "acceptance": _share(row.get("accepted_count", 0), row.get("answered", 0)),
        "coverage_at_0_8": _share(row.get("sure", 0), predictions),
        "accuracy_at_0_8": _share(row.get("sure_correct", 0), row.get("sure_judged", 0)),
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


def _bin(place: int, row: Mapping[str, Any]) -> CalibrationBin:
    judged = row.get("judged", 0)
    return {
        "from": place / BINS,
        "to": (place + 1) / BINS,
        "predictions": row.get("predictions", 0),
        "judged": judged,
        "accuracy": _share(row.get("correct", 0), judged),
        "mean_confidence": _rounded(row.get("mean_confidence")),
    }


def _calibration_error(bins: Iterable[CalibrationBin]) -> float | None:
    """How far confidence and accuracy lie apart on average, weighted by the bins' sizes."""
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
WHERE (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)
"""


def _coverage(since: datetime | None, until: datetime | None) -> float | None:
    """The share of the time's tickets about which triage said anything."""
    with connection.cursor() as cursor:
        cursor.execute(COVERAGE, {"since": since, "until": until})
        row = cursor.fetchone()
    return _share(int(row[1]), int(row[0])) if row else None


def _share(part: int, whole: int) -> float | None:
    return round(float(part / whole), 4) if whole else None


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)
