"""The requester's private link, on the ticket's page: send it again, or revoke it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from ...access.actors import actor_of
from ...models.ticket import Ticket
from ...services.private_links import revoke_private_link, send_private_link, tickets_opened_by
from ...web.notices import notify
from ..decorators import Request, page


@page("POST", agents=True)
def send(request: Request, ticket_id: int) -> HttpResponse:
    ticket = send_private_link(Ticket.including_spam.find(ticket_id), actor_of(request))
    notify(request, "The private link is on its way to the requester.")
    return redirect(f"{ticket.get_absolute_url()}#private-link")


@page("POST", agents=True)
def revoke(request: Request, ticket_id: int) -> HttpResponse:
    ticket = revoke_private_link(Ticket.including_spam.find(ticket_id), actor_of(request))
    text = "The private link is revoked and no longer works."
    if opened := tickets_opened_by(ticket):
        numbers = ", ".join(f"#{other.pk}" for other in opened)
        text += f" The page also led to {numbers}, which can still be read with links of their own."
    notify(request, text)
    return redirect(f"{ticket.get_absolute_url()}#private-link")
