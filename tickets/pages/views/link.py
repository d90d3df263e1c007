"""The requester's private link, on the ticket's page: sent again, and revoked."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from tickets import services
from tickets.access import actor_of
from tickets.models import Ticket
from tickets.pages.decorators import Request, page
from tickets.pages.toasts import note


@page("POST", agents=True)
def send(request: Request, ticket_id: int) -> HttpResponse:
    ticket = services.send_link(Ticket.objects.find(ticket_id), actor_of(request))
    note(request, "The private link is on its way to the requester.")
    return _back(ticket)


@page("POST", agents=True)
def revoke(request: Request, ticket_id: int) -> HttpResponse:
    ticket = services.revoke_link(Ticket.objects.find(ticket_id), actor_of(request))
    note(request, "The private link was revoked: it opens nothing any more.")
    return _back(ticket)


def _back(ticket: Ticket) -> HttpResponse:
    return redirect(f"{ticket.get_absolute_url()}#private-link")
