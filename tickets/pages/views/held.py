"""Mail that waits for a decision, on a ticket or on none, and what was discarded lately."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ...access.actors import actor_of
from ...exceptions import NotFound
from ...models.incoming import InboundMessage
from ...vocabulary import InboundState
from ..decorators import Request, page
from .mailed import carry_out, show_original

MAX_ROWS = 50
DISCARDED_DAYS = 30  # since they came


@page("GET", agents=True)
def held_mail(request: Request) -> HttpResponse:
    """List what is held, the oldest first, and what was discarded, the newest first."""
    rows = InboundMessage.objects.held_back()
    waiting = rows.filter(state=InboundState.HELD)
    held = list(waiting[:MAX_ROWS])
    since = timezone.now() - timedelta(days=DISCARDED_DAYS)
    discarded = rows.filter(state=InboundState.DISCARDED, received_at__gte=since)
    context = {
        "held": held,
        "count": waiting.count() if len(held) == MAX_ROWS else len(held),
        "discarded": discarded.order_by("-pk")[:MAX_ROWS],
        "days": DISCARDED_DAYS,
    }
    return render(request, "tickets/held.html", context)


@page("POST", agents=True)
def decide_held(request: Request, message_id: int) -> HttpResponse:
    """Accept, open a ticket with, or discard a message, and return to the list."""
    carry_out(request, _message(message_id), actor_of(request))
    return redirect("held-mail")


@page("GET", agents=True)
def held_original(request: Request, message_id: int) -> HttpResponse:
    """Show a message as it was sent, before anybody has decided about it."""
    return show_original(request, _message(message_id))


def _message(message_id: int) -> InboundMessage:
    rows = InboundMessage.objects.held_back().select_related("mailbox")
    row: InboundMessage | None = rows.filter(pk=message_id).first()
    if row is None:
        raise NotFound
    return row
