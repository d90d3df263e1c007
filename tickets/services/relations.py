"""Say that two tickets are related, without showing one's text on the other."""

from __future__ import annotations

import pghistory

from ..access.actors import Actor
from ..exceptions import InvalidInput
from ..models.relations import TicketLink
from ..models.ticket import Ticket
from .editing import audited
from .merging import lock_both


def link_tickets(ticket_id: int, other_id: int, actor: Actor) -> None:
    """Say that two tickets are related. Linking them again changes nothing.

    Agents see the link on both. Requesters do not. Raise NotFound for the first ticket, and
    InvalidInput for the other one.
    """
    if ticket_id == other_id:
        raise InvalidInput(errors={"into": ["A ticket cannot be linked to itself."]})
    with audited(actor, source=ticket_id, target=other_id):
        tickets = lock_both(ticket_id, other_id)
        if store_link(ticket_id, other_id):
            for ticket in tickets:
                pghistory.create_event(ticket, label="linked")


def unlink_tickets(ticket_id: int, other_id: int, actor: Actor) -> None:
    """Remove the link between two tickets, if there is one. Raise as `link_tickets`."""
    with audited(actor, source=ticket_id, target=other_id):
        tickets = lock_both(ticket_id, other_id)
        low, high = sorted((ticket_id, other_id))
        if TicketLink.objects.filter(low=low, high=high).delete()[0]:
            for ticket in tickets:
                pghistory.create_event(ticket, label="unlinked")


def store_link(ticket_id: int, other_id: int) -> bool:
    low, high = sorted((ticket_id, other_id))
    return TicketLink.objects.get_or_create(low_id=low, high_id=high)[1]


def related_tickets(ticket: Ticket) -> list[Ticket]:
    """Return the tickets that this one, or one merged into it, is linked to. Three queries."""
    merged = Ticket.with_merged.filter(merged_into=ticket).values_list("pk", flat=True)
    own = [ticket.pk, *merged]
    linked = TicketLink.objects.related_ids(own)
    ends = Ticket.with_merged.filter(pk__in=linked)
    ids = {end or pk for pk, end in ends.values_list("pk", "merged_into")} - set(own)
    return list(Ticket.objects.filter(pk__in=ids).order_by("pk"))
