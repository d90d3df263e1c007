"""The agents' list. All its state is in the address."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from tickets.forms import ListForm, valid
from tickets.models import Category, Priority, Sentiment, Status, Ticket, agents
from tickets.pages.decorators import Request, page
from tickets.pages.templatetags.desk import list_url

ROWS = 50
# What stands in the address, in this order.
FILTERS = ("status", "search", "category", "priority", "sentiment", "assignee")
FURTHER = ("created_after", "created_before", "needs_review")


@page("GET", agents=True)
def ticket_list(request: Request) -> HttpResponse:
    filters = valid(ListForm(request.GET))
    context = _context(request, filters)
    part = bool(request.htmx)
    response = render(request, f"tickets/{'_results' if part else 'list'}.html", context)
    if part:
        response["HX-Push-Url"] = context["next"]
    patch_vary_headers(response, ["HX-Request"])
    return response


def _context(request: Request, filters: dict[str, Any]) -> dict[str, Any]:
    tickets = Ticket.objects.filtered(filters)
    rows, next_cursor = tickets.with_people().page(ROWS, filters["cursor"])
    counts = Ticket.objects.filtered({**filters, "status": []}).counts_by_status()
    # What was typed rather than what it became: a date must come back as it was.
    query = {name: request.GET.get(name, "").strip() for name in (*FILTERS, *FURTHER)}
    return {
        "query": query,
        "next": list_url({"query": query}, cursor=filters["cursor"]),
        "narrowed": any(value for name, value in query.items() if name != "status"),
        "rows": rows,
        "next_cursor": next_cursor,
        "cursor": filters["cursor"],
        "tabs": [(value, counts.get(value, 0)) for value in Status.values],
        "total": sum(counts.values()),
        "found": sum(counts.get(value, 0) for value in filters["status"] or Status.values),
        **choices(),
    }


def choices() -> dict[str, Any]:
    """What the selects of a ticket offer."""
    return {
        "categories": Category.values,
        "priorities": Priority.values,
        "statuses": Status.values,
        "sentiments": Sentiment.values,
        "agents": [user.get_username() for user in agents()],
    }
