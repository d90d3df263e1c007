"""The agents' list. All its state is in the address."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypedDict

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from ...access.actors import Actor, actor_of, agent_names
from ...exceptions import InvalidInput
from ...forms.fields import clean_data
from ...forms.lists import BUILT_IN_VIEWS, DEFAULT_VIEW, ListForm, list_state
from ...models.ticket import Ticket
from ...querysets.cursors import NEWEST_FIRST, ORDERS, Cursor, read_cursor
from ...querysets.pages import Page
from ...querysets.search.grammar import SEARCH_HELP, has_words, unknown_keys, unknown_values
from ...services.search_documents import searchable_from
from ...services.search_suggestions import MAX_COUNTED as MAX_SUGGESTED
from ...services.search_suggestions import suggest_search
from ...vocabulary import Category, Priority, Sentiment, Sort, Status, WaitingFor
from .. import view_bar
from ..addresses import list_address, list_url
from ..decorators import Request, current_path, page
from ..shortcuts import HELP, PRIORITY_KEYS, UNDO, shortcut, value_shortcut
from ..ticket_rows import ticket_rows
from ..toasts import refusal

PAGE_SIZE = 50
MAX_SEARCH_STEPS = 5  # pages of a search without rows that the browser reads by itself
MAX_COUNTED = 10_000  # tickets, where the database keeps no count
# Parts of the state that no control of the form shows; it takes them along.
HIDDEN_STATE = (
    *("status", "created_after", "created_before"),
    *("needs_review", "waiting_for", "snoozed", "unread", "spam"),
)
SHORTCUTS = (
    shortcut("j", "next", "Next ticket"),
    shortcut("k", "previous", "Previous ticket"),
    shortcut("Enter", "", "Open the ticket"),
    shortcut("s", "status", "Change its status"),
    shortcut("c", "category", "Change its category"),
    shortcut("e", "assignee", "Change its assignee"),
    value_shortcut("priority", PRIORITY_KEYS, f"Its priority: {', '.join(PRIORITY_KEYS)}"),
    shortcut("x", "select", "Select it"),
    shortcut("Esc", "", "Close a menu without choosing"),
    shortcut("/", "search", "Search"),
    UNDO,
    HELP,
)


@page("GET", agents=True, from_replica=True)
def ticket_list(request: Request) -> HttpResponse:
    if not request.GET:
        return redirect(list_address(list_state(BUILT_IN_VIEWS[DEFAULT_VIEW])))
    actor = actor_of(request)
    form = ListForm(request.GET, me=actor.user)
    if response := view_bar.redirect_without_assignee(request, form):
        return response
    try:
        clean_data(form)
    except InvalidInput as error:
        if request.htmx:
            return refusal(error)
        raise
    if request.htmx and request.htmx.target == "tabs":
        return render(request, "tickets/_tabs.html", {"counted": True, **_counts(form)})
    step = _search_step(request)
    page_context = context(form, actor, step)
    template = "_results" if request.htmx else "list"
    response = render(request, f"tickets/{template}.html", page_context)
    if request.htmx:
        # Back should skip a repetition of the same list, and pages without rows.
        is_same = current_path(request) == page_context["next"] or step
        response["HX-Replace-Url" if is_same else "HX-Push-Url"] = page_context["next"]
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def context(form: ListForm, actor: Actor, step: int = 0) -> dict[str, Any]:
    """Return the list's context for the valid form of its address.

    `step` counts the pages of a search without rows that the browser has read one after the other.
    """
    filters = form.cleaned_data
    read_at = timezone.now()
    # Tickets that arrived since the list was read wait until somebody asks for them.
    tickets = Ticket.objects.filtered(filters).not_newer_than(filters["seen"])
    rows = tickets.for_rows(actor.user)
    tickets_page = rows.page(PAGE_SIZE, filters["cursor"], filters["sort"])
    counts = _counts(form)
    query = counts["query"]
    return {
        **counts,
        "next": list_url(query, cursor=filters["cursor"]),
        "filters": list_url(query).removeprefix(reverse("ticket-list")),
        "state": [(name, query[name]) for name in HIDDEN_STATE],
        "sort": filters["sort"],
        "sorts": _sorts(filters["search"]),
        "waiting_for_text": _waiting_for_text(filters["waiting_for"]),
        "newest": filters["seen"] or _newest(tickets_page, filters, read_at),
        "read_at": read_at.isoformat(),
        "narrowed": any(value for name, value in query.items() if name not in ("status", "sort")),
        "all_url": list_address(""),
        "clear_url": list_url({"status": query["status"], "sort": query["sort"]}),
        "search_hints": _search_hints(filters["search"], has_rows=bool(tickets_page.rows)),
        "searchable_from": searchable_from() if filters["search"] else None,
        "suggestion": _suggestion(tickets_page, filters, query),
        "search_everywhere_url": list_url({"search": query["search"]}),
        "is_empty_desk": not tickets_page.rows and not Ticket.objects.exists(),
        "rows": ticket_rows(tickets_page.rows, actor, filters["search"]),
        "older": tickets_page.older,
        "newer": tickets_page.newer,
        **_search_state(tickets_page, filters, step),
        "cursor": filters["cursor"],
        "shortcuts": SHORTCUTS,
        "search_help": SEARCH_HELP,
        **view_bar.view_links(actor, query),
        **select_options(),
    }


def _search_hints(search: str, *, has_rows: bool) -> list[str]:
    """Say which filters of the search are unknown. A list with rows shows the words were meant."""
    return [*unknown_values(search), *([] if has_rows else unknown_keys(search))]


def _sorts(search: str) -> list[tuple[str, str]]:
    """Return the orders that can be chosen. Only words have a relevance."""
    is_ranked = has_words(search)
    return [(sort, name) for sort, name in Sort.choices if is_ranked or sort != Sort.RELEVANCE]


def _search_step(request: Request) -> int:
    """Return which step of a search the browser makes by itself; 0 for what somebody asked for."""
    text = request.headers.get("Search-Step", "")
    return int(text) if re.fullmatch("[1-9]", text) else 0


def _search_state(
    tickets_page: Page[Ticket], filters: Mapping[str, Any], step: int
) -> dict[str, Any]:
    """Return the context of a search that has stopped before it had read everything."""
    cursor, sort = filters["cursor"], filters["sort"]
    is_backwards = bool(cursor) and read_cursor(cursor, ORDERS[sort]).backwards
    is_ranked = sort == Sort.RELEVANCE
    further = tickets_page.newer if is_backwards else tickets_page.older
    goes_back = is_backwards is (sort == Sort.OLDEST)
    can_continue = not tickets_page.rows and step < MAX_SEARCH_STEPS
    return {
        "is_partial": tickets_page.is_partial,
        "is_ranked": is_ranked,
        "searched_to": tickets_page.searched_to,
        "is_searched_backwards": not goes_back,
        "further": "" if is_ranked or not tickets_page.is_partial else further,
        "search_on": _search_on(tickets_page, goes_back),
        "next_step": step + 1 if can_continue else 0,
    }


def _search_on(tickets_page: Page[Ticket], goes_back: bool) -> str:
    """Return the text of the link that searches on."""
    if tickets_page.searched_to is None:
        return "Search on"
    return "Search older tickets" if goes_back else "Search newer tickets"


def _suggestion(
    tickets_page: Page[Ticket], filters: Mapping[str, Any], query: Mapping[str, str]
) -> dict[str, str] | None:
    """Return a search that finds something, its address and count, if this one finds nothing."""
    is_over = not tickets_page.rows and not tickets_page.is_partial
    if not is_over or not filters["search"] or filters["cursor"]:
        return None
    suggestion = suggest_search(filters)
    if suggestion is None:
        return None
    state = {} if suggestion.everywhere else query
    return {
        "search": suggestion.search,
        "url": list_url({**state, "search": suggestion.search}),
        "count": f"{suggestion.count}{'+' if suggestion.count == MAX_SUGGESTED else ''}",
    }


def _waiting_for_text(sides: Collection[str]) -> str:
    """Name the filter: "Waiting for us"."""
    return f"Waiting for {' or '.join(WaitingFor(side).label.lower() for side in sides)}"


class ListCounts(TypedDict):
    """The context of `_tabs.html` and of the heading."""

    query: dict[str, str]  # the filters as they were typed
    tabs: list[tuple[str, int]]  # each status with its tickets
    total: int
    matching: int  # tickets of the chosen statuses
    is_limited: bool  # there are more than were counted


def _counts(form: ListForm) -> ListCounts:
    """Return how many tickets the filters leave, for the tabs and the heading."""
    filters = form.cleaned_data
    by_status = Ticket.objects.by_status({**filters, "status": []}, MAX_COUNTED)
    counts = by_status.counts
    return {
        "query": form.typed_state(),
        "tabs": [(value, counts.get(value, 0)) for value in Status.values],
        "total": sum(counts.values()),
        "matching": sum(counts.get(value, 0) for value in filters["status"] or Status.values),
        "is_limited": by_status.is_limited,
    }


def _newest(tickets_page: Page[Ticket], filters: Mapping[str, Any], read_at: datetime) -> str:
    """Return the cursor of what is newer than everything that can have been seen."""
    if tickets_page.rows and not filters["cursor"] and filters["sort"] == Sort.NEWEST:
        return Cursor.at(tickets_page.rows[0], backwards=True).write()
    return Cursor(NEWEST_FIRST, (read_at, 0), backwards=True).write()


def select_options() -> dict[str, list[str]]:
    """Return what a ticket's selects offer."""
    return {
        "categories": Category.values,
        "priorities": Priority.values,
        "statuses": Status.values,
        "sentiments": Sentiment.values,
        "agents": agent_names(),
    }
