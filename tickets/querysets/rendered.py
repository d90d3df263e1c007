"""Tickets as JSON that PostgreSQL writes: the read path of the JSON API.

The shape is `TicketJson` of `api/shapes.py`. A test compares each ticket with what
`api/serializers.py` makes of it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, Self, TypeVar

from django.db import models
from django.db.models import BooleanField, Expression, F, Func, JSONField, Value
from django.db.models.functions import Cast, NullIf

from ..exceptions import NotFound
from ..vocabulary import Sort
from .cursors import ORDERS, Cursor, Order
from .pages import Page, read_page
from .search import lists
from .search.bounded import Listing, Sought
from .search.grammar import Qualifier, document_query, of_columns, parse_search, positive_query
from .search.query import DocumentQuery
from .statements import Parameter, Statement
from .turns import Reader, TurnQuerySet, whose_turn

TicketT = TypeVar("TicketT", bound=models.Model)
# Filters by values that a statement gets each time. The values of all others are part of it.
VALUES = ("created_after", "created_before")
# The best plan depends on these times.
UNPREPARED = {*VALUES, "unread"}
PAGING = ("search", "sort", "limit", "cursor", "me")
READER = Reader(Parameter("account"), Parameter("unread_from"))
STATEMENTS = 300  # of lists and of searches, that are kept


class Key(Expression):
    """The name of a JSON key, as a literal of the statement."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=models.TextField())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return f"'{self.name}'", []


class JsonObject(Func):
    """A JSON object with its keys in this order."""

    function = "JSON_BUILD_OBJECT"
    output_field = JSONField()

    def __init__(self, **values: Any) -> None:
        super().__init__(*(part for key in values for part in (Key(key), values[key])))


class Rfc3339(Func):
    """A time as `rfc3339` of `figures.py` writes it: in UTC, microseconds only if there are any."""

    template = (
        "REPLACE(TO_CHAR(%(expressions)s AT TIME ZONE 'UTC',"
        """ 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '')"""
    )
    output_field = models.TextField()


def _decision(name: str) -> JsonObject:
    return JsonObject(source=F(f"{name}_source"), confidence=F(f"{name}_confidence"))


def ticket_json() -> JsonObject:
    """Return a ticket as agents see it, as a TicketJson. Its rows need `with_unread`."""
    return JsonObject(
        id=F("pk"),
        title=F("title"),
        description=F("description"),
        category=F("category"),
        priority=F("priority"),
        status=F("status"),
        sentiment=F("sentiment"),
        urgency_score=F("urgency_score"),
        assignee=F("assignee__username"),
        triage=JsonObject(
            category=_decision("category"),
            priority=_decision("priority"),
            tone=_decision("sentiment"),
        ),
        version=F("version"),
        created_at=Rfc3339("created_at"),
        updated_at=Rfc3339("updated_at"),
        requester_email=NullIf("requester_email", Value("")),
        waiting_for=whose_turn(),
        waiting_since=Rfc3339("waiting_since"),
        last_activity_at=Rfc3339("last_activity_at"),
        snoozed_until=Rfc3339("snoozed_until"),
        spam=F("spam"),
        unread=Cast(F("is_unread"), BooleanField()),
        merged_into=F("merged_into_id"),
    )


class RenderedTicket(NamedTuple):
    json: str
    version: int


class RenderedQuerySet(TurnQuerySet[TicketT]):
    def with_json(self, reader: Reader | None) -> Self:
        """Return the tickets, each with `json`: a TicketJson, as this account sees it."""
        rows = self.with_unread(reader)
        return rows.annotate(json=Cast(ticket_json(), models.TextField()))


def find_rendered(model: Any, pk: int, user: Any) -> RenderedTicket:
    """Return the ticket with this number, as this account sees it. Raise NotFound. One query."""
    rows = _ticket(model, user is not None).rows({"pk": pk, **_reader_values(user)})
    if not rows:
        raise NotFound
    return RenderedTicket(*rows[0])


@cache
def _ticket(model: Any, has_account: bool) -> Statement:
    rows = model.with_merged.filter(pk=Parameter("pk"))
    rows = rows.with_json(READER if has_account else None)
    return Statement(rows.values_list("json", "version"), prepared=True)


# --- lists ------------------------------------------------------------------------------


class JsonRow(NamedTuple):
    json: str


