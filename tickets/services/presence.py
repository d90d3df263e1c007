"""Who is looking at a ticket."""

from __future__ import annotations

from ..models.ticket import Ticket
from ..models.workplace import Presence


def note_presence(ticket: Ticket, viewer: str, name: str, *, writing: bool) -> list[Presence]:
    """Note that a viewer has the ticket open. Return the other viewers."""
    Presence.objects.refresh(ticket, viewer, name, writing)
    return list(Presence.objects.other_viewers(ticket, viewer))


def end_presence(ticket: Ticket, viewer: str) -> None:
    """Note that the viewer's page was left or hidden."""
    ticket.presences.filter(viewer=viewer).delete()
