"""Lists of what a search finds: their pages, their best matches, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ...vocabulary import MAX_RANKED, Sort
from ..cursors import NEWEST_FIRST, ORDERS, Cursor, Order, read_cursor
from ..statements import Part
from ..statistics import StatusCounts
from .bounded import Matches, Position, Sought, find

BY_RELEVANCE = ORDERS[Sort.RELEVANCE]
BATCH = 1_000  # ids of an export
AFTER_ALL_IDS = 2**63 - 1
# Words in the title count most, then the description, replies, and notes and the address.
RANKS = """
SELECT ts_rank('{0.1, 0.2, 0.4, 1.0}', document, %s::tsquery, 1), created_at, ticket_id
FROM tickets_ticketdocument WHERE ticket_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The ids of a page, and the cursors of the pages beside it ("" for none).

    `is_partial` and `searched_to` are those of `tickets.Page`.
    """

    ids: list[int]
    older: str
    newer: str
    is_partial: bool = False
    searched_to: datetime | None = None


def search_page(sought: Sought, order: Order, limit: int, cursor: str) -> SearchPage:
    """Return up to `limit` matches beside the cursor. A page backwards without others before it is
    the first page instead.
    """
    if order is BY_RELEVANCE:
        return _ranked_page(sought, limit, cursor)
    position = read_cursor(cursor, order) if cursor else None
    matches = find(sought, order, limit + 1, position)
    positions = matches.positions[:limit]
    is_partial = len(matches.positions) <= limit and matches.came_to is not None
    ahead = matches.came_to if len(matches.positions) <= limit else positions[-1]
    if position is not None and position.backwards:
        if ahead is None:
            return search_page(sought, order, limit, "")
        positions.reverse()
        newer = Cursor(order, ahead, backwards=True)
        older = Cursor(order, positions[-1]) if positions else position.reversed()
        older_text, newer_text = older.write(), newer.write()
    else:
        older_text = Cursor(order, ahead).write() if ahead else ""
        newer_text = _before(order, positions, position)
    return SearchPage(
        ids=[row[-1] for row in positions],
        older=older_text,
        newer=newer_text,
        is_partial=is_partial,
        searched_to=_time(order, ahead) if is_partial else None,
    )


def nearest(sought: Sought, cursor: Cursor) -> int | None:
    """Return the id of the match next to the cursor's position, on its side; None for the end.

    None also if it is too far away to be found at once.
    """
    if cursor.order is BY_RELEVANCE:
        ids = [row[-1] for row in _beside(ranked(sought, cursor.values[0]).positions, cursor)]
    else:
        ids = find(sought, cursor.order, 1, cursor).ids
    return ids[0] if ids else None


def batches(sought: Sought) -> Iterator[list[int]]:
    """Yield the ids of all matches, newest first."""
    matches = find(sought, NEWEST_FIRST, BATCH)
    yield matches.ids
    while matches.came_to is not None:
        matches = find(sought, NEWEST_FIRST, BATCH, Cursor(NEWEST_FIRST, matches.came_to))
        yield matches.ids


# --- the best matches ---------------------------------------------------------------------


def ranked(sought: Sought, considered_from: datetime | None = None) -> Matches:
    """Return the newest matches, the best first: those created up to `considered_from`.

    At most MAX_RANKED are compared, and fewer if the search stops before.
    """
    start = (
        Cursor(NEWEST_FIRST, (considered_from, AFTER_ALL_IDS))
        if considered_from is not None
        else None
    )
    matches = find(sought, NEWEST_FIRST, MAX_RANKED, start)
    if not matches.positions:
        return Matches([], matches.came_to)
    first = considered_from or matches.positions[0][0]
    with connection.cursor() as cursor:
        cursor.execute(RANKS, (sought.query, matches.ids))
        rows = cursor.fetchall()
    return Matches(sorted(((first, *row) for row in rows), reverse=True), matches.came_to)


def ranked_position(sought: Sought, ticket_id: int) -> Cursor | None:
    """Return where a match stands in the order of relevance; None if it is not among them."""
    rows = (row for row in ranked(sought).positions if row[-1] == ticket_id)
    row = next(rows, None)
    return Cursor(BY_RELEVANCE, row) if row else None


def _ranked_page(sought: Sought, limit: int, cursor: str) -> SearchPage:
    position = read_cursor(cursor, BY_RELEVANCE) if cursor else None
    result = ranked(sought, position.values[0] if position else None)
    rows = _beside(result.positions, position) if position else result.positions
    has_more = len(rows) > limit
    rows = rows[:limit]
    if position is not None and position.backwards:
        if not has_more:
            return _ranked_page(sought, limit, "")
        rows.reverse()
        older = Cursor(BY_RELEVANCE, rows[-1]).write()
    else:
        older = Cursor(BY_RELEVANCE, rows[-1]).write() if has_more else ""
    return SearchPage(
        ids=[row[-1] for row in rows],
        older=older,
        newer=_before(BY_RELEVANCE, rows, position),
        is_partial=result.came_to is not None,
        searched_to=_time(NEWEST_FIRST, result.came_to),
    )


def _beside(positions: list[Position], cursor: Cursor) -> list[Position]:
    """Return the positions on the cursor's side, the nearest first."""
    if cursor.backwards:
        return [row for row in reversed(positions) if row > cursor.values]
    return [row for row in positions if row < cursor.values]


