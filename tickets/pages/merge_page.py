"""What the page for merging a ticket shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..models.participants import Participant
from ..models.ticket import Ticket
from ..services.link_holders import opens_page_of, unproven_of
from ..services.merging import Requesters, compare_requesters, not_carried_over
from ..services.triage.similar import similar_tickets
from .ticket_page import MAX_SIMILAR

MAX_OTHER = 10  # tickets of the same requester, the newest


@dataclass(frozen=True, slots=True)
class Preview:
    """The ticket to merge into, and what its requester allows."""

    ticket: Ticket
    requesters: str  # a value of Requesters
    messages: int  # that move, the description included
    opens: bool  # the private link of the merged ticket will open the other one
    silenced: Sequence[Participant]  # who gets no more replies then
    unproven: Sequence[Ticket]  # those whose address somebody named who never proved to own it


def preview(ticket: Ticket, target: Ticket) -> Preview:
    requesters = compare_requesters(ticket, target)
    return Preview(
        target,
        requesters.value,
        1 + ticket.comments.count(),
        opens_page_of(ticket, target),
        not_carried_over(ticket, target),
        unproven_of([ticket, target]),
    )


def candidates(ticket: Ticket) -> dict[str, list[Ticket]]:
    """Return the requester's other tickets, and similar ones that may be merged."""
    own = Ticket.objects.others_of_requester(ticket, MAX_OTHER)
    similar = [match.ticket for match in similar_tickets(ticket, MAX_SIMILAR)]
    return {
        "own_tickets": own,
        "similar_tickets": [
            each
            for each in similar
            if each not in own and compare_requesters(ticket, each) is not Requesters.OTHER
        ][:MAX_SIMILAR],
    }
