"""Ask a source about each row in turn, and compare its predictions with the right values."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...vocabulary import LEARNED_FIELDS, PRIORITIES
from ..results import Classification, SentimentScore
from . import metrics
from .figures import (
    ChoiceFigures,
    CurvePoint,
    PriorityFigures,
    RowLatency,
    RunFigures,
    SourceFigures,
    SourceMeans,
    UrgencyFigures,
)
from .metrics import Judged
from .sources import Source
from .table import CHOICES, Row

T = TypeVar("T")

CURVE = (0, 20, 50, 100, 300, 1000)  # rows learned
DIGITS = 4


@dataclass
class Run:
    """The outcome for each row, in order; None where there is no label or no prediction."""

    choices: dict[str, list[Judged | None]] = field(
        default_factory=lambda: {name: [] for name in CHOICES}
    )
    urgency: list[tuple[float, float] | None] = field(default_factory=list)  # right, predicted
    latencies: list[float] = field(default_factory=list)  # milliseconds per row, all questions
    failures: int = 0  # rows with an unanswered question

    def add(
        self,
        row: Row,
        classification: Classification | None,
        score: SentimentScore | None,
    ) -> None:
        """Add the predictions for a row; None for a question that failed or was not asked."""
        answers: dict[str, tuple[str, float | None]] = {}
        if classification is not None:
            answers["category"] = classification.category, classification.category_confidence
            answers["priority"] = classification.priority, classification.priority_confidence
        if score is not None:
            answers["sentiment"] = score.sentiment, score.confidence
        for name, judged in self.choices.items():
            has_both = name in row.choices and name in answers
            judged.append(Judged(row.choices[name], *answers[name]) if has_both else None)
        if row.urgency is None or score is None:
            self.urgency.append(None)
        else:
            self.urgency.append((row.urgency, score.urgency_score))

    def judged(self, name: str, after: int = 0) -> list[Judged]:
        """Return the judged predictions of a field, without those of the first `after` rows."""
        return _present(self.choices[name][after:])


def ask(
    source: Source,
    rows: Sequence[Row],
    *,
    afterwards: Callable[[Row], None] = lambda row: None,
    progress: Callable[[int], None] = lambda number: None,
) -> Run:
    """Ask about each row what its labels can judge. Call `afterwards` with each row after that."""
    run = Run()
    for number, row in enumerate(rows, 1):
        started = time.perf_counter()
        questions, classification, score = _questions(row), None, None
        if "classify" in questions:
            classification = source.classify(row)
        if "score_sentiment" in questions:
            score = source.score_sentiment(row)
        run.latencies.append((time.perf_counter() - started) * 1000)
        run.failures += len(questions) > (classification is not None) + (score is not None)
        run.add(row, classification, score)
        afterwards(row)
        progress(number)
    return run


def _questions(row: Row) -> set[str]:
    """Return the questions for which the row has a label. Each one may cost a call."""
    questions = {
        "classify" if name in LEARNED_FIELDS else "score_sentiment" for name in row.choices
    }
    return questions if row.urgency is None else questions | {"score_sentiment"}


def figures(run: Run) -> RunFigures:
    """Return the metrics by field, rounded for reading."""
    return {
        "category": choice_figures(run.judged("category")),
        "priority": priority_figures(run.judged("priority")),
        "sentiment": choice_figures(run.judged("sentiment")),
        "urgency": urgency_figures(run),
    }


def choice_figures(rows: Sequence[Judged]) -> ChoiceFigures:
    confident = metrics.confident(rows)
    return {
        "n": len(rows),
        "accuracy": rounded(metrics.accuracy(rows)),
        "macro_f1": rounded(metrics.macro_f1(rows)),
        "ece": rounded(metrics.calibration_error(rows)),
        "ece_floor": rounded(metrics.calibration_floor(rows)),
        "coverage_at_0_8": rounded(len(confident) / len(rows) if rows else None),
        "accuracy_at_0_8": rounded(metrics.accuracy(confident)),
    }


def priority_figures(rows: Sequence[Judged]) -> PriorityFigures:
    return {
        **choice_figures(rows),
        "within_one": rounded(metrics.within_one(rows, PRIORITIES)),
        "critical_recall": rounded(metrics.recall(rows, "critical")),
        "critical_precision": rounded(metrics.precision(rows, "critical")),
    }


def urgency_figures(run: Run) -> UrgencyFigures:
    pairs = _present(run.urgency)
    return {
        "n": len(pairs),
        "spearman": rounded(metrics.spearman(pairs)),
        "mae": rounded(metrics.mean_absolute_error(pairs)),
    }


def source_means(name: str, run: Run, lexicon: Run, rows: Sequence[Row]) -> SourceMeans:
    """Return the figures of a field by source, and their means."""
    pairs: dict[str, list[tuple[Judged, Judged]]] = {}
    for row, one, other in zip(rows, run.choices[name], lexicon.choices[name], strict=True):
        if one is not None and other is not None:
            pairs.setdefault(row.source, []).append((one, other))
    by_source = [_source_figures(source, pairs[source]) for source in sorted(pairs)]
    flags = [[one.right for one, _ in pairs[figures["source"]]] for figures in by_source]
    low, high = metrics.resampled_interval(flags) or (None, None)
    return {
        "sources": by_source,
        "accuracy": rounded(metrics.mean([each["accuracy"] or 0.0 for each in by_source])),
        "low": rounded(low),
        "high": rounded(high),
        "lexicon": rounded(metrics.mean([each["lexicon"] or 0.0 for each in by_source])),
    }


def _source_figures(source: str, pairs: Sequence[tuple[Judged, Judged]]) -> SourceFigures:
    judged = [one for one, _ in pairs]
    return {
        "source": source,
        "n": len(pairs),
        "accuracy": rounded(metrics.accuracy(judged)),
        "lexicon": rounded(metrics.accuracy(other for _, other in pairs)),
        "ece": rounded(metrics.calibration_error(judged)),
        "ece_floor": rounded(metrics.calibration_floor(judged)),
    }


def latency(run: Run) -> RowLatency:
    """Return the median and 95th percentile of the milliseconds per row."""
    return {
        "p50": rounded(metrics.percentile(run.latencies, 0.5)),
        "p95": rounded(metrics.percentile(run.latencies, 0.95)),
    }


def curve(run: Run) -> list[CurvePoint]:
    """Return the accuracy on the rows after the first n, each predicted before it was learned."""
    return [
        {
            "n": count,
            "category": rounded(metrics.accuracy(run.judged("category", count))),
            "priority": rounded(metrics.accuracy(run.judged("priority", count))),
        }
        for count in CURVE
        if count < len(run.latencies)
    ]


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _present(values: Iterable[T | None]) -> list[T]:
    return [value for value in values if value is not None]
