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
from .cursors import Cursor, Order
from .pages import Page, read_page
from .statements import Parameter, Statement
from .turns import Reader, TurnQuerySet, whose_turn

TicketT = TypeVar("TicketT", bound=models.Model)
# Filters by values that a statement gets each time. The values of all others are part of it.
VALUES = ("created_after", "created_before")
# The best plan depends on these times.
UNPREPARED = {*VALUES, "unread"}
PAGING = ("search", "sort", "limit", "cursor", "me")
ORDER_COLUMNS = ("pk", "created_at", "last_activity_at", "urgency_score")
READER = Reader(Parameter("account"), Parameter("unread_from"))
STATEMENTS = 300  # of lists, that are kept


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


def rendered_page(model: Any, filters: Mapping[str, Any], user: Any) -> Page[Any]:
    """Return the page that a PageForm's cleaned data asks for. Its rows have `json`. One query."""
    if filters["search"]:
        # Each search is another statement. Of these rows, only what an order needs is loaded.
        rows = model.objects.filtered(filters).with_json(Reader.of(user)).only(*ORDER_COLUMNS)
        page: Page[Any] = rows.page(filters["limit"], filters["cursor"], filters["sort"])
        return page
    shape, values = _shape(filters), _values(filters) | _reader_values(user)

    def fetch(order: Order, position: Cursor | None, limit: int) -> list[Any]:
        backwards = None if position is None else position.backwards
        statement = _list(model, shape, user is not None, order, backwards, limit)
        beside = _names(order, position.values) if position else {}
        row_type = _row_type(order)
        return [row_type(*row) for row in statement.rows(values | beside)]

    return read_page(fetch, filters["limit"], filters["cursor"], filters["sort"])


# What tells the statements of two lists apart: each filter that is set, without VALUES.
Shape = tuple[tuple[str, Any], ...]


def _shape(filters: Mapping[str, Any]) -> Shape:
    return tuple(
        (name, _without_values(name, value))
        for name, value in filters.items()
        if name not in PAGING and value not in (None, "", [])
    )


def _without_values(name: str, value: Any) -> Any:
    if name == "assignee":
        return tuple("none" if each == "none" else "" for each in value)  # "none" is no value
    if name in VALUES:
        return ""
    return tuple(sorted(value)) if isinstance(value, list) else value


def _values(filters: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: filters[name] for name in VALUES}
    return values | {f"assignee_{index}": each for index, each in enumerate(filters["assignee"])}


def _parameters(shape: Shape) -> dict[str, Any]:
    """Return filters of this shape, with Parameters in the place of their values."""
    filters: dict[str, Any] = {"me": READER}
    for name, marker in shape:
        filters[name] = marker
        if name in VALUES:
            filters[name] = Parameter(name)
        elif name == "assignee":
            filters[name] = [
                each or Parameter(f"assignee_{index}") for index, each in enumerate(marker)
            ]
    return filters


@lru_cache(STATEMENTS)
def _list(
    model: Any, shape: Shape, has_account: bool, order: Order, backwards: bool | None, limit: int
) -> Statement:
    filters = _parameters(shape)
    if not has_account:
        filters["me"] = None
    rows = model.objects.filtered(filters).with_json(filters["me"])
    rows = rows.in_order(order, backwards=bool(backwards))
    if backwards is not None:
        names = _names(order, order.fields)
        position = Cursor(order, tuple(map(Parameter, names)), backwards)
        rows = rows.filter(position.condition())
    rows = rows.values_list("json", *_columns(order))[:limit]
    return Statement(rows, prepared=UNPREPARED.isdisjoint(name for name, _ in shape))


@cache
def _row_type(order: Order) -> Any:
    return namedtuple("JsonRow", ["json", *_columns(order)])


def _columns(order: Order) -> list[str]:
    return [name.removeprefix("-") for name in order.fields]


def _names(order: Order, values: tuple[Any, ...]) -> dict[str, Any]:
    """Return the values of a position under the names of their Parameters."""
    return {f"beside_{name}": value for name, value in zip(_columns(order), values, strict=True)}


def _reader_values(user: Any) -> dict[str, Any]:
    reader = Reader.of(user)
    return {"account": reader.account, "unread_from": reader.since} if reader else {}
