"""Fixed-window counters that all processes share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from django.db import connection, models
from django.utils import timezone

CounterT = TypeVar("CounterT", bound=models.Model)

# One statement, so that processes that count at the same moment lose nothing.
ADD_TO_COUNTER = """
INSERT INTO tickets_counter AS counter (name, time_window, count, expires_at)
{rows}
ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN counter.time_window = excluded.time_window
                 THEN counter.count + excluded.count ELSE excluded.count END,
    time_window = excluded.time_window,
    expires_at = excluded.expires_at
RETURNING name, count
"""


class Budget(NamedTuple):
    """How much of something may happen in a window of `seconds`."""

    name: str
    limit: int
    seconds: int

    def wait(self, count: int) -> int:
        """Return 0, or the seconds to wait if this count passes the limit."""
        now = timezone.now().timestamp()
        return int((now // self.seconds + 1) * self.seconds - now) + 1 if count > self.limit else 0


class CounterQuerySet(models.QuerySet[CounterT]):
    def hit(self, name: str, *, limit: int, seconds: int, amount: int = 1) -> int:
        """Count one more, or `amount`. Return 0, or the seconds to wait if that passes `limit`."""
        return self.spend([Budget(name, limit, seconds)], amount)

    def spend(self, budgets: Sequence[Budget], amount: int = 1) -> int:
        """Count one more, or `amount`, in each. Return 0, or the seconds to wait if one is spent.

        One statement.
        """
        counts = self._add([(each.name, each.seconds) for each in budgets], amount)
        return max(each.wait(counts[each.name]) for each in budgets)

    def add(self, name: str, amount: int, *, seconds: int) -> int:
        """Add to the count of the current window of `seconds`. Return the new count."""
        return self._add([(name, seconds)], amount)[name]

    def _add(self, windows: Sequence[tuple[str, int]], amount: int) -> dict[str, int]:
        now = timezone.now().timestamp()
        values: list[str | int] = []
        for name, seconds in sorted(windows):  # sorted, since all are locked for a moment
            window = int(now // seconds)
            values += [name, window, amount, (window + 1) * seconds]
        rows = "VALUES " + ", ".join(["(%s, %s, %s, to_timestamp(%s))"] * len(windows))
        with connection.cursor() as cursor:
            cursor.execute(ADD_TO_COUNTER.format(rows=rows), values)
            return dict(cursor.fetchall())

    def is_first(self, name: str, *, seconds: int) -> bool:
        """Return whether this never happened in the current window of `seconds`, and note it.

        Most of the time it did, and nothing is written.
        """
        window = int(timezone.now().timestamp() // seconds)
        if self.filter(name=name, time_window=window).exists():
            return False
        return self.add(name, 1, seconds=seconds) == 1

    def counts(self, prefix: str, *, seconds: int) -> dict[str, int]:
        """Return the current counts of all names with the prefix, by the rest of the name."""
        window = int(timezone.now().timestamp() // seconds)
        rows = self.filter(name__startswith=prefix, time_window=window)
        return {
            name.removeprefix(prefix): count for name, count in rows.values_list("name", "count")
        }

    def purge(self) -> int:
        """Delete counters whose window has ended. Return how many."""
        return self.filter(expires_at__lt=timezone.now()).delete()[0]
