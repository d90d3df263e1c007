"""Spam: mark tickets, and block and unblock senders."""

from __future__ import annotations

from collections.abc import Iterable

import pghistory

from ..access.actors import Actor
from ..exceptions import InvalidInput
from ..mail.addresses import folded_address
from ..models.spam import BlockedAddress
from ..models.ticket import Ticket
from .editing import TicketEdit, audited
from .tickets import update_ticket


def mark_spam(ticket_id: int, actor: Actor, *, blocks_sender: bool = False) -> TicketEdit:
    """Mark a ticket as spam. With `blocks_sender`, its sender's later messages are spam too.

    Raise NotFound, and InvalidInput if there is no address to block.
    """
    with audited(actor):
        edit = update_ticket(ticket_id, {"spam": True}, actor)
        if blocks_sender:
            _block_sender(edit.ticket, actor)
    return edit


def _block_sender(ticket: Ticket, actor: Actor) -> None:
    folded = folded_address(ticket.requester_email)
    if not folded:
        raise InvalidInput("This ticket has no email address to block.")
    _, is_new = BlockedAddress.objects.get_or_create(
        address=folded,
        defaults={
            "blocked_by": actor.user,
            "ticket": ticket,
            "ticket_version": ticket.version,
        },
    )
    if is_new:
        pghistory.create_event(ticket, label="address_blocked")


def unblock(addresses: Iterable[BlockedAddress], actor: Actor) -> None:
    """Let these addresses write again. What they wrote before stays spam."""
    with audited(actor):
        for blocked in addresses:
            if blocked.ticket is not None:
                pghistory.create_event(blocked.ticket, label="address_unblocked")
            blocked.delete()
