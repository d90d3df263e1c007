"""The private link: sent again, and revoked."""

from __future__ import annotations

import pghistory

from ..access import Actor
from ..exceptions import InvalidInput
from ..models import Ticket
from . import mail
from .changing import change_by, locked


def send_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Mail the private link to the requester, a new one if it was revoked.

    Raises NotFound, and InvalidInput for a ticket without an address.
    """
    with change_by(actor):
        ticket = locked(ticket.pk)
        if not ticket.requester_email:
            raise InvalidInput("This ticket has no e-mail address to which a link could be sent.")
        revoked = ticket.link_digest is None
        if revoked:
            ticket.issue_link()
            ticket.save(update_fields=["link_nonce", "link_digest"])
        if mail.link_asked_for(ticket, new=revoked):
            pghistory.create_event(ticket, label="link_sent")
    return ticket


def revoke_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Close the private page; nothing is mailed until a new link is sent. Raises NotFound."""
    with change_by(actor):
        ticket = locked(ticket.pk)
        if ticket.link_digest:
            ticket.link_digest = None
            ticket.save(update_fields=["link_digest"])
            pghistory.create_event(ticket, label="link_revoked")
    return ticket
