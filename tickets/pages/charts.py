"""Numbers into the geometry of SVG charts. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
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