def rendered_page(model: Any, filters: Mapping[str, Any], user: Any) -> Page[Any]:
    """Return the page that a PageForm's cleaned data asks for. Its rows have `json`.

    One query, and a few more with a search.
    """
    terms = parse_search(filters["search"])
    shape = _shape(filters, of_columns(terms), user is not None)
    values = _values(filters) | _reader_values(user)
    if query := document_query(terms):
        sought = Sought(_listing(model, shape), query, positive_query(terms), values)
        return _search_page(model, shape, sought, filters)

    def fetch(order: Order, position: Cursor | None, limit: int) -> list[Any]:
        backwards = None if position is None else position.backwards
        statement = _list(model, shape, order, backwards, limit)
        beside = position.parameters() if position else {}
        row_type = _row_type(order)
        return [row_type(*row) for row in statement.rows(values | beside)]

    return read_page(fetch, filters["limit"], filters["cursor"], filters["sort"])


def _search_page(
    model: Any, shape: Shape, sought: Sought, filters: Mapping[str, Any]
) -> Page[JsonRow]:
    order = ORDERS[Sort(filters["sort"])]
    page = lists.search_page(sought, order, filters["limit"], filters["cursor"])
    values = {**sought.values, "query": sought.query, "ids": page.ids}
    texts = dict(_by_ids(model, shape).rows(values)) if page.ids else {}
    rows = [JsonRow(texts[ticket_id]) for ticket_id in page.ids if ticket_id in texts]
    return Page(rows, page.older, page.newer, page.is_partial, page.searched_to)


class Shape(NamedTuple):
    """What tells the statements of two lists apart."""

    filters: tuple[tuple[str, Any], ...]  # each that is set, without VALUES
    qualifiers: tuple[Qualifier, ...]
    has_account: bool

    @property
    def is_prepared(self) -> bool:
        return UNPREPARED.isdisjoint(name for name, _ in self.filters)

    def tickets(self, model: Any) -> Any:
        """Return the tickets of the list, with Parameters in the place of values."""
        reader = READER if self.has_account else None
        filters: dict[str, Any] = {"me": reader}
        for name, marker in self.filters:
            filters[name] = marker
            if name in VALUES:
                filters[name] = Parameter(name)
            elif name == "assignee":
                filters[name] = [
                    each or Parameter(f"assignee_{index}") for index, each in enumerate(marker)
                ]
        me = reader.account if reader else None
        return model.objects.filtered(filters).qualified(self.qualifiers, me)

    def with_json(self, tickets: Any) -> Any:
        return tickets.with_json(READER if self.has_account else None)


def _shape(
    filters: Mapping[str, Any], qualifiers: tuple[Qualifier, ...], has_account: bool
) -> Shape:
    markers = (
        (name, _without_values(name, value))
        for name, value in filters.items()
        if name not in PAGING and value not in (None, "", [])
    )
    return Shape(tuple(markers), qualifiers, has_account)


def _without_values(name: str, value: Any) -> Any:
    if name == "assignee":
        return tuple("none" if each == "none" else "" for each in value)  # "none" is no value
    if name in VALUES:
        return ""
    return tuple(sorted(value)) if isinstance(value, list) else value


def _values(filters: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: filters[name] for name in VALUES}
    return values | {f"assignee_{index}": each for index, each in enumerate(filters["assignee"])}


@lru_cache(STATEMENTS)
def _list(model: Any, shape: Shape, order: Order, backwards: bool | None, limit: int) -> Statement:
    rows = shape.with_json(shape.tickets(model)).in_order(order, backwards=bool(backwards))
    if backwards is not None:
        rows = rows.filter(Cursor.anywhere(order, backwards=backwards).condition())
    rows = rows.values_list("json", *order.names)[:limit]
    return Statement(rows, prepared=shape.is_prepared)


@lru_cache(STATEMENTS)
def _listing(model: Any, shape: Shape) -> Listing:
    return Listing(shape.tickets(model))


@lru_cache(STATEMENTS)
def _by_ids(model: Any, shape: Shape) -> Statement:
    """Return the statement for what a search has found: ids and JSON, in any order.

    It leaves out what no longer belongs to the list.
    """
    rows = shape.with_json(shape.tickets(model))
    rows = rows.filter(search_document__document=DocumentQuery(Parameter("query"))).extra(
        where=["tickets_ticket.id = ANY(%s::bigint[])"], params=[Parameter("ids")]
    )
    return Statement(rows.order_by().values_list("pk", "json"), prepared=shape.is_prepared)


@cache
def _row_type(order: Order) -> Any:
    return namedtuple("JsonRow", ["json", *order.names])


def _reader_values(user: Any) -> dict[str, Any]:
    reader = Reader.of(user)
    return {"account": reader.account, "unread_from": reader.since} if reader else {}
