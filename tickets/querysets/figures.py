"""The shapes of the statistics and of the triage report, as the API publishes them.

An annotation may carry an enumeration, a description and JSON Schema keywords, see
`api/shapes.py`.
"""

from datetime import UTC, datetime
from typing import Annotated, TypedDict

from ..vocabulary import (
    STATS_DAYS,
    Category,
    LearnedField,
    PredictedField,
    PredictionUse,
    Priority,
    Sentiment,
    Source,
    Status,
    WaitingFor,
)

Count = Annotated[int, {"minimum": 0}]
Confidence = Annotated[float | None, {"minimum": 0, "maximum": 1}]
Share = Annotated[Confidence, "Null if there is nothing to divide by."]
Dollars = Annotated[float, {"minimum": 0}, "Estimated, in US dollars."]
Day = Annotated[str, {"format": "date"}]


class DayCount(TypedDict):
    """Tickets created on one day (UTC)."""

    date: Day
    count: Count


class Stats(TypedDict):
    """Statistics of the tickets that match the filters."""

    total_tickets: Count
    open_tickets: Annotated[Count, "Tickets with the status open."]
    avg_tickets_per_day: Annotated[
        float, {"minimum": 0}, "Mean of the daily counts over the days (UTC) that have tickets."
    ]
    priority_breakdown: dict[Annotated[str, Priority], Count]
    category_breakdown: dict[Annotated[str, Category], Count]
    status_breakdown: dict[Annotated[str, Status], Count]
    sentiment_breakdown: dict[Annotated[str, Sentiment], Count]
    avg_urgency_score: Annotated[float | None, "Null if there are no tickets."]
    tickets_per_day: Annotated[
        list[DayCount],
        {"minItems": STATS_DAYS, "maxItems": STATS_DAYS},
        f"The last {STATS_DAYS} days, including today.",
    ]
    waiting_for_breakdown: Annotated[
        dict[Annotated[str, WaitingFor], Count], "Unfinished tickets by whose turn it is."
    ]
    longest_waiting_since: Annotated[
        str | None, {"format": "date-time"}, "Null if no ticket waits for us."
    ]


class JudgedFigures(TypedDict):
    """A prediction is judged once an agent has decided the value."""

    predictions: Count
    judged: Annotated[Count, "Predictions whose value an agent has decided since."]
    correct: Annotated[Count, "Judged predictions that match the agent's decision."]
    accuracy: Share


class FieldFigures(JudgedFigures):
    """How accurate the predictions of one field were."""

    acceptance: Annotated[Share, "Share of the suggested values that the requester kept."]
    coverage_at_0_8: Annotated[Share, "Share of predictions with a confidence of 0.8 or more."]
    accuracy_at_0_8: Annotated[Share, "Accuracy of predictions with a confidence of 0.8 or more."]
    ece: Annotated[Share, "Expected calibration error over ten bins."]


class Latency(TypedDict):
    """Percentiles, in milliseconds."""

    p50: Count
    p95: Count


class SourceFigures(JudgedFigures):
    """How accurate one source was, by model, prompt version and use."""

    field: Annotated[str, PredictedField]
    source: Annotated[str, Source]
    provider: str
    model: str
    prompt_version: str
    use: Annotated[str, PredictionUse]
    shown: Annotated[Count, "Suggestions that were sent with a ticket, kept or not."]
    accepted: Annotated[Count, "Suggestions that the requester kept."]
    acceptance: Share
    mean_confidence: Share
    latency_ms: Latency
    cost_usd: Dollars


# By a call, because `from` is a keyword.
CalibrationBin = TypedDict(
    "CalibrationBin",
    {
        "from": Confidence,
        "to": Confidence,
        "predictions": Count,
        "judged": Count,
        "accuracy": Share,
        "mean_confidence": Share,
    },
)


class DayFigures(TypedDict):
    """Judged predictions of one day (UTC), field and source."""

    date: Day
    field: Annotated[str, PredictedField]
    source: Annotated[str, Source]
    judged: Count
    correct: Count


class TriageFigures(TypedDict):
    """How accurate triage was."""

    fields: Annotated[
        dict[Annotated[str, PredictedField], FieldFigures],
        "Predictions that were shown or applied.",
    ]
    sources: Annotated[list[SourceFigures], "The only part that includes shadow predictions."]
    confusion: Annotated[
        dict[Annotated[str, LearnedField], dict[str, dict[str, Count]]],
        "Predicted value -> final value -> count.",
    ]
    calibration: Annotated[
        dict[Annotated[str, PredictedField], list[CalibrationBin]],
        "Ten ranges of confidence, each compared with its accuracy.",
    ]
    per_day: list[DayFigures]
    cost_usd: Dollars
    coverage: Annotated[Share, "Share of the period's tickets that have a prediction."]


def rfc3339(moment: datetime) -> str:
    """Format as RFC 3339 in UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def optional_rfc3339(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
