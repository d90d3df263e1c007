"""Numbers into the geometry of SVG charts. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROUND = (10, 15, 20, 30, 40, 50, 60, 80, 100)
SLOT = 10  # width of a day, gap included
HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Day:
    """One bar. `next_date` bounds the day's tickets in a filter."""

    date: dt.date
    next_date: dt.date
    count: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class DayChart:
    days: list[Day]
    width: int
    top: int  # the value at the upper edge
    most: Day | None


@dataclass(frozen=True, slots=True)
class Bar:
    value: str
    count: int
    share: int  # per cent of all
    width: float  # per cent of the longest


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
class AccuracyDay:
    """One day's judged suggestions, and how many of them were right."""

    date: dt.date
    judged: int
    correct: int
    x: int
    y: float
    height: float
    right_y: float
    right_height: float


@dataclass(frozen=True, slots=True)
class AccuracyChart:
    days: list[AccuracyDay]
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
    """A bar a day from `first` to `last` over `[{"date": "2026-01-31", "judged", "correct"}]`."""
    judged: dict[dt.date, int] = {}
    correct: dict[dt.date, int] = {}
    for entry in days:
        date = dt.date.fromisoformat(entry["date"])
        judged[date] = judged.get(date, 0) + entry["judged"]
        correct[date] = correct.get(date, 0) + entry["correct"]
    top = round_up(max(judged.values(), default=0))
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    shown = [
        _accuracy_day(place, date, judged.get(date, 0), correct.get(date, 0), top)
        for place, date in enumerate(dates)
    ]
    return AccuracyChart(shown, SLOT * len(shown), top, sum(judged.values()), sum(correct.values()))


def _accuracy_day(place: int, date: dt.date, judged: int, correct: int, top: int) -> AccuracyDay:
    height, right = (round(HEIGHT * count / top, 1) for count in (judged, correct))
    return AccuracyDay(
        date, judged, correct, SLOT * place + 1, HEIGHT - height, height, HEIGHT - right, right
    )


def day_chart(days: Sequence[Mapping[str, Any]]) -> DayChart:
    """Bars for `[{"date": "2026-01-31", "count": 3}, ...]`."""
    top = round_up(max((day["count"] for day in days), default=0))
    shown = [_day(place, day, top) for place, day in enumerate(days)]
    most = max(shown, key=lambda day: day.count, default=None)
    return DayChart(shown, SLOT * len(shown), top, most)


def _day(place: int, day: Mapping[str, Any], top: int) -> Day:
    height = round(HEIGHT * day["count"] / top, 1)
    on = dt.date.fromisoformat(day["date"])
    return Day(
        on, on + dt.timedelta(days=1), day["count"], SLOT * place + 1, HEIGHT - height, height
    )


def round_up(value: int) -> int:
    """A round number not far above: 10, 15, 20, 30... 80, 100, 150...; below 10 the value, or 2."""
    if value < 10:
        return max(value, 2)
    tenth: int = 10 ** (len(str(value)) - 2)
    return next(step * tenth for step in ROUND if step * tenth >= value)


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """One bar for each value, the longest as wide as there is room."""
    total, longest = sum(counts.values()), max(counts.values(), default=0)
    return [
        Bar(
            value,
            count,
            share=round(100 * count / total) if total else 0,
            width=round(100 * count / longest, 1) if longest else 0,
        )
        for value, count in counts.items()
    ]
