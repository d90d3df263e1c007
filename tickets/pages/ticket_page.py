"""What a ticket's page shows: the ticket, predictions, similar tickets and the audit trail."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..access.actors import Actor
from ..audit.trail import AuditEntry, audit_trail
from ..models.spam import is_blocked
from ..models.ticket import Comment, Ticket
from ..querysets.search import exact_requester
from ..vocabulary import WRITABLE_FIELDS, AuditEvent, LearnedField, Source
from .audit_text import actor_name
from .shortcuts import CATEGORY, HELP, PRIORITY, UNDO, shortcut

MAX_SIMILAR = 3  # finished tickets, and as many active ones
MAX_REQUESTER_TICKETS = 5
VISIBLE_ENTRIES = 8  # of the audit trail, the newest; the others unfold
SHORTCUTS = (
    shortcut("y", "accept", "Accept the suggested category and priority"),
    CATEGORY,
    PRIORITY,
    shortcut("m", "assign", "Assign to me"),
    shortcut("s", "status", "Status"),
    shortcut("r", "write", "Write a reply"),
    shortcut("n", "write", "Write a note"),
    shortcut("e", "edit", "Edit the text"),
    shortcut("!", "spam", "Mark as spam, or as not spam"),
    shortcut("Esc", "", "Leave a field"),
    shortcut("u", "back", "Back to the list"),
    UNDO,
    HELP,
)


@dataclass(frozen=True)
class SuggestedValue:
    """The latest prediction of one field."""

    value: str
    confidence: float | None
    quotes: list[str]
    is_current: bool  # the ticket has this value
    is_decided: bool  # a person has chosen the ticket's value


@dataclass(frozen=True)
class SimilarTicket:
    ticket: Ticket
    reply: Comment | None  # the last public one


def context(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """Return the template's context, without forms and without what only a whole page loads."""
    comments = list(ticket.comments.select_related("author"))
    entries = audit_trail(ticket)
    suggestions = suggested_values(ticket)
    return {
        "ticket": ticket,
        "comments": comments,
        "last_comment": max((comment.pk for comment in comments), default=0),
        "older_entries": entries[:-VISIBLE_ENTRIES],
        "entries": entries[-VISIBLE_ENTRIES:],
        "evidence": ticket.evidence(),
        "suggestions": suggestions,
        "acceptable": acceptable_values(ticket, suggestions),
        "me": actor.user.get_username() if actor.user else "",
        "form_key": secrets.token_urlsafe(16),
        "shortcuts": SHORTCUTS,
        "set_by": _set_by(ticket, entries),
        "is_blocked": ticket.spam and is_blocked(ticket.requester_email),
        "requester_tickets": requester_tickets(ticket),
    }


def _set_by(ticket: Ticket, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Say who set each value that a person decided: {"status": "Set by maria"}."""
    undecided = {*LearnedField.values} - {*ticket.decided_by(Source.HUMAN)}
    names = [name for name in WRITABLE_FIELDS if name not in undecided]
    set_by: dict[str, str] = {}
    for entry in entries:
        for name in names:
            is_set = name in entry.changes and entry.event == AuditEvent.CHANGED
            if is_set or f"{name}_source" in entry.changes:
                verb = "Set" if name in entry.changes else "Confirmed"
                actor = actor_name(entry)
                within_sentence = actor if entry.by_account else actor[0].lower() + actor[1:]
                set_by[name] = f"{verb} by {within_sentence}"
    return set_by


def suggested_values(ticket: Ticket) -> dict[str, SuggestedValue]:
    """Return the latest prediction of category and of priority, where triage had evidence."""
    rows = ticket.predictions.deciding().filter(
        field__in=LearnedField.values, source__in=[Source.LLM, Source.OFFLINE]
    )
    decided = ticket.decided_by(Source.HUMAN)
    return {
        row.field: SuggestedValue(
            value=row.value,
            confidence=row.confidence,
            quotes=[entry["text"] for entry in row.evidence],
            is_current=row.value == getattr(ticket, row.field),
            is_decided=row.field in decided,
        )
        for row in rows.order_by("field", "-pk").distinct("field")
    }


def acceptable_values(ticket: Ticket, suggestions: Mapping[str, SuggestedValue]) -> dict[str, str]:
    """Return the values that "Accept" confirms: those that no person has decided yet."""
    return {
        name: suggestions[name].value if name in suggestions else str(getattr(ticket, name))
        for name in LearnedField.values
        if name not in ticket.decided_by(Source.HUMAN)
    }


@dataclass(frozen=True)
class RequesterTickets:
    """The newest other tickets of a ticket's requester. `count` includes all, and this one."""

    tickets: list[Ticket]
    count: int
    search: str  # finds all of them


def requester_tickets(ticket: Ticket) -> RequesterTickets:
    """Return what else this address has asked. Up to two queries, by an index."""
    address = ticket.requester_email
    if not address:
        return RequesterTickets([], 0, "")
    tickets = Ticket.objects.requested_from(address)
    other_tickets = tickets.exclude(pk=ticket.pk).defer("document", "description")
    rows = list(other_tickets[: MAX_REQUESTER_TICKETS + 1])
    count = tickets.count() if len(rows) > MAX_REQUESTER_TICKETS else 0
    return RequesterTickets(rows[:MAX_REQUESTER_TICKETS], count, exact_requester(address))


def similar_tickets(ticket: Ticket) -> list[SimilarTicket]:
    """Return tickets about the same thing: finished ones with their answers, then active ones."""
    text = f"{ticket.title} {ticket.title} {ticket.description}"  # the title counts twice
    find = Ticket.objects.similar_to
    finished = find(text, MAX_SIMILAR, finished=True, exclude=ticket.pk)
    active = find(text, MAX_SIMILAR, exclude=ticket.pk)
    replies = Comment.objects.last_public_replies([each.pk for each in finished])
    return [SimilarTicket(each, replies.get(each.pk)) for each in [*finished, *active]]
