"""Who else is looking at a ticket, and what happened to it since the page was read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tickets import services
from tickets.access import Actor, actor_of
from tickets.forms import PresenceForm, valid
from tickets.models import Ticket
from tickets.pages import history
from tickets.pages.decorators import Request, page
from tickets.querysets import news_of

SOMEBODY = "Somebody"


@page("POST", agents=True)
def presence(request: Request, ticket_id: int) -> HttpResponse:
    """A ticket's open page asks now and then, and tells of itself by that."""
    found = Ticket.objects.find(ticket_id)
    told = valid(PresenceForm(request.POST))
    actor = actor_of(request)
    viewer, name = _viewer(actor, told["window"])
    if told["leaving"]:
        services.look_away(found, viewer)
        return HttpResponse(status=204)
    others = services.look(found, viewer, name, writing=told["writing"])
    news = history.news(
        news_of(found, told["version"], told["comment"]), actor.name if actor.known else ""
    )
    return render(request, "tickets/_presence.html", {"others": others, "news": news})


def _viewer(actor: Actor, window: str) -> tuple[str, str]:
    """An account, whose windows are one person; where there is none, the window itself."""
    if actor.user:
        return f"user {actor.user.pk}", actor.user.get_full_name() or actor.name
    return f"window {window}", SOMEBODY
