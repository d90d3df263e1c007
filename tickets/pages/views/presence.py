"""Who else is looking at a ticket, and what happened to it since the page was read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from ...access.actors import Actor, actor_of
from ...access.sessions import note_seen
from ...audit.trail import entries_since
from ...forms.fields import clean_data
from ...forms.people import PresenceForm
from ...models.ticket import Ticket
from ...models.workplace import PendingReply
from ...services.presence import end_presence, note_presence
from ...services.replies import send_due_replies
from .. import audit_text
from ..decorators import Request, page

ANONYMOUS_VIEWER = "Somebody"


@page("POST", agents=True, unattended=True)
def ticket_presence(request: Request, ticket_id: int) -> HttpResponse:
    """Answer a ticket's open page, which reports itself every 15 seconds."""
    ticket = Ticket.with_merged.find(ticket_id)
    if send_due_replies(ticket):
        ticket = Ticket.with_merged.find(ticket_id)
    report = clean_data(PresenceForm(request.POST))
    if report["writing"]:  # nobody else asks the server while somebody writes
        note_seen(request)
    actor = actor_of(request)
    viewer, name = _viewer(actor, report["window"])
    if report["leaving"]:
        end_presence(ticket, viewer)
        return HttpResponse(status=204)
    if ticket.merged_into_id is not None:
        return render(request, "tickets/_presence.html", {"merged_into": ticket.merged_into_id})
    viewers = note_presence(ticket, viewer, name, writing=report["writing"])
    entries = entries_since(ticket, report["version"], report["comment"])
    waiting = PendingReply.objects.of(ticket).waiting()
    sentences = [
        f"{_author(reply)} has written a reply. The requester does not see it yet."
        for reply in waiting.exclude(pk__in=report["replies"]).select_related("author")
    ]
    summary = audit_text.summary(entries, actor.name if actor.known else "")
    summary = " ".join(filter(None, [summary, *sentences]))
    return render(request, "tickets/_presence.html", {"viewers": viewers, "summary": summary})


def _author(reply: PendingReply) -> str:
    return reply.author.get_username() if reply.author else ANONYMOUS_VIEWER


def _viewer(actor: Actor, window: str) -> tuple[str, str]:
    """Return the viewer's key and name: an account, or without one the browser window."""
    if actor.user:
        return f"user {actor.user.pk}", actor.user.get_full_name() or actor.name
    return f"window {window}", ANONYMOUS_VIEWER
