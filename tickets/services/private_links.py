"""The private link to a requester's page: send it again, or revoke it."""

from __future__ import annotations

import pghistory
from django.db.models import Q

from ..access.actors import Actor
from ..exceptions import InvalidInput
from ..models.ticket import Comment, Ticket
from .editing import audited, lock_relations, lock_ticket
from .mail import outbox


def shows_note(ticket: Ticket) -> bool:
    """Return whether the description is still the internal note that the ticket was made of."""
    notes = Comment.with_split.filter(split_into=ticket, public=False)
    return ticket.description in notes.values_list("body", flat=True)


def send_private_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Email the private link to the requester. A revoked link is replaced by a new one.

    Raise NotFound, and InvalidInput if the ticket has no email address or shows a note.
    """
    with audited(actor):
        ticket = lock_ticket(ticket.pk)
        if not ticket.requester_email:
            raise InvalidInput("This ticket has no email address to send a link to.")
        if shows_note(ticket):
            raise InvalidInput(
                "The description is an internal note. Edit it first: the requester would read it."
            )
        was_revoked = ticket.link_digest is None
        if was_revoked:
            ticket.issue_link()
            ticket.save(update_fields=["link_nonce", "link_digest"])
        if outbox.link_requested(ticket, is_new=was_revoked):
            pghistory.create_event(ticket, label="link_sent")
    return ticket


def revoke_private_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Close the requester's page. Nothing is emailed until a new link is sent. Raise NotFound.

    The links of the tickets that were merged into this one open the same page, so they go too.
    """
    with audited(actor):
        lock_relations()
        ticket = lock_ticket(ticket.pk)
        links = Q(pk=ticket.pk) | Q(merged_into=ticket)
        active = Ticket.with_merged.filter(links).exclude(link_digest=None)
        if active.update(link_digest=None):
            ticket.link_digest = None
            pghistory.create_event(ticket, label="link_revoked")
    return ticket
