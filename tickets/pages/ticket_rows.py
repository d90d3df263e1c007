"""The rows of the ticket list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ..access.actors import Actor
from ..models.ticket import Comment, Ticket
from ..vocabulary import AuthorRole
from .search_hits import Hits, search_hits


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket, and who wrote last on it: "You replied", "maria noted", "Requester wrote".

    `twin` is the number of a ticket that is possibly the same, while this one is unfinished.
    """

    ticket: Ticket
    last_writing: str
    written_at: datetime
    twin: int | None
    hits: Hits


def ticket_rows(tickets: Collection[Ticket], actor: Actor, search: str = "") -> list[TicketRow]:
    """Return the rows of tickets that `for_rows` loaded. One query, with a search up to two."""
    comments = Comment.objects.last_of([ticket.pk for ticket in tickets])
    hits = search_hits(tickets, search)
    return [
        _row(ticket, comments.get(ticket.pk), actor, hits.get(ticket.pk, Hits()))
        for ticket in tickets
    ]


def _row(ticket: Ticket, comment: Comment | None, actor: Actor, hits: Hits) -> TicketRow:
    is_open = not ticket.is_finished and not ticket.spam and ticket.merged_into_id is None
    twin = ticket.twin if is_open else None
    if comment is None or comment.author_role == AuthorRole.REQUESTER:
        at = ticket.created_at if comment is None else comment.created_at
        return TicketRow(ticket, "Requester wrote", at, twin, hits)
    verb = "replied" if comment.public else "noted"
    return TicketRow(ticket, f"{_writer(comment, actor)} {verb}", comment.created_at, twin, hits)


def _writer(comment: Comment, actor: Actor) -> str:
    if comment.author is None:
        return "An agent"
    return "You" if comment.author == actor.user else comment.author.get_username()
