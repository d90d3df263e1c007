"""The figures of several runs over the same rows, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..types import LEARNED_FIELDS
from . import metrics, run
from .run import Run
from .table import CHOICES

CHOICE_COLUMNS = {
    "rows": "n",
    "accuracy": "accuracy",
    "macro-F1": "macro_f1",
    "ECE": "ece",
    "sure": "coverage_at_0_8",
    "right if sure": "accuracy_at_0_8",
}
LEVEL_COLUMNS = {
    "within one": "within_one",
    "critical recall": "critical_recall",
    "precision": "critical_precision",
}
URGENCY_COLUMNS = {"rows": "n", "Spearman": "spearman", "mean error": "mae"}
LEGEND = """\
ECE: expected calibration error over ten bins, of the rows with a confidence. Sure: the share of
rows answered with a confidence of 0.8 or more."""
NO_CONFIDENCE = """\
No confidence: answered without saying how sure; they count as answered, but have no part in the
calibration error."""


@dataclass
class Report:
    """One source's run beside the baselines'."""

    source: str
    run: Run
    default: Run
    lexicon: Run
    cost_usd: float = 0.0
    learned: bool = False  # whether each row was learned once it was answered
    failed: Mapping[str, int] | None = None  # how many questions failed for which reason

    def as_object(self) -> dict[str, Any]:
        found = {
            **run.figures(self.run),
            "latency_ms": run.latency(self.run),
            "failures": self.run.failures,
            "cost_usd": round(self.cost_usd, 6),
            "baselines": {
                "default": run.figures(self.default),
                "lexicon": run.figures(self.lexicon),
            },
        }
        return found | {"curve": run.curve(self.run)} if self.learned else found

    def as_text(self) -> str:
        parts = [*self._fields(), self._urgency(), self._learning(), self._effort(), LEGEND]
        if any(_without_opinion(self.run.judged(name)) for name in CHOICES):
            parts.append(NO_CONFIDENCE)
        return "\n\n".join(part for part in parts if part)

    def _runs(self, default: str) -> dict[str, Run]:
        return {
            self.source: self.run,
            "lexicon only": self.lexicon,
            f"always {default}": self.default,
        }

    def _fields(self) -> Iterator[str]:
        defaults = {"category": "general", "priority": "medium", "sentiment": "neutral"}
        for name, labels in CHOICES.items():
            if not self.default.judged(name):
                continue
            columns = CHOICE_COLUMNS | (LEVEL_COLUMNS if name == "priority" else {})
            rows = [
                [
                    label,
                    *_cells(run.figures(one)[name], columns),
                    _without_opinion(one.judged(name)),
                ]
                for label, one in self._runs(defaults[name]).items()
            ]
            yield _table([name, *columns, "no confidence"], rows)
            yield _confusion(self.run.judged(name), labels)

    def _urgency(self) -> str:
        if not run.figures(self.default)["urgency"]["n"]:
            return ""
        rows = [
            [label, *_cells(run.figures(one)["urgency"], URGENCY_COLUMNS)]
            for label, one in self._runs("50").items()
        ]
        return _table(["urgency", *URGENCY_COLUMNS], rows)

    def _learning(self) -> str:
        if not self.learned:
            return ""
        head = ["after learning", *LEARNED_FIELDS]
        rows = [[entry[name] for name in ("n", *LEARNED_FIELDS)] for entry in run.curve(self.run)]
        said = "Each row was answered before it was learned; accuracy over the rows after the first"
        return f"{_table(head, rows)}\n{said} so many."

    def _effort(self) -> str:
        took = run.latency(self.run)
        failures = f"failures  {self.run.failures} of {len(self.run.latencies)} rows"
        if self.failed:
            reasons = ", ".join(f"{reason} {count}" for reason, count in self.failed.items())
            failures += f", left out of the figures above ({reasons})"
        return "\n".join(
            [
                f"latency   p50 {_shown(took['p50'])} ms, p95 {_shown(took['p95'])} ms a row",
                failures,
                f"cost      ${self.cost_usd:.6f}, estimated",
            ]
        )


def _without_opinion(rows: Iterable[metrics.Judged]) -> int:
    return sum(row.confidence is None for row in rows)


def _confusion(rows: Sequence[metrics.Judged], labels: Sequence[str]) -> str:
    counted = metrics.confusion(rows)
    body = [
        [right, *(counted[right][said] for said in labels)] for right in labels if right in counted
    ]
    return _table(["right, answered:", *labels], body) if body else ""


def _cells(figures: Mapping[str, Any], columns: Mapping[str, str]) -> list[Any]:
    return [figures[key] for key in columns.values()]


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The first column to the left, the others to the right, each as wide as it must be."""
    lines = [list(head), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
