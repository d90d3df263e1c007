"""Counts that the database keeps itself: fold them, check them, read them.

The functions that do it are in the database, see `migrations/_counts.py` and
docs/decisions/0040-counts.md. Readers return None for what is not kept.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
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
"""  # noqa: S608  # nosec B608  # constants
STATISTICS = f"""
SELECT counted.* FROM ({ASSIGNEES}) assignees, tickets_statistics({MATCHING}, ids,
    %(facet)s, CASE %(facet)s WHEN 'assignee' THEN ids::text[] ELSE %(members)s END, %(since)s
) counted
"""  # noqa: S608  # nosec B608  # constants
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


class _Figure(NamedTuple):
    tickets: int
    urgency: int
    waiting: int


NOTHING = _Figure(0, 0, 0)


class _Figures(NamedTuple):
    """What a statement returns. The first key is a dimension of PeriodCount, or "longest_wait"."""

    by_value: dict[str, dict[str, _Figure]]
    per_day: dict[dt.date, int]  # of days that have tickets


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
    figures = _figures(STATISTICS, values)
    if figures is None:
        return None
    days = figures.by_value["days"][""].tickets
    return _breakdowns(figures).stats(days, figures.per_day)


def current() -> Breakdowns | None:
    """Return the figures over all tickets. One query; None if they are not kept."""
    values = {"facet": "", "members": [""], "since": last_days()[-1], **_values({})}
    figures = _figures(STATISTICS, values)
    return _breakdowns(figures) if figures else None


def overview(first: dt.date | None, zone: tzinfo) -> Overview | None:
    """Return the dashboard's figures over tickets created since a day, or over all.

    Two queries, and one if they are not kept.
    """
    values = [str(zone), first]
    figures = _figures("SELECT * FROM tickets_overview(%s, %s)", values)
    if figures is None:
        return None
    breakdowns = _breakdowns(figures)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tickets_duration_quantiles(%s, %s)", values)
        quantiles = {event: times for event, *times in cursor.fetchall()}

    def duration(event: str) -> Duration:
        of_event = figures.by_value[event]
        count = of_event.get("reached", NOTHING).tickets
        waiting = of_event.get("waiting", NOTHING).tickets
        never = breakdowns.total - count - waiting
        median, ninetieth = quantiles.get(event, (None, None))
        return Duration(count, waiting, never, _timedelta(median), _timedelta(ninetieth))

    return Overview(breakdowns, duration("first_response"), duration("resolved"), figures.per_day)


def _timedelta(microseconds: float | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)


def _is_kept(filters: Mapping[str, Any]) -> bool:
    return filters.get("snoozed") is None and not any(map(filters.get, OTHER_FILTERS))


def _values(filters: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: list(filters.get(name) or []) for name in (*VALUE_FILTERS, "assignee")}


def _figures(statement: str, values: Any) -> _Figures | None:
    """Return the figures of a statement; None if they are not kept."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    if not rows:
        return None
    figures = _Figures(defaultdict(dict), {})
    for kind, value, *counts in rows:
        if kind == "day":  # all time has thousands
            figures.per_day[dt.date.fromisoformat(value)] = counts[0]
        else:
            figures.by_value[kind][value] = _Figure(*counts)
    return figures


def _breakdowns(figures: _Figures) -> Breakdowns:
    by_value = figures.by_value
    everything = by_value[""].get("", NOTHING)
    statuses = [by_value["status"].get(value, NOTHING) for value in ACTIVE_STATUSES]
    wait = by_value["longest_wait"][""].tickets
    return Breakdowns(
        total=everything.tickets,
        urgency=everything.urgency / everything.tickets if everything.tickets else None,
        counts={
            field: {value: by_value[field].get(value, NOTHING).tickets for value in values}
            for field, values in BREAKDOWNS.items()
        },
        waiting_for={
            WaitingFor.US: everything.waiting,
            WaitingFor.REQUESTER: sum(each.tickets - each.waiting for each in statuses),
        },
        longest_wait=EPOCH + timedelta(microseconds=wait) if wait else None,
    )
