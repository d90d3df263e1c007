"""Where a ticket's page stands in the list that it was opened from: what is next, what was before.

The state travels in the page's address: `list` is the list's query string, and `at` the ticket's
position when it was opened. A reply may move the ticket elsewhere in the list, or out of it; the
next ticket stays the one that followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib.auth.models import User
from django.urls import reverse

from ..exceptions import InvalidInput
from ..forms.lists import MAX_RAW_QUERY_CHARS, ListForm
from ..models.ticket import Ticket
from ..querysets.cursors import ORDERS, Cursor, Order, read_cursor
from ..vocabulary import Sort
from .addresses import list_address
from .decorators import Request, current_path

# Where a list's page starts is not part of the list.
PAGE_PARAMETERS = ("cursor", "seen", "limit")


@dataclass(frozen=True, slots=True)
class ListPosition:
    """A ticket's neighbours, None at an end of the list. Empty if no list is known."""

    next: Ticket | None = None
    previous: Ticket | None = None
    list_address: str = ""
    query: str = ""  # "?list=...&at=...", for addresses of this ticket
    neighbour_query: str = ""  # "?list=...", for those of the others


def list_position(request: Request, ticket: Ticket, me: User | None) -> ListPosition:
    """Return the position in the list that the request names. Up to three queries."""
    values = _address_values(request)
    query = dict(parse_qsl(values.get("list", "")[:MAX_RAW_QUERY_CHARS]))
    state = {name: value for name, value in query.items() if name not in PAGE_PARAMETERS}
    form = ListForm(state, me=me)
    if "list" not in values or not form.is_valid():
        return ListPosition()
    order = ORDERS[form.cleaned_data["sort"]]
    tickets = Ticket.objects.filtered(form.cleaned_data)
    cursor = _cursor(values.get("at", ""), ticket, order) or tickets.ranked_position(ticket.pk)
    if cursor is None:
        return ListPosition()
    neighbours = tickets.without(ticket.pk)
    list_query = urlencode(state)
    return ListPosition(
        next=neighbours.nearest(cursor),
        previous=neighbours.nearest(replace(cursor, backwards=True)),
        list_address=list_address(list_query),
        query="?" + urlencode({"list": list_query, "at": cursor.write()}),
        neighbour_query="?" + urlencode({"list": list_query}),
    )


def _address_values(request: Request) -> Mapping[str, str]:
    """Return the query of the page's address, or the list that a link was followed from."""
    if "list" in request.GET:
        return request.GET.dict()
    if request.htmx:
        query = urlsplit(current_path(request)).query
        return dict(parse_qsl(query, keep_blank_values=True))
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return {}
    is_list = referrer.netloc == request.get_host() and referrer.path == reverse("ticket-list")
    return {"list": referrer.query} if is_list else {}


def _cursor(text: str, ticket: Ticket, order: Order) -> Cursor | None:
    """Return the ticket's position when its page was opened, or now.

    None if the order is by relevance, which no ticket has by itself.
    """
    try:
        return read_cursor(text, order)
    except InvalidInput:
        if order is ORDERS[Sort.RELEVANCE]:
            return None
        row = Ticket.including_spam.filter(pk=ticket.pk).in_order(order).get()
        return Cursor.at(row, order)
