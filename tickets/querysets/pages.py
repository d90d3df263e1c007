"""Pages of a list by keyset cursors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from ..vocabulary import Sort
from .cursors import ORDERS, Cursor, Order, read_cursor

RowT = TypeVar("RowT")
# Returns up to so many rows in an order, or those on the cursor's side, the nearest first.
Fetch = Callable[[Order, Cursor | None, int], list[RowT]]


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """The rows of a list, and the cursors of the pages beside them ("" for none).

    A search may stop before it has found enough rows: `is_partial`. Then the page may be empty,
    and what it did not read follows at `older`, or at `newer` if it was read backwards.
    `searched_to` is the time of creation that it came to, in an order of time. Of the order by
    relevance, which compares the newest matches, these say how far those go back.
    """

    rows: list[RowT]
    older: str
    newer: str
    is_partial: bool = False
    searched_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Ids, the highest first, and below which one to go on; None for the end.

    A search may stop before it has found an id.
    """

    ids: list[int]
    below: int | None


@dataclass(frozen=True, slots=True)
class NewestMatches(Generic[RowT]):
    """The newest matches of a search as a queryset, and whether there may be more."""

    tickets: RowT
    has_more: bool


def read_page(fetch: Fetch[RowT], limit: int, cursor: str, sort: str) -> Page[RowT]:
    """Return up to `limit` rows beside the cursor, in the order `sort`.

    Rows have the order's fields as attributes. A cursor names a row, so pages stay valid while
    tickets arrive. A page backwards that would be short of rows is the first page instead.
    """
    order = ORDERS[Sort(sort)]
    if not cursor:
        return _page(fetch(order, None, limit + 1), limit, order, newer="")
    position = read_cursor(cursor, order)
    rows = fetch(order, position, limit + 1)
    if not position.backwards:
        newer = Cursor.at(rows[0], order, backwards=True) if rows else position.reversed()
        return _page(rows, limit, order, newer=newer.write())
    if len(rows) <= limit:
        return read_page(fetch, limit, "", sort)
    rows = rows[limit - 1 :: -1]
    newer = Cursor.at(rows[0], order, backwards=True)
    return Page(rows, older=Cursor.at(rows[-1], order).write(), newer=newer.write())


def _page(rows: list[Any], limit: int, order: Order, newer: str) -> Page[Any]:
    """Return one page. An extra row shows that another page follows."""
    older = Cursor.at(rows[limit - 1], order).write() if len(rows) > limit else ""
    return Page(rows[:limit], older, newer)