def _before(order: Order, rows: list[Position], position: Cursor | None) -> str:
    """Return the cursor of the page before these rows; "" for the first page."""
    if position is None:
        return ""
    before = Cursor(order, rows[0], backwards=True) if rows else position.reversed()
    return before.write()


def _time(order: Order, position: Position | None) -> datetime | None:
    is_of_time = order.fields[0].removeprefix("-") == "created_at"
    return position[0] if position is not None and is_of_time else None


# --- how many there are -------------------------------------------------------------------

COUNT_BY_INDEX = """
WITH found AS MATERIALIZED (
    SELECT * FROM tickets_found(%s::tsquery, %s::tsquery, NULL, true, %s, %s, 0, '0')
)
SELECT ticket.status, count(*) FROM found CROSS JOIN LATERAL ({ticket} OFFSET 0) ticket GROUP BY 1
UNION ALL SELECT NULL, count(*) FROM found WHERE ticket_id IS NULL
"""
COUNT_IN_WINDOW = """
WITH listed AS MATERIALIZED ({listed})
SELECT listed.status, count(*) FROM listed CROSS JOIN LATERAL (
    SELECT FROM tickets_ticketdocument
    WHERE ticket_id = listed.id AND document @@ %s::tsquery OFFSET 0
) matching GROUP BY 1
UNION ALL SELECT NULL, count(*) / %s FROM listed
"""


def count_by_status(sought: Sought, limit: int) -> StatusCounts:
    """Count the matches of each status, reading at most `limit` documents each way."""
    tickets = sought.listing.tickets
    counted = None
    if sought.positive:
        of_documents = tickets.order_by().extra(where=["tickets_ticket.id = found.ticket_id"])
        part = Part(of_documents.values_list("status"))
        query = sought.query, sought.positive, limit, limit
        counted = _count(
            COUNT_BY_INDEX.format(ticket=part.sql), (*query, *part.parameters(sought.values))
        )
        if not counted.is_limited:
            return counted
    part = Part(tickets.newest_first().values_list("status", "id")[:limit])
    in_window = _count(
        COUNT_IN_WINDOW.format(listed=part.sql),
        (*part.parameters(sought.values), sought.query, limit),
    )
    if counted is None or not in_window.is_limited:
        return in_window
    return max(counted, in_window, key=lambda each: sum(each.counts.values()))


def _count(sql: str, parameters: tuple[Any, ...]) -> StatusCounts:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        counts = dict(cursor.fetchall())
    is_limited = bool(counts.pop(None, 0))
    return StatusCounts(counts, is_limited)
