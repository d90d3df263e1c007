"""The shapes of an evaluation's figures, as `manage.py evaluate_triage --json` prints them.

None stands for a figure without rows to compute it from.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class ChoiceFigures(TypedDict):
    """How well the values of one field were predicted. All but `n` are 0..1."""

    n: int  # rows
    accuracy: float | None
    macro_f1: float | None
    ece: float | None  # expected calibration error
    ece_floor: float | None  # what perfect confidences would show on so many rows
    coverage_at_0_8: float | None  # the share of rows with a confidence of 0.8 or more
    accuracy_at_0_8: float | None  # the accuracy on these


class PriorityFigures(ChoiceFigures):
    """Priorities have an order, and the highest matters most."""

    within_one: float | None  # the share that is at most one level off
    critical_recall: float | None
    critical_precision: float | None


class UrgencyFigures(TypedDict):
    n: int  # rows
    spearman: float | None  # rank correlation, -1..1
    mae: float | None  # mean absolute error, 0..100


class RunFigures(TypedDict):
    """The figures of one run by field."""

    category: ChoiceFigures
    priority: PriorityFigures
    sentiment: ChoiceFigures
    urgency: UrgencyFigures


class RowLatency(TypedDict):
    """Percentiles of the milliseconds per row."""

    p50: float | None
    p95: float | None


class CurvePoint(TypedDict):
    """The accuracy on the rows after the first `n`."""

    n: int
    category: float | None
    priority: float | None


class SourceFigures(TypedDict):
    """The accuracy on the texts of one source, and on the same by the lexicon alone."""

    source: str
    n: int  # rows
    accuracy: float | None
    lexicon: float | None
    ece: float | None
    ece_floor: float | None


class SourceMeans(TypedDict):
    """The mean over sources, each counting alike, with its 95% interval."""

    sources: list[SourceFigures]
    accuracy: float | None
    low: float | None
    high: float | None
    lexicon: float | None


class Baselines(TypedDict):
    """What the same rows get from the default values, and from the lexicon alone."""

    default: RunFigures
    lexicon: RunFigures


class ReportFigures(RunFigures):
    """One source's figures beside the baselines."""

    latency_ms: RowLatency
    failures: int  # rows with an unanswered question
    cost_usd: float
    baselines: Baselines
    curve: NotRequired[list[CurvePoint]]  # if the source learned
    by_source: NotRequired[dict[str, SourceMeans]]  # by field, if the rows name their sources
