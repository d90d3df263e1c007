"""The agents' list. All its state is in the address."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from tickets.access import actor_of
from tickets.exceptions import InvalidInput
from tickets.forms import LIST_STATE, ListForm, valid
from tickets.models import Category, Priority, Sentiment, Status, Ticket, agents
from tickets.pages import saved
from tickets.pages.decorators import Request, current_path, page
from tickets.pages.keys import keys_of
from tickets.pages.templatetags.desk import list_url
from tickets.pages.toasts import refusal
from tickets.querysets import SEARCH_HELP, Page, Place, read_cursor, write_cursor

ROWS = 50
MOST_COUNTED = 10_000  # tickets that a search finds
KEYS = keys_of(
    ("j", "Next ticket"),
    ("k", "Previous ticket"),
    ("Enter", "Open the ticket"),
    ("s", "Change its status"),
    ("c", "Change its category"),
    ("e", "Change its assignee"),
    ("1 to 4", "Make its priority low, medium, high or critical"),
    ("x", "Select it"),
    ("Esc", "Leave a choice as it was"),
    ("/", "Search"),
)


@page("GET", agents=True)
def ticket_list(request: Request) -> HttpResponse:
    form = ListForm(request.GET, me=actor_of(request).user)
    around = saved.way_around(request, form)
    if around:
        return around
    try:
        filters = valid(form)
    except InvalidInput as error:
        if request.htmx:
            return refusal(error)
        raise
    if request.htmx and request.htmx.target == "tabs":
        return render(request, "tickets/_tabs.html", {"counted": True, **_counts(request, filters)})
    shown = context(request, filters)
    part = bool(request.htmx)
    response = render(request, f"tickets/{'_results' if part else 'list'}.html", shown)
    if part:
        # The same list once more is no step that Back should take.
        again = current_path(request) == shown["next"]
        response["HX-Replace-Url" if again else "HX-Push-Url"] = shown["next"]
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def context(request: Request, filters: dict[str, Any]) -> dict[str, Any]:
    """What the list shows of its address, `request.GET`, whose clean values are `filters`."""
    tickets = Ticket.objects.filtered(filters)
    if filters["seen"]:
        # The list as it was seen: what arrived since waits until it is asked for.
        tickets = tickets.filter(read_cursor(filters["seen"]).turned().condition())
    shown = tickets.with_people().page(ROWS, filters["cursor"])
    counted = _counts(request, filters)
    query = counted["query"]
    return {
        **counted,
        "next": list_url({"query": query}, cursor=filters["cursor"]),
        "filters": list_url({"query": query}).removeprefix(reverse("ticket-list")),
        "newest": filters["seen"] or _newest(shown, filters["cursor"]),
        "narrowed": any(value for name, value in query.items() if name != "status"),
        "rows": shown.rows,
        "older": shown.older,
        "newer": shown.newer,
        "cursor": filters["cursor"],
        "keys": KEYS,
        "search_help": SEARCH_HELP,
        **saved.views(actor_of(request), query),
        **choices(),
    }


def _counts(request: Request, filters: dict[str, Any]) -> dict[str, Any]:
    """What the tabs and the head tell: how many tickets the filters leave."""
    most = MOST_COUNTED if filters["search"] else None
    counts = Ticket.objects.filtered({**filters, "status": []}).counts_by_status(most)
    # What was typed rather than what it became: a date must come back as it was.
    query = {name: request.GET.get(name, "").strip() for name in LIST_STATE}
    return {
        "query": query,
        "tabs": [(value, counts.get(value, 0)) for value in Status.values],
        "total": sum(counts.values()),
        "found": sum(counts.get(value, 0) for value in filters["status"] or Status.values),
        "and_more": sum(counts.values()) == most,
    }


def _newest(shown: Page, cursor: str) -> str:
    """A cursor of whatever is newer than all that could be seen by now."""
    if shown.rows and not cursor:
        return write_cursor(shown.rows[0], newer=True)
    return Place(timezone.now(), 0, newer=True).write()


def choices() -> dict[str, Any]:
    """What the selects of a ticket offer."""
    return {
        "categories": Category.values,
        "priorities": Priority.values,
        "statuses": Status.values,
        "sentiments": Sentiment.values,
        "agents": [user.get_username() for user in agents()],
    }
