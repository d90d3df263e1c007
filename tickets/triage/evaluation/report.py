"""Report the metrics of several runs on the same rows, as JSON or as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...vocabulary import (
    DEFAULT_CATEGORY,
    DEFAULT_PRIORITY,
    DEFAULT_SENTIMENT,
    DEFAULT_URGENCY,
)
from . import metrics, run
from .figures import ReportFigures, SourceMeans
from .run import Run
from .table import CHOICES, Row

CHOICE_COLUMNS = {
    "rows": "n",
    "accuracy": "accuracy",
    "macro-F1": "macro_f1",
    "ECE": "ece",
    "floor": "ece_floor",
    "confident": "coverage_at_0_8",
    "right if confident": "accuracy_at_0_8",
}
LEVEL_COLUMNS = {
    "within one": "within_one",
    "critical recall": "critical_recall",
    "precision": "critical_precision",
}
URGENCY_COLUMNS = {"rows": "n", "Spearman": "spearman", "mean error": "mae"}
SOURCE_COLUMNS = {
    "rows": "n",
    "accuracy": "accuracy",
    "lexicon only": "lexicon",
    "ECE": "ece",
    "floor": "ece_floor",
}
LEGEND = """\
ECE: expected calibration error over ten bins, of the rows with a confidence. Floor: what perfect
confidences would show on so many rows. Confident: the share of rows predicted with a confidence of
0.8 or more."""
NO_CONFIDENCE = """\
No confidence: rows predicted without a confidence. They count as predicted, but not for the
calibration error."""


@dataclass
class Report:
    """The run of one source, compared with the baselines."""

    source: str
    run: Run
    default: Run
    lexicon: Run
    cost_usd: float = 0.0
    learned: bool = False  # whether each row was learned after its prediction
    failed: Mapping[str, int] | None = None  # failed questions by reason
    rows: Sequence[Row] = ()  # what was asked about

    def as_object(self) -> ReportFigures:
        """Return the report for programs."""
        figures = run.figures(self.run)
        result: ReportFigures = {
            "category": figures["category"],
            "priority": figures["priority"],
            "sentiment": figures["sentiment"],
            "urgency": figures["urgency"],
            "latency_ms": run.latency(self.run),
            "failures": self.run.failures,
            "cost_usd": round(self.cost_usd, 6),
            "baselines": {
                "default": run.figures(self.default),
                "lexicon": run.figures(self.lexicon),
            },
        }
        if self.learned:
            result["curve"] = run.curve(self.run)
        if means := dict(self._means()):
            result["by_source"] = means
        return result

    def _means(self) -> Iterator[tuple[str, SourceMeans]]:
        """Yield the figures by source of each field, if the rows come from several."""
        if len({row.source for row in self.rows}) < 2:
            return
        for name in CHOICES:
            if self.run.judged(name):
                yield name, run.source_means(name, self.run, self.lexicon, self.rows)

    def as_text(self) -> str:
        """Return the report for people."""
        by_source = (_source_table(name, means) for name, means in self._means())
        parts = [*self._fields(), self._urgency(), *by_source]
        parts += [self._learning(), self._effort(), LEGEND]
        if any(_without_confidence(self.run.judged(name)) for name in CHOICES):
            parts.append(NO_CONFIDENCE)
        return "\n\n".join(part for part in parts if part)

    def _runs(self, default: str) -> dict[str, Run]:
        return {
            self.source: self.run,
            "lexicon only": self.lexicon,
            f"always {default}": self.default,
        }

    def _fields(self) -> Iterator[str]:
        defaults = {
            "category": DEFAULT_CATEGORY,
            "priority": DEFAULT_PRIORITY,
            "sentiment": DEFAULT_SENTIMENT,
        }
        for name, labels in CHOICES.items():
            if not self.default.judged(name):
                continue
            is_priority = name == "priority"
            columns = CHOICE_COLUMNS | (LEVEL_COLUMNS if is_priority else {})
            figures = run.priority_figures if is_priority else run.choice_figures
            by_label = {
                label: one.judged(name) for label, one in self._runs(defaults[name]).items()
            }
            rows = [
                [label, *_cells(figures(judged), columns), _without_confidence(judged)]
                for label, judged in by_label.items()
            ]
            yield _table([name, *columns, "no confidence"], rows)
            yield _confusion(self.run.judged(name), labels)

    def _urgency(self) -> str:
        if not run.urgency_figures(self.default)["n"]:
            return ""
        rows = [
            [label, *_cells(run.urgency_figures(one), URGENCY_COLUMNS)]
            for label, one in self._runs(str(DEFAULT_URGENCY)).items()
        ]
        return _table(["urgency", *URGENCY_COLUMNS], rows)

    def _learning(self) -> str:
        if not self.learned:
            return ""
        head = ["after learning", "category", "priority"]
        rows = [[point["n"], point["category"], point["priority"]] for point in run.curve(self.run)]
        note = "Accuracy on the rows after the first n. Each was predicted before it was learned."
        return f"{_table(head, rows)}\n{note}"

    def _effort(self) -> str:
        latency = run.latency(self.run)
        failures = f"failures  {self.run.failures} of {len(self.run.latencies)} rows"
        if self.failed:
            by_reason = ", ".join(f"{reason} {count}" for reason, count in self.failed.items())
            failures += f", left out of the metrics above ({by_reason})"
        return "\n".join(
            [
                f"latency   p50 {_cell(latency['p50'])} ms, p95 {_cell(latency['p95'])} ms per row",
                failures,
                f"cost      ${self.cost_usd:.6f}, estimated",
            ]
        )


def _source_table(name: str, means: SourceMeans) -> str:
    rows = [[row["source"], *_cells(row, SOURCE_COLUMNS)] for row in means["sources"]]
    mean = ["mean", "", means["accuracy"], means["lexicon"], "", ""]
    note = (
        f"95% interval of the mean, by resampling: {_cell(means['low'])} to {_cell(means['high'])}."
    )
    return f"{_table([f'{name} by source', *SOURCE_COLUMNS], [*rows, mean])}\n{note}"


def _without_confidence(rows: Iterable[metrics.Judged]) -> int:
    return sum(row.confidence is None for row in rows)


def _confusion(rows: Sequence[metrics.Judged], labels: Sequence[str]) -> str:
    counted = metrics.confusion(rows)
    body = [
        [right, *(counted[right][label] for label in labels)]
        for right in labels
        if right in counted
    ]
    return _table(["right, predicted:", *labels], body) if body else ""


def _cells(figures: Mapping[str, object], columns: Mapping[str, str]) -> list[object]:
    return [figures[key] for key in columns.values()]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Align the first column to the left and the others to the right."""
    lines = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
