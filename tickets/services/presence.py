"""Who looks at a ticket lets the others know."""

from __future__ import annotations

from ..models import Presence, Ticket


def look(ticket: Ticket, viewer: str, name: str, *, writing: bool) -> list[Presence]:
    """Note that somebody has the ticket open; returns the others who have."""
    Presence.objects.see(ticket, viewer, name, writing)
    return list(Presence.objects.others(ticket, viewer))


def look_away(ticket: Ticket, viewer: str) -> None:
    """The viewer's page was left or hidden."""
    ticket.presences.filter(viewer=viewer).delete()
