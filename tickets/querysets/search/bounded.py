"""Find the tickets that a search matches, in an order, with bounded work.

PostgreSQL cannot know how many tickets have two words at once, or whether a common word stands in
old tickets only. So nothing here rests on its guess:

1. `in_window` reads the next rows of the list, as many as a number says, and asks their documents.
   It finds what is common, and it comes to the end of a list that filters make short.
2. `by_index` asks the index of documents quarter by quarter and reads a bounded number of them. It
   finds what is rare, and what is common only in tickets of another time.

A search that has read all it may has come to some position: nothing before it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

from ...vocabulary import PRIORITIES
from ..cursors import NEWEST_FIRST, Cursor, Order
from ..statements import Parameter, Part

Position = tuple[Any, ...]

# Orders whose first field has few values, from the least to the greatest, and then go by time.
GROUPS = {"priority_rank": (0, len(PRIORITIES) - 1), "urgency_score": (0, 100)}
NOWHERE: Position = ()
FIRST_TIME, LAST_TIME = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

WINDOW = """
WITH listed AS MATERIALIZED ({listed} LIMIT %s), hits AS MATERIALIZED (
    SELECT listed.* FROM listed CROSS JOIN LATERAL (
        SELECT FROM tickets_ticketdocument
        WHERE ticket_id = listed.id AND document @@ %s::tsquery OFFSET 0
    ) matching LIMIT %s
)
SELECT true, hits.* FROM hits
UNION ALL SELECT false, final.* FROM (SELECT * FROM listed OFFSET %s LIMIT 1) final
WHERE (SELECT count(*) FROM hits) < %s
"""
BY_TIME = """
WITH found AS MATERIALIZED (
    SELECT * FROM tickets_found(%s::tsquery, %s::tsquery, %s, %s, %s, %s, %s, %s)
), hits AS MATERIALIZED (
    SELECT hit.* FROM (
        SELECT ticket_id FROM found WHERE ticket_id IS NOT NULL
        ORDER BY created_at {direction}, ticket_id {direction}
    ) found CROSS JOIN LATERAL ({ticket} OFFSET 0) hit LIMIT %s
)
SELECT true, hits.* FROM hits
UNION ALL SELECT false, created_at, 0 FROM found
WHERE ticket_id IS NULL AND (SELECT count(*) FROM hits) < %s
"""
SORTED = """
WITH found AS MATERIALIZED (
    SELECT * FROM tickets_found(%s::tsquery, %s::tsquery, NULL, true, %s, %s, 0, '0')
), is_complete AS MATERIALIZED (
    SELECT NOT EXISTS (SELECT FROM found WHERE ticket_id IS NULL) AS value
), hits AS MATERIALIZED (
    SELECT hit.* FROM found CROSS JOIN LATERAL ({ticket} OFFSET 0) hit
    WHERE (SELECT value FROM is_complete) ORDER BY {order} LIMIT %s
)
SELECT true, hits.* FROM hits
UNION ALL SELECT false{nowhere} FROM is_complete WHERE NOT value
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one search reads."""

    # Rows of the list: at first; if those had a hit, or where the index came to a bound; and if the
    # index cannot help (half as many in an order that is not one of time: they lie far apart).
    first_rows: int = 500
    more_rows: int = 5_000
    most_rows: int = 20_000
    # Documents by the index, in an order of time and in another one.
    documents: int = 5_000
    documents_to_sort: int = 7_000
    steps: int = 3  # questions to the index, each for more: filters may leave out many matches
    # How long the index is asked for one page, in an order of time, once the quarters that were
    # asked may have so many documents: where they have fewer, all of them take less.
    patience: timedelta = timedelta(milliseconds=100)
    covered: int = 1_000_000
    groups: int = 3  # values of an order's first field


BOUNDS = Bounds()


class Listing:
    """The tickets among which a search finds some, as parts of statements.

    Each part is compiled once. `tickets` is a queryset, which may have Parameters: whoever keeps a
    Listing for many searches passes their values with each.
    """

    def __init__(self, tickets: Any) -> None:
        self.tickets = tickets
        self._parts: dict[tuple[Any, ...], Part] = {}
        self._groups: dict[str, Listing] = {}

    def in_order(self, order: Order, *, backwards: bool, is_beside: bool) -> Part:
        """Return the positions in an order: all, or those beside a position."""
        return self._part(order, backwards, is_beside, is_of_document=False)

    def of_document(self, order: Order, *, backwards: bool, is_beside: bool) -> Part:
        """Return the position of the ticket `found.ticket_id`, if the list has it there."""
        return self._part(order, backwards, is_beside, is_of_document=True)

    def group(self, name: str) -> Listing:
        """Return the tickets for which this field has the value `group`."""
        if name not in self._groups:
            order = Order((name,), salt="")  # for what it sorts by
            tickets = self.tickets.in_order(order).filter(**{name: Parameter("group")})
            self._groups[name] = Listing(tickets)
        return self._groups[name]

    def _part(
        self, order: Order, backwards: bool, is_beside: bool, *, is_of_document: bool
    ) -> Part:
        key = (order, backwards, is_beside, is_of_document)
        if key not in self._parts:
            tickets = self.tickets.in_order(order, backwards=backwards)
            if is_beside:
                tickets = tickets.filter(Cursor.anywhere(order, backwards=backwards).condition())
            if is_of_document:
                tickets = tickets.order_by().extra(where=["tickets_ticket.id = found.ticket_id"])
            self._parts[key] = Part(tickets.values_list(*order.names))
        return self._parts[key]


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search asks of documents.

    `listing` has the tickets that match all else, with the `values` of its Parameters, `query` is
    the tsquery for documents, and `positive` that without its exclusions: "" if it is nothing but
    exclusions.
    """

    listing: Listing
    query: str
    positive: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matches:
    """Positions in an order, and how far the search came: None for the end of the list.

    A position has the values of the order's fields, the id last. No match before `came_to` is
    missing.
    """

    positions: list[Position]
    came_to: Position | None

    @property
    def ids(self) -> list[int]:
        return [position[-1] for position in self.positions]


