"""What a page says once something is done, and the way back from it.

A page's own answer to htmx carries it in a header; after a redirect it comes with the next page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from tickets.exceptions import InvalidInput
from tickets.models import Ticket
from tickets.services import versions
from tickets.web.notices import notify

NAMED = 5  # tickets in one sentence


def toast(response: HttpResponse, words: str, undo: Iterable[Ticket] = ()) -> HttpResponse:
    """Say it where htmx asked; `undo` are the tickets as the change has left them."""
    detail = {"words": words, "undo": versions(undo)}
    return trigger_client_event(response, "toast", detail)


def refusal(error: InvalidInput) -> HttpResponse:
    """Say why nothing came of it, where htmx asked: it does not show what has an error status."""
    reasons = [message for messages in error.errors.values() for message in messages]
    return toast(HttpResponse(status=204), " ".join(reasons))


def note(request: HttpRequest, words: str, undo: Iterable[Ticket] = ()) -> None:
    """Say it on the page that comes next."""
    notify(request, words, undo=versions(undo))


def numbers(ticket_ids: Sequence[int]) -> str:
    """The first few by name: "#12, #15", or "#1, #2, #3, #4, #5 and 7 more"."""
    names = ", ".join(f"#{ticket_id}" for ticket_id in ticket_ids[:NAMED])
    others = len(ticket_ids) - NAMED
    return f"{names} and {others} more" if others > 0 else names
