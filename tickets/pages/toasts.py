"""What a page says once something is done, with an Undo.

An answer to htmx carries it in a header. After a redirect it comes with the next page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from ..exceptions import InvalidInput
from ..models.ticket import Ticket
from ..services.undo import undo_token

MAX_NUMBERS = 5  # ticket numbers in one sentence
SESSION_KEY = "undo"


def toast(response: HttpResponse, message: str, undo: Iterable[Ticket] = ()) -> HttpResponse:
    """Add a toast to an answer to htmx. `undo` are the tickets as the change left them."""
    detail = {"words": message, "undo": undo_token(undo)}
    return trigger_client_event(response, "toast", detail)


def refusal(error: InvalidInput) -> HttpResponse:
    """Answer htmx with what is wrong, as 204: it does not show an answer with an error status."""
    return toast(HttpResponse(status=204), " ".join(error_messages(error)))


def error_messages(error: InvalidInput) -> list[str]:
    return [message for messages in error.errors.values() for message in messages]


def notify(request: HttpRequest, message: str, undo: Iterable[Ticket] = ()) -> None:
    """Show a toast on the next page. `undo` as in `toast`."""
    messages.success(request, message)
    if token := undo_token(undo):
        request.session[SESSION_KEY] = token
    else:
        request.session.pop(SESSION_KEY, None)


def pop_undo(request: HttpRequest) -> str:
    """Return the undo token of the newest toast that `notify` left for this page, or ""."""
    token: str = request.session.pop(SESSION_KEY, "")
    return token


def ticket_numbers(ticket_ids: Sequence[int]) -> str:
    """List the first few numbers: "#12, #15", or "#1, #2, #3, #4, #5 and 7 more"."""
    numbers = ", ".join(f"#{ticket_id}" for ticket_id in ticket_ids[:MAX_NUMBERS])
    extra = len(ticket_ids) - MAX_NUMBERS
    return f"{numbers} and {extra} more" if extra > 0 else numbers
