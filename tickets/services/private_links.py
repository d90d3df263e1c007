"""The private link to a requester's page: send it again, or revoke it."""

from __future__ import annotations

import pghistory

from ..access.actors import Actor
from ..exceptions import InvalidInput
from ..models.ticket import Ticket
from .editing import audited, lock_ticket
from .mail import outbox


def send_private_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Email the private link to the requester. A revoked link is replaced by a new one.

    Raise NotFound, and InvalidInput if the ticket has no email address or is spam.
    """
    with audited(actor):
        ticket = lock_ticket(ticket.pk)
        if not ticket.requester_email:
            raise InvalidInput("This ticket has no email address to send a link to.")
        if ticket.spam:
            raise InvalidInput("This ticket is spam, so no email goes out for it.")
        was_revoked = ticket.link_digest is None
        if was_revoked:
            ticket.issue_link()
            ticket.save(update_fields=["link_nonce", "link_digest"])
        if outbox.link_requested(ticket, is_new=was_revoked):
            pghistory.create_event(ticket, label="link_sent")
    return ticket


def revoke_private_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Close the requester's page. Nothing is emailed until a new link is sent. Raise NotFound."""
    with audited(actor):
        ticket = lock_ticket(ticket.pk)
        if ticket.link_digest:
            ticket.link_digest = None
            ticket.save(update_fields=["link_digest"])
            pghistory.create_event(ticket, label="link_revoked")
    return ticket
