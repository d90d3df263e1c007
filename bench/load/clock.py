"""When tickets arrive: more of them every year, and most of them on weekdays in office hours."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate

YEARS = 5
WEEK = timedelta(days=7)
GROWTH = 0.8  # 1 would be as many tickets in every year
DAYS = (1.0, 1.05, 1.0, 0.95, 0.85, 0.25, 0.2)
HOURS = (*([0.15] * 6), *(0.5, 1, 2, 3, 3, 3, 2, 2.5, 3, 3, 2.5, 1.5), *([0.7] * 4), *([0.3] * 2))
# The share of a week's tickets that have arrived by the end of each of its hours.
SUMS = [0.0, *accumulate(day * hour for day in DAYS for hour in HOURS)]


def arrival(share: float, until: datetime) -> datetime:
    """Return when the ticket came before which `share` (0..1) of all tickets had come, in UTC."""
    weeks = YEARS * 365.25 / 7 * (1 - share**GROWTH)
    start = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday
    elapsed = (until - start) / WEEK - weeks
    week = int(elapsed)
    position = (elapsed - week) * SUMS[-1]
    hour = bisect_right(SUMS, position) - 1
    part = (position - SUMS[hour]) / (SUMS[hour + 1] - SUMS[hour])
    # The current week, which is not over, goes by evenly: nothing comes in the future.
    is_current = week == int((until - start) / WEEK)
    bent = elapsed - week if is_current else (hour + part) / (len(SUMS) - 1)
    return start + (week + bent) * WEEK