def find(
    sought: Sought,
    order: Order,
    limit: int,
    cursor: Cursor | None = None,
    *,
    backwards: bool = False,
    bounds: Bounds = BOUNDS,
) -> Matches:
    """Return up to `limit` matches that follow the cursor, in its direction.

    Without a cursor they are the first of the order, or the last if `backwards`.
    """
    walk = _Walk(sought, order, limit, cursor, cursor.backwards if cursor else backwards, bounds)
    matches = walk.in_first_window()
    if walk.is_done(matches):
        return matches
    if sought.positive and not walk.is_of_time:
        by_index = walk.by_index(bounds.documents_to_sort)
        if by_index.came_to is None or by_index.positions:
            return by_index
        if walk.has_groups:
            return walk.in_groups()
    if sought.positive and walk.is_of_time:
        return walk.by_index_and_window()
    return walk.in_window(bounds.most_rows if walk.is_of_time else bounds.most_rows // 2)


class _Walk:
    """One way through a list: from a position on, in one direction."""

    def __init__(
        self,
        sought: Sought,
        order: Order,
        limit: int,
        cursor: Cursor | None,
        backwards: bool,
        bounds: Bounds,
    ) -> None:
        self.sought, self.order, self.limit, self.bounds = sought, order, limit, bounds
        self.cursor, self.backwards = cursor, backwards
        self.names = order.names
        self.is_descending = order.fields[-1].startswith("-") is not backwards
        self.is_of_time = self.names == ["created_at", "id"]
        self.has_groups = self.names[0] in GROUPS
        self.values = {**sought.values, **(cursor.parameters() if cursor else {})}

    def is_done(self, matches: Matches) -> bool:
        return matches.came_to is None or len(matches.positions) == self.limit

    def in_first_window(self) -> Matches:
        """Return the matches among few rows, or among so many as these seem to have enough of."""
        rows = max(self.bounds.first_rows, 5 * self.limit)
        matches = self.in_window(rows)
        if matches.positions and not self.is_done(matches):
            rows = rows * self.limit * 3 // (2 * len(matches.positions))
            if rows <= max(self.bounds.more_rows, 10 * self.limit):
                return self.in_window(rows)
        return matches

    def by_index_and_window(self) -> Matches:
        """Return what the index finds in an order of time, and what follows it in the list."""
        walk, enough, positions = self, 4 * self.limit, list[Position]()
        rows = self.bounds.most_rows
        for _ in range(self.bounds.steps):
            matches = walk.by_index(enough)
            positions += matches.positions
            if walk.is_done(matches):
                return Matches(positions, matches.came_to)
            if matches.came_to == NOWHERE:
                break
            walk, enough, rows = walk.following(matches), 5 * enough, self.bounds.more_rows
            if not matches.positions:
                break
        matches = walk.in_window(rows)
        return Matches([*positions, *matches.positions], matches.came_to)

    def following(self, matches: Matches) -> _Walk:
        """Return the rest of this way, behind what was found."""
        assert matches.came_to
        cursor = Cursor(self.order, matches.came_to, self.backwards)
        limit = self.limit - len(matches.positions)
        return _Walk(self.sought, self.order, limit, cursor, self.backwards, self.bounds)

    def in_window(self, rows: int) -> Matches:
        """Return the matches among this many rows of the list."""
        listed = self.sought.listing.in_order(
            self.order, backwards=self.backwards, is_beside=self.cursor is not None
        )
        bounds = rows, self.sought.query, self.limit, rows - 1, self.limit
        values = (*listed.parameters(self.values), *bounds)
        return self._matches(WINDOW.format(listed=listed.sql), values)

    def by_index(self, enough: int) -> Matches:
        """Return matches that the index finds. It stops after the quarter that has `enough`.

        If they are too many to read it came NOWHERE. In an order that is not one of time it has all
        or none.
        """
        ticket = self.sought.listing.of_document(
            self.order, backwards=self.backwards, is_beside=self.cursor is not None
        )
        parameters = ticket.parameters(self.values)
        query = self.sought.query, self.sought.positive
        if self.is_of_time:
            sql = BY_TIME.format(ticket=ticket.sql, direction=_direction(self.is_descending))
            start = self.cursor.values[0] if self.cursor else None
            bounds = self.bounds
            most = enough, bounds.documents, bounds.covered, bounds.patience
            values = (*query, start, self.is_descending, *most, *parameters, self.limit, self.limit)
        else:
            fields = self.order.reversed_fields() if self.backwards else self.order.fields
            sql = SORTED.format(
                ticket=ticket.sql,
                order=", ".join(
                    f"{name.removeprefix('-')} {_direction(name.startswith('-'))}"
                    for name in fields
                ),
                nowhere=", NULL" * len(fields),
            )
            values = (*query, enough, enough, *parameters, self.limit)
        return self._matches(sql, values)

    def in_groups(self) -> Matches:
        """Return the matches of some values of the first field, each in its order of time."""
        name, (least, greatest) = self.names[0], GROUPS[self.names[0]]
        value = self.cursor.values[0] if self.cursor else least if self.backwards else greatest
        cursor = self.cursor and Cursor(NEWEST_FIRST, self.cursor.values[1:], self.backwards)
        positions: list[Position] = []
        listing = self.sought.listing.group(name)
        for _ in range(self.bounds.groups):
            values = {**self.sought.values, "group": value}
            group = replace(self.sought, listing=listing, values=values)
            remaining = self.limit - len(positions)
            matches = find(
                group,
                NEWEST_FIRST,
                remaining,
                cursor,
                backwards=self.backwards,
                bounds=self.bounds,
            )
            positions += [(value, *position) for position in matches.positions]
            if matches.came_to:
                return Matches(positions, (value, *matches.came_to))
            if value == (greatest if self.backwards else least):
                return Matches(positions, None)
            came_to = (value, LAST_TIME if self.backwards else FIRST_TIME, 0)
            value, cursor = value + (1 if self.backwards else -1), None
        return Matches(positions, came_to)

    def _matches(self, sql: str, parameters: tuple[Any, ...]) -> Matches:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
        positions = [tuple(position) for is_hit, *position in rows if is_hit]
        came_to = next((tuple(position) for is_hit, *position in rows if not is_hit), None)
        if came_to and came_to[0] is None:
            came_to = NOWHERE
        return Matches(positions, positions[-1] if len(positions) == self.limit else came_to)


def lexemes_of_quarter() -> models.Func:
    """Return what the index of documents has; see the migration `bounded_search`."""
    return models.Func(
        "document",
        "created_at",
        function="tickets_lexemes_of_quarter",
        output_field=SearchVectorField(),
    )


def _direction(is_descending: bool) -> str:
    return "DESC" if is_descending else "ASC"
