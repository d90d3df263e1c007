"""Counts that the database keeps itself: fold them, check them, read them.

The functions that do it are in the database, see `migrations/_counts.py` and
docs/decisions/0040-counts.md. Readers return None for what is not kept.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models

from ..vocabulary import ACTIVE_STATUSES, WaitingFor
from .figures import Stats
from .statistics import BREAKDOWNS, Breakdowns, Duration, Overview, last_days

ChangeT = TypeVar("ChangeT", bound=models.Model)
ZoneT = TypeVar("ZoneT", bound=models.Model)

VALUE_FILTERS = ("status", "category", "priority", "sentiment")
# Filters by which nothing is counted. `snoozed` is one even if it is false.
OTHER_FILTERS = (
    *("search", "created_after", "created_before"),
    *("needs_review", "waiting_for", "unread", "spam"),
)
# `none` means unassigned, which is counted under 0.
ASSIGNEES = """
SELECT CASE WHEN %(assignee)s::text[] <> '{}' THEN ARRAY(
    SELECT id FROM auth_user WHERE username = ANY (%(assignee)s)
    UNION ALL SELECT 0 WHERE 'none' = ANY (%(assignee)s)) END AS ids
"""
MATCHING = ", ".join(f"nullif(%({name})s::text[], '{{}}')" for name in VALUE_FILTERS)
BY_STATUS = f"""
SELECT counted.* FROM ({ASSIGNEES}) assignees, tickets_by_status({MATCHING}, ids) counted
"""  # noqa: S608  (constants)
STATISTICS = f"""
SELECT counted.* FROM ({ASSIGNEES}) assignees, tickets_statistics({MATCHING}, ids,
    %(facet)s, CASE %(facet)s WHEN 'assignee' THEN ids::text[] ELSE %(members)s END, %(since)s
) counted
"""  # noqa: S608  (constants)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class CountChangeQuerySet(models.QuerySet[ChangeT]):
    def fold(self) -> int:
        """Add the changes to the counts. Return how many there were; 0 if others do it now."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT tickets_fold_counts()")
            return int(cursor.fetchone()[0])


class CountedZoneQuerySet(models.QuerySet[ZoneT]):
    def recount(self, zones: Sequence[str]) -> int:
        """Count all tickets by days of these zones, and mend the counts that are wrong.

        Return how many were. Call it in a transaction. It reads the table of tickets, which takes
        seconds, and locks nothing that others write to.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT tickets_recount(%s)", [list(zones)])
            return int(cursor.fetchone()[0])


class _Row(NamedTuple):
    """One figure. `kind` is a dimension of PeriodCount, or "day", "days" or "longest_wait"."""

    kind: str
    value: str
    tickets: int
    urgency: int
    waiting: int


def by_status(filters: Mapping[str, Any]) -> dict[str, int] | None:
    """Count the tickets of each status, without zeros. One query if it is kept, else none."""
    if not _is_kept(filters):
        return None
    with connection.cursor() as cursor:
        cursor.execute(BY_STATUS, _values(filters))
        counts = dict(cursor.fetchall())
    return {status: count for status, count in counts.items() if count} if counts else None


def stats(filters: Mapping[str, Any]) -> Stats | None:
    """Return the statistics with one filter or none. One query if they are kept, else none."""
    names = [name for name in (*VALUE_FILTERS, "assignee") if filters.get(name)]
    if len(names) > 1 or not _is_kept(filters):
        return None
    facet = names[0] if names else ""
    members = filters[facet] if facet else [""]
    values = {"facet": facet, "members": members, "since": last_days()[0], **_values(filters)}
    rows = _rows(STATISTICS, values)
    if not rows:
        return None
    [days] = [row.tickets for row in rows if row.kind == "days"]
    return _breakdowns(rows).stats(days, _per_day(rows))


def current() -> Breakdowns | None:
    """Return the figures over all tickets. One query; None if they are not kept."""
    values = {"facet": "", "members": [""], "since": last_days()[-1], **_values({})}
    rows = _rows(STATISTICS, values)
    return _breakdowns(rows) if rows else None


def overview(first: dt.date | None, zone: tzinfo) -> Overview | None:
    """Return the dashboard's figures over tickets created since a day, or over all.

    Two queries, and one if they are not kept.
    """
    values = [str(zone), first]
    rows = _rows("SELECT * FROM tickets_overview(%s, %s)", values)
    if not rows:
        return None
    breakdowns = _breakdowns(rows)
    counts = {(row.kind, row.value): row.tickets for row in rows}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tickets_duration_quantiles(%s, %s)", values)
        quantiles = {event: times for event, *times in cursor.fetchall()}

    def duration(event: str) -> Duration:
        count = counts.get((event, "reached"), 0)
        waiting = counts.get((event, "waiting"), 0)
        never = breakdowns.total - count - waiting
        median, ninetieth = quantiles.get(event, (None, None))
        return Duration(count, waiting, never, _timedelta(median), _timedelta(ninetieth))

    return Overview(breakdowns, duration("first_response"), duration("resolved"), _per_day(rows))


def _timedelta(microseconds: float | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)


def _is_kept(filters: Mapping[str, Any]) -> bool:
    return filters.get("snoozed") is None and not any(map(filters.get, OTHER_FILTERS))


def _values(filters: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: list(filters.get(name) or []) for name in (*VALUE_FILTERS, "assignee")}


def _rows(statement: str, values: Any) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_Row(*row) for row in cursor.fetchall()]


def _breakdowns(rows: Iterable[_Row]) -> Breakdowns:
    by_kind: dict[str, dict[str, _Row]] = defaultdict(dict)
    for row in rows:
        by_kind[row.kind][row.value] = row
    everything = by_kind[""].get("", _Row("", "", 0, 0, 0))
    active = [by_kind["status"][value] for value in ACTIVE_STATUSES if value in by_kind["status"]]
    wait = by_kind["longest_wait"][""].tickets
    return Breakdowns(
        total=everything.tickets,
        urgency=everything.urgency / everything.tickets if everything.tickets else None,
        counts={
            field: {
                value: by_kind[field][value].tickets if value in by_kind[field] else 0
                for value in values
            }
            for field, values in BREAKDOWNS.items()
        },
        waiting_for={
            WaitingFor.US: everything.waiting,
            WaitingFor.REQUESTER: sum(row.tickets - row.waiting for row in active),
        },
        longest_wait=EPOCH + timedelta(microseconds=wait) if wait else None,
    )


def _per_day(rows: Iterable[_Row]) -> dict[dt.date, int]:
    return {dt.date.fromisoformat(row.value): row.tickets for row in rows if row.kind == "day"}
