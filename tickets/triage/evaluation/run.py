"""Ask a source about each row in turn, and judge what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..types import LEARNED_FIELDS, PRIORITIES, Classification, Tone
from . import metrics
from .metrics import Judged
from .sources import Source
from .table import CHOICES, Row

T = TypeVar("T")

CURVE = (0, 20, 50, 100, 300, 1000)  # rows learned
DIGITS = 4


@dataclass
class Run:
    """What became of each row, in their order; None where there is nothing to judge."""

    choices: dict[str, list[Judged | None]] = field(
        default_factory=lambda: {name: [] for name in CHOICES}
    )
    urgency: list[tuple[float, float] | None] = field(default_factory=list)  # right, answered
    latencies: list[float] = field(default_factory=list)  # milliseconds a row, all questions
    failures: int = 0  # rows with a question that was not answered

    def add(self, row: Row, found: Classification | None, tone: Tone | None) -> None:
        answers: dict[str, tuple[str, float | None]] = {}
        if found is not None:
            answers["category"] = found.category, found.category_confidence
            answers["priority"] = found.priority, found.priority_confidence
        if tone is not None:
            answers["sentiment"] = tone.sentiment, tone.confidence
        for name, judged in self.choices.items():
            both = name in row.choices and name in answers
            judged.append(Judged(row.choices[name], *answers[name]) if both else None)
        if row.urgency is None or tone is None:
            self.urgency.append(None)
        else:
            self.urgency.append((row.urgency, tone.urgency_score))

    def judged(self, name: str, after: int = 0) -> list[Judged]:
        """The judged answers of a field, without those about the first `after` rows."""
        return _some(self.choices[name][after:])


def ask(
    source: Source,
    rows: Sequence[Row],
    *,
    afterwards: Callable[[Row], None] = lambda row: None,
    progress: Callable[[int], None] = lambda done: None,
) -> Run:
    """Ask about each row what its labels can judge; `afterwards` gets each row once answered."""
    run = Run()
    for number, row in enumerate(rows, 1):
        started = time.perf_counter()
        wanted, found, tone = _wanted(row), None, None
        if "classify" in wanted:
            found = source.classify(row)
        if "tone" in wanted:
            tone = source.score_tone(row)
        run.latencies.append((time.perf_counter() - started) * 1000)
        run.failures += len(wanted) > (found is not None) + (tone is not None)
        run.add(row, found, tone)
        afterwards(row)
        progress(number)
    return run


def _wanted(row: Row) -> set[str]:
    """The questions whose answers this row can judge: each one may cost a call."""
    wanted = {"classify" if name in LEARNED_FIELDS else "tone" for name in row.choices}
    return wanted if row.urgency is None else wanted | {"tone"}


def figures(run: Run) -> dict[str, Any]:
    """How right the answers were, by field, rounded for reading."""
    found: dict[str, Any] = {name: _choice(run.judged(name)) for name in CHOICES}
    found["priority"] |= _levels(run.judged("priority"))
    pairs = _some(run.urgency)
    found["urgency"] = {
        "n": len(pairs),
        "spearman": rounded(metrics.spearman(pairs)),
        "mae": rounded(metrics.mean_absolute_error(pairs)),
    }
    return found


def _choice(rows: Sequence[Judged]) -> dict[str, Any]:
    sure = metrics.sure(rows)
    return {
        "n": len(rows),
        "accuracy": rounded(metrics.accuracy(rows)),
        "macro_f1": rounded(metrics.macro_f1(rows)),
        "ece": rounded(metrics.calibration_error(rows)),
        "coverage_at_0_8": rounded(len(sure) / len(rows) if rows else None),
        "accuracy_at_0_8": rounded(metrics.accuracy(sure)),
    }


def _levels(rows: Sequence[Judged]) -> dict[str, Any]:
    return {
        "within_one": rounded(metrics.within_one(rows, PRIORITIES)),
        "critical_recall": rounded(metrics.recall(rows, "critical")),
        "critical_precision": rounded(metrics.precision(rows, "critical")),
    }


def latency(run: Run) -> dict[str, float | None]:
    """Milliseconds that half, and nineteen in twenty, of the rows took at most."""
    return {
        "p50": rounded(metrics.percentile(run.latencies, 0.5)),
        "p95": rounded(metrics.percentile(run.latencies, 0.95)),
    }


def curve(run: Run) -> list[dict[str, Any]]:
    """The accuracy over the rows after the first n, each answered before it was learned."""
    return [
        {
            "n": count,
            **{name: rounded(metrics.accuracy(run.judged(name, count))) for name in LEARNED_FIELDS},
        }
        for count in CURVE
        if count < len(run.latencies)
    ]


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _some(values: Iterable[T | None]) -> list[T]:
    return [value for value in values if value is not None]
