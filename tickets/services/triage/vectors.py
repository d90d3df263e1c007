"""Vectors of stored tickets: what each of them means, for learning and for finding similar ones."""

from __future__ import annotations

from collections.abc import Sequence

from ...models.ticket import Ticket
from ...models.triage import TicketVector
from ...triage.offline.encoders.base import Encoder
from ...triage.offline.reading import whole_text


def store(tickets: Sequence[Ticket], encoder: Encoder) -> None:
    """Store the vectors of those of these tickets that lack a present one."""
    stored = TicketVector.objects.filter(ticket__in=tickets, encoder=encoder.name)
    digests = dict(stored.values_list("ticket_id", "text_digest"))
    lacking = {
        ticket.pk: ticket for ticket in tickets if digests.get(ticket.pk) != ticket.text_digest()
    }
    texts = [whole_text(ticket.title, ticket.description) for ticket in lacking.values()]
    TicketVector.objects.put(
        TicketVector(
            ticket_id=pk,
            encoder=encoder.name,
            text_digest=ticket.text_digest(),
            vector=encoder.pack(vector),
        )
        for (pk, ticket), vector in zip(lacking.items(), encoder.vectors(texts), strict=True)
    )
