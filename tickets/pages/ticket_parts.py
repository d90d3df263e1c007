"""Which parts a ticket's page has: most tickets lack most of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from ..access.actors import Actor
from ..audit.trail import events_of
from ..mail.addresses import folded_address
from ..models.attachments import Attachment
from ..models.incoming import InboundMessage
from ..models.mail import BouncedAddress, Email
from ..models.participants import Participant
from ..models.relations import TicketLink
from ..models.ticket import Ticket
from ..models.workplace import PendingReply, TicketRead
from ..querysets.statements import Parameter, Statement


@dataclass(frozen=True, slots=True)
class TicketParts:
    """What a ticket has, out of the keys of `_parts`.

    `twin` is the number of a ticket that is possibly the same. `read_until` is up to when the
    account has read the ticket, None if it never opened it.
    """

    names: frozenset[str]
    twin: int | None
    read_until: datetime | None

    def __contains__(self, name: str) -> bool:
        return name in self.names


def ticket_parts(ticket: Ticket, actor: Actor) -> TicketParts:
    """Return what the ticket's page has to load. One query."""
    names, statement = _statement()
    values = {
        "ticket": ticket.pk,
        "requester": folded_address(ticket.requester_email),
        "account": actor.account,
    }
    [(twin, read_until, *is_there)] = statement.rows(values)
    parts = (name for name, exists in zip(names, is_there, strict=True) if exists)
    return TicketParts(frozenset(parts), twin, read_until)


def _parts() -> dict[str, QuerySet[Any]]:
    """Return what each part of a page is made of. A merged ticket's is on its target's page."""
    ticket = Parameter("ticket")
    is_end = Q(low=ticket) | Q(high=ticket)
    return {
        "merged": Ticket.with_merged.filter(merged_into=ticket),
        "links": TicketLink.objects.filter(is_end),
        "pending": PendingReply.objects.of(ticket).waiting(),
        "messages": InboundMessage.objects.of(ticket).readable(),
        "files": Attachment.objects.filter(ticket=ticket),
        "participants": Participant.objects.with_repeated(ticket),
        "bounced": BouncedAddress.objects.on(ticket, [Parameter("requester")]),
        "emails": Email.objects.filter(ticket=ticket, recipient=None),
        "participant_events": events_of(Participant).filter(ticket_id=ticket),
        "file_events": events_of(Attachment).filter(ticket_id=ticket),
    }


@cache
def _statement() -> tuple[list[str], Statement]:
    parts = _parts()
    reads = TicketRead.objects.filter(ticket=OuterRef("pk"), account=Parameter("account"))
    rows = Ticket.with_merged.filter(pk=Parameter("ticket")).with_twin()
    read_until = Subquery(reads.values("read_at")[:1])
    is_there = [Exists(each) for each in parts.values()]
    values = rows.values_list("twin", read_until, *is_there)
    return list(parts), Statement(values, prepared=True)
