"""What an answer to htmx says once something is done, with an Undo: a toast, in a header.

After a redirect `web/notices.py` says it on the next page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django_htmx.http import trigger_client_event

from ..exceptions import InvalidInput
from ..models.ticket import Ticket
from ..services.undo import undo_token

MAX_NUMBERS = 5  # ticket numbers in one sentence


def toast(
    response: HttpResponse,
    message: str,
    undo: Iterable[Ticket] = (),
    about: str = "",
    *,
    token: str = "",
    seconds: int = 0,
) -> HttpResponse:
    """Add a toast to an answer to htmx.

    `undo` are the tickets as the change left them, or `token` is what an UndoForm takes. `about`
    names the value that the toast is about, as "status-12": the toast ends when the value changes
    again. `seconds` is how long the message holds, 0 for longer than a toast is shown.
    """
    detail: dict[str, str | int] = {"message": message, "undo": token or undo_token(undo)}
    if about:
        detail["about"] = about
    if seconds:
        detail["seconds"] = seconds
    return trigger_client_event(response, "toast", detail)


def refusal(error: InvalidInput) -> HttpResponse:
    """Tell htmx what is wrong, as 204: it does not show a response with an error status."""
    return toast(HttpResponse(status=204), " ".join(error_messages(error)))


def error_messages(error: InvalidInput) -> list[str]:
    return [message for messages in error.errors.values() for message in messages]


def ticket_numbers(ticket_ids: Sequence[int]) -> str:
    """List the first few numbers: "#12, #15", or "#1, #2, #3, #4, #5 and 7 more"."""
    numbers = ", ".join(f"#{ticket_id}" for ticket_id in ticket_ids[:MAX_NUMBERS])
    extra = len(ticket_ids) - MAX_NUMBERS
    return f"{numbers} and {extra} more" if extra > 0 else numbers
