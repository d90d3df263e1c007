"""The files of a ticket, for agents and for whoever has its private link."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase

from ...access.actors import actor_of
from ...exceptions import NotFound
from ...models.attachments import Attachment
from ...models.ticket import Ticket
from ...services.attachments.serving import find_for_agent, find_for_requester
from ...web.files import file_response, thumbnail_response
from ..decorators import Request, page
from .requester import of_ticket, private_page


@page("GET")
def attachment(request: Request, ticket_id: int, uuid: UUID) -> HttpResponseBase:
    return file_response(_of_agent(request, ticket_id, uuid))


@page("GET")
def thumbnail(request: Request, ticket_id: int, uuid: UUID) -> HttpResponseBase:
    return thumbnail_response(_of_agent(request, ticket_id, uuid))


def _of_agent(request: Request, ticket_id: int, uuid: UUID) -> Attachment:
    """Return an agent's file. For anybody else it is not there, nor is any other."""
    if not actor_of(request).is_agent:
        raise NotFound
    return find_for_agent(ticket_id, uuid)


@private_page("GET")
@of_ticket
def requester_attachment(
    request: Request, ticket: Ticket, secret: str, uuid: UUID
) -> HttpResponseBase:
    return file_response(find_for_requester(ticket, uuid))


@private_page("GET")
@of_ticket
def requester_thumbnail(
    request: Request, ticket: Ticket, secret: str, uuid: UUID
) -> HttpResponseBase:
    return thumbnail_response(find_for_requester(ticket, uuid))
