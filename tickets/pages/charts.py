"""Numbers into the geometry of SVG charts. Pure."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROUND = (10, 15, 20, 30, 40, 50, 60, 80, 100)
SLOT = 10  # width of a bar, gap included
HEIGHT = 100
MOST_BARS = 92  # as many days as three months have


@dataclass(frozen=True, slots=True)
class Span:
    """A day, or the days that share one bar: from `first` up to the day before `after`."""

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
    most: Column | None


@dataclass(frozen=True, slots=True)
class Bar:
    value: str
    count: int
    width: float  # per cent of all
    share: str  # the same in words


@dataclass(frozen=True, slots=True)
class Point:
    """What suggestions of about one confidence were worth. Places are those of the chart."""

    told: str  # the confidences, as "70 to 80 %"
    judged: int
    confidence: float  # 0..1, their mean
    accuracy: float  # 0..1
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Cell:
    """How often one value was suggested where another was final."""

    count: int
    share: int  # per cent of its row
    shade: int  # 0 (never) to 4 (mostly)
    right: bool


@dataclass(frozen=True, slots=True)
class AccuracyColumn:
    """The judged suggestions of some days, and how many of them were right."""

    span: Span
    judged: int
    correct: int
    x: int
    y: float
    height: float
    right_y: float
    right_height: float


@dataclass(frozen=True, slots=True)
class AccuracyChart:
    columns: list[AccuracyColumn]
    step: str
    width: int
    top: int
    judged: int
    correct: int


def calibration(bins: Iterable[Mapping[str, Any]]) -> list[Point]:
    """A point for each range of confidence with judged suggestions, larger for more of them.

    Both axes run from 0 to 100, the confidence to the right, the accuracy upwards.
    """
    judged = [entry for entry in bins if entry["judged"]]
    most = max((entry["judged"] for entry in judged), default=1)
    return [
        Point(
            f"{entry['from']:.0%} to {entry['to']:.0%}".replace("%", "").strip() + " %",
            entry["judged"],
            entry["mean_confidence"],
            entry["accuracy"],
            x=round(100 * entry["mean_confidence"], 1),
            y=round(100 - 100 * entry["accuracy"], 1),
            radius=round(1.5 + 2.5 * (entry["judged"] / most) ** 0.5, 1),
        )
        for entry in judged
    ]


def confusion(
    counts: Mapping[str, Mapping[str, int]], values: Sequence[str]
) -> list[tuple[str, list[Cell]]]:
    """A row for each suggested value, a cell for each final one."""
    rows = []
    for suggested in values:
        row = counts.get(suggested, {})
        total = sum(row.values())
        cells = [_cell(row.get(final, 0), total, final == suggested) for final in values]
        rows.append((suggested, cells))
    return rows


def _cell(count: int, total: int, right: bool) -> Cell:
    share = round(100 * count / total) if total else 0
    return Cell(count, share, min(4, -(-share // 25)), right)


def accuracy_chart(
    days: Iterable[Mapping[str, Any]], first: dt.date, last: dt.date
) -> AccuracyChart:
    """Bars from `first` to `last` over `[{"date": "2026-01-31", "judged", "correct"}]`."""
    rows = [(dt.date.fromisoformat(entry["date"]), entry) for entry in days]
    step, spans = spans_of(first, last)
    judged = _totals(((date, entry["judged"]) for date, entry in rows), spans)
    correct = _totals(((date, entry["correct"]) for date, entry in rows), spans)
    top = round_up(max(judged, default=0))
    columns = [
        _accuracy_column(place, span, judged[place], correct[place], top)
        for place, span in enumerate(spans)
    ]
    return AccuracyChart(columns, step, SLOT * len(spans), top, sum(judged), sum(correct))


def _accuracy_column(place: int, span: Span, judged: int, correct: int, top: int) -> AccuracyColumn:
    height, right = (round(HEIGHT * count / top, 1) for count in (judged, correct))
    return AccuracyColumn(
        span, judged, correct, SLOT * place + 1, HEIGHT - height, height, HEIGHT - right, right
    )


def day_chart(per_day: Mapping[dt.date, int], first: dt.date, last: dt.date) -> DayChart:
    """Bars from `first` to `last`; days without an entry have none."""
    step, spans = spans_of(first, last)
    counts = _totals(per_day.items(), spans)
    top = round_up(max(counts, default=0))
    columns = [_column(place, spans[place], count, top) for place, count in enumerate(counts)]
    most = max(columns, key=lambda column: column.count, default=None)
    return DayChart(columns, step, SLOT * len(columns), top, most)


def _column(place: int, span: Span, count: int, top: int) -> Column:
    height = round(HEIGHT * count / top, 1)
    return Column(span, count, SLOT * place + 1, HEIGHT - height, height)


def spans_of(first: dt.date, last: dt.date) -> tuple[str, list[Span]]:
    """The days from `first` to `last`, or where these are too many to tell apart, their weeks
    (from Monday), or else their months."""
    if (last - first).days < MOST_BARS:
        return "day", _steps(first, last, lambda date: date + dt.timedelta(days=1))
    monday = first - dt.timedelta(days=first.weekday())
    if (last - monday).days < 7 * MOST_BARS:
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
    """What each span's days amount to; days outside all of them count nowhere."""
    starts = [span.first for span in spans]
    totals = [0] * len(spans)
    for date, count in counts:
        place = bisect.bisect(starts, date) - 1
        if place >= 0 and date < spans[place].after:
            totals[place] += count
    return totals


def round_up(value: int) -> int:
    """A round number not far above: 10, 15, 20, 30... 80, 100, 150...; below 10 the value, or 2."""
    if value < 10:
        return max(value, 2)
    tenth: int = 10 ** (len(str(value)) - 2)
    return next(step * tenth for step in ROUND if step * tenth >= value)


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """One bar for each value, as long as its share of all."""
    total = sum(counts.values())
    return [
        Bar(value, count, round(100 * count / total, 1) if total else 0, per_cent(count, total))
        for value, count in counts.items()
    ]


def per_cent(part: int, whole: int) -> str:
    """A share in words; what is not nothing is never called 0 %, nor all what is less."""
    if not whole or part in (0, whole):
        return "100\u00a0%" if whole and part else "0\u00a0%"
    share = 100 * part / whole
    told = "<1" if share < 1 else ">99" if share > 99 else f"{share:.0f}"
    return f"{told}\u00a0%"
