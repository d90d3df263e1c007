"""Who else is looking at a ticket, and what happened to it since the page was read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from ...access.actors import Actor, actor_of
from ...audit.trail import entries_since
from ...forms.fields import clean_data
from ...forms.people import PresenceForm
from ...models.ticket import Ticket
from ...services.presence import end_presence, note_presence
from .. import audit_text
from ..decorators import Request, page

ANONYMOUS_VIEWER = "Somebody"


@page("POST", agents=True)
def ticket_presence(request: Request, ticket_id: int) -> HttpResponse:
    """Answer a ticket's open page, which reports itself every 15 seconds."""
    ticket = Ticket.including_spam.find(ticket_id)
    report = clean_data(PresenceForm(request.POST))
    actor = actor_of(request)
    viewer, name = _viewer(actor, report["window"])
    if report["leaving"]:
        end_presence(ticket, viewer)
        return HttpResponse(status=204)
    viewers = note_presence(ticket, viewer, name, writing=report["writing"])
    entries = entries_since(ticket, report["version"], report["comment"])
    summary = audit_text.summary(entries, actor.name if actor.known else "")
    return render(request, "tickets/_presence.html", {"viewers": viewers, "summary": summary})


def _viewer(actor: Actor, window: str) -> tuple[str, str]:
    """Return the viewer's key and name: an account, or without one the browser window."""
    if actor.user:
        return f"user {actor.user.pk}", actor.user.get_full_name() or actor.name
    return f"window {window}", ANONYMOUS_VIEWER
