"""Merge a ticket into another one, and undo it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ...access.actors import Actor
from ...forms.tickets import MergeForm
from ...services import merging
from ...vocabulary import Scope
from ..endpoints import endpoint
from ..http import BodyRules, JsonBody
from ..shapes import TicketJson
from .tickets import answer_ticket


@endpoint(
    tag="tickets",
    scope=Scope.WRITE,
    body=BodyRules("Merge", MergeForm),
    returns=TicketJson,
    success="The ticket that the other one is part of now.",
    for_readers=True,
    headers=("ETag",),
)
def merge_ticket(
    request: HttpRequest, actor: Actor, body: JsonBody, ticket_id: int
) -> HttpResponse:
    """Merge a ticket into another one of the same requester.

    Its conversation is read there from now on. Merging the same tickets again changes nothing.
    Different addresses, and a ticket that is part of another one already, are a conflict.
    """
    data = body.clean()
    merged = merging.merge_tickets(
        ticket_id, data["into"], actor, same_requester=data["same_requester"]
    )
    return answer_ticket(merged.target, actor)


@endpoint(
    tag="tickets",
    scope=Scope.WRITE,
    returns=TicketJson,
    success="The ticket, which stands on its own again.",
    for_readers=True,
    headers=("ETag",),
)
def unmerge_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Undo the merge of a ticket, within 30 days.

    Its messages come back to it. What was written after the merge stays where it is. A ticket
    that was never merged is a conflict.
    """
    return answer_ticket(merging.unmerge_ticket(ticket_id, actor), actor)
