"""Turn numbers into the geometry of SVG charts. Uses no database."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..querysets.figures import DayFigures
from ..web.wording import precise_percentage

ROUND_NUMBERS = (10, 15, 20, 30, 40, 50, 60, 80, 100)
BAR_WIDTH = 10  # with its gap
HEIGHT = 100
MAX_BARS = 92  # three months of days


@dataclass(frozen=True, slots=True)
class Span:
    """The days of one bar: from `first` up to the day before `after`."""

    first: dt.date
    after: dt.date


@dataclass(frozen=True, slots=True)
class Column:
    """One bar."""

    span: Span
    count: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class DayChart:
    columns: list[Column]
    step: str  # "day", "week" or "month"
    width: int
    top: int  # the value at the upper edge
    highest: Column | None


@dataclass(frozen=True, slots=True)
class Bar:
    value: str
    count: int
    width: float  # a percentage of all
    share: str  # the same as text


@dataclass(frozen=True, slots=True)
class Point:
    """How accurate predictions in one range of confidence were. x, y and radius are the chart's."""

    label: str  # the range, such as "70 to 80%"
    judged: int
    confidence: float  # 0..1, their mean
    accuracy: float  # 0..1
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Cell:
    """How often one value was predicted where another was final."""

    count: int
    share: int  # a percentage of its row
    shade: int  # 0 (never) to 4 (mostly)
    is_correct: bool


@dataclass(frozen=True, slots=True)
class AccuracyColumn:
    """The judged predictions of some days, and how many of them were correct."""

    span: Span
    judged: int
    correct: int
    x: int
    y: float
    height: float
    correct_y: float
    correct_height: float


@dataclass(frozen=True, slots=True)
class AccuracyChart:
    columns: list[AccuracyColumn]
    step: str
    width: int
    top: int
    judged: int
    correct: int


def calibration(bins: Iterable[Mapping[str, Any]]) -> list[Point]:
    """Return a point for each range of confidence with judged predictions, larger for more.

    Both axes run from 0 to 100: the confidence to the right, the accuracy upwards.
    """
    judged = [entry for entry in bins if entry["judged"]]
    highest = max((entry["judged"] for entry in judged), default=1)
    return [
        Point(
            f"{100 * entry['from']:.0f} to {entry['to']:.0%}",
            entry["judged"],
            entry["mean_confidence"],
            entry["accuracy"],
            x=round(100 * entry["mean_confidence"], 1),
            y=round(100 - 100 * entry["accuracy"], 1),
            radius=round(1.5 + 2.5 * (entry["judged"] / highest) ** 0.5, 1),
        )
        for entry in judged
    ]


def confusion(
    counts: Mapping[str, Mapping[str, int]], values: Sequence[str]
) -> list[tuple[str, list[Cell]]]:
    """Return a row for each predicted value, with a cell for each final one."""
    rows = []
    for predicted in values:
        row = counts.get(predicted, {})
        total = sum(row.values())
        cells = [_cell(row.get(final, 0), total, final == predicted) for final in values]
        rows.append((predicted, cells))
    return rows


def _cell(count: int, total: int, is_correct: bool) -> Cell:
    share = round(100 * count / total) if total else 0
    return Cell(count, share, min(4, -(-share // 25)), is_correct)


def accuracy_chart(days: Iterable[DayFigures], step: str, spans: Sequence[Span]) -> AccuracyChart:
    """Return a bar for each span over these days of one field."""
    rows = [(dt.date.fromisoformat(entry["date"]), entry) for entry in days]
    judged = _totals(((date, entry["judged"]) for date, entry in rows), spans)
    correct = _totals(((date, entry["correct"]) for date, entry in rows), spans)
    top = round_up(max(judged, default=0))
    columns = [
        _accuracy_column(index, span, judged[index], correct[index], top)
        for index, span in enumerate(spans)
    ]
    return AccuracyChart(columns, step, BAR_WIDTH * len(spans), top, sum(judged), sum(correct))


def _accuracy_column(index: int, span: Span, judged: int, correct: int, top: int) -> AccuracyColumn:
    height, correct_height = (round(HEIGHT * count / top, 1) for count in (judged, correct))
    return AccuracyColumn(
        span,
        judged,
        correct,
        BAR_WIDTH * index + 1,
        HEIGHT - height,
        height,
        HEIGHT - correct_height,
        correct_height,
    )


def day_chart(per_day: Mapping[dt.date, int], first: dt.date, last: dt.date) -> DayChart:
    """Return bars from `first` to `last`. Days without an entry have none."""
    step, spans = spans_of(first, last)
    counts = _totals(per_day.items(), spans)
    top = round_up(max(counts, default=0))
    columns = [_column(index, spans[index], count, top) for index, count in enumerate(counts)]
    highest = max(columns, key=lambda column: column.count, default=None)
    return DayChart(columns, step, BAR_WIDTH * len(columns), top, highest)


def _column(index: int, span: Span, count: int, top: int) -> Column:
    height = round(HEIGHT * count / top, 1)
    return Column(span, count, BAR_WIDTH * index + 1, HEIGHT - height, height)


def spans_of(first: dt.date, last: dt.date) -> tuple[str, list[Span]]:
    """Split the time from `first` to `last` into days, weeks (from Monday) or months.

    Takes the finest step that makes no more than MAX_BARS.
    """
    if (last - first).days < MAX_BARS:
        return "day", _steps(first, last, lambda date: date + dt.timedelta(days=1))
    monday = first - dt.timedelta(days=first.weekday())
    if (last - monday).days < 7 * MAX_BARS:
        return "week", _steps(monday, last, lambda date: date + dt.timedelta(days=7))
    return "month", _steps(first.replace(day=1), last, _next_month)


def _steps(first: dt.date, last: dt.date, following: Callable[[dt.date], dt.date]) -> list[Span]:
    spans = [Span(first, following(first))]
    while spans[-1].after <= last:
        spans.append(Span(spans[-1].after, following(spans[-1].after)))
    return spans


def _next_month(date: dt.date) -> dt.date:
    return (date.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _totals(counts: Iterable[tuple[dt.date, int]], spans: Sequence[Span]) -> list[int]:
    """Return the sum of each span's days. Days outside all spans are ignored."""
    rows = sorted(counts)
    starts = [bisect.bisect_left(rows, (span.first,)) for span in spans]
    ends = [*starts[1:], bisect.bisect_left(rows, (spans[-1].after,))] if spans else []
    return [
        sum(count for _, count in rows[start:end]) for start, end in zip(starts, ends, strict=True)
    ]


def round_up(value: int) -> int:
    """Return the next round number: 10, 15, 20, 30... 80, 100, 150...; below 10 the value, or 2."""
    if value < 10:
        return max(value, 2)
    tenth: int = 10 ** (len(str(value)) - 2)
    return next(step * tenth for step in ROUND_NUMBERS if step * tenth >= value)


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """Return one bar per value, as long as its share of all."""
    total = sum(counts.values())
    return [
        Bar(
            value,
            count,
            round(100 * count / total, 1) if total else 0,
            precise_percentage(count, total),
        )
        for value, count in counts.items()
    ]
