"""What a ticket's page shows: what triage suggested, similar tickets, and everything about it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tickets.access import Actor
from tickets.models import Comment, LearnedField, Source, Ticket
from tickets.pages.history import actor_name
from tickets.pages.keys import Keys, keys_of
from tickets.querysets import HistoryEntry, last_replies

SIMILAR_SHOWN = 3  # solved ones, and as many unfinished
HISTORY_SHOWN = 8  # the newest; the others unfold
# What of the page is put in place anew by an answer, by its ids; see `static/js/ticket.js`.
PARTS = (
    *("heading", "notices", "talk", "history", "accept", "composer", "body-hint", "send"),
    *("edit", "facts", "private-link"),
    *(f"property-{name}" for name in ("status", "category", "priority", "assignee", "tone")),
)
KEYS: Keys = keys_of(
    ("y", "Accept what triage suggests"),
    ("b t a g", "Category: billing, technical, account, general"),
    ("1 2 3 4", "Priority: low, medium, high, critical"),
    ("m", "Assign to me"),
    ("s", "Status"),
    ("r", "Write a reply"),
    ("n", "Write a note"),
    ("e", "Edit the text"),
    ("Esc", "Leave a field"),
    ("u", "Back to the list"),
)


@dataclass(frozen=True)
class Suggestion:
    """What triage said last of one value. `confirmed`: a person has chosen the present one."""

    value: str
    confidence: float | None
    words: list[str]
    standing: bool  # it is the present value
    confirmed: bool


def context(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """Everything but the forms that were sent. What is loaded with the page alone is not here."""
    talk = list(ticket.comments.select_related("author"))
    entries = ticket.history()
    suggested = suggestions(ticket)
    return {
        "ticket": ticket,
        "comments": talk,
        "last_comment": max((comment.pk for comment in talk), default=0),
        "older": entries[:-HISTORY_SHOWN],
        "history": entries[-HISTORY_SHOWN:],
        "reasons": ticket.reasons(),
        "suggested": suggested,
        "acceptable": acceptable(ticket, suggested),
        "me": actor.user.get_username() if actor.user else "",
        "form_key": secrets.token_urlsafe(16),
        "keys": KEYS,
        "parts": " ".join(PARTS),
        "set_by": _set_by(ticket, entries),
    }


def _set_by(ticket: Ticket, entries: Sequence[HistoryEntry]) -> dict[str, str]:
    """Who set each value that no triage has decided: {"status": "Set by maria"}."""
    names = ("status", "assignee", *ticket.decided_by(Source.HUMAN))
    found: dict[str, str] = {}
    for entry in entries:
        for name in names:
            chosen = f"{name}_source" in entry.changes
            if chosen or (name in entry.changes and entry.event == "changed"):
                found[name] = f"{'Set' if name in entry.changes else 'Confirmed'} by {_who(entry)}"
    return found


def _who(entry: HistoryEntry) -> str:
    """As `actor_name`, within a sentence."""
    name = actor_name(entry)
    return name if entry.by_account else name[0].lower() + name[1:]


def suggestions(ticket: Ticket) -> dict[str, Suggestion]:
    """The newest of category and of priority, from the ledger, where triage had a clue."""
    rows = ticket.predictions.deciding().filter(
        field__in=LearnedField.values, source__in=[Source.LLM, Source.OFFLINE]
    )
    decided = ticket.decided_by(Source.HUMAN)
    return {
        row.field: Suggestion(
            value=row.value,
            confidence=row.confidence,
            words=[entry["text"] for entry in row.evidence],
            standing=row.value == getattr(ticket, row.field),
            confirmed=row.field in decided,
        )
        for row in rows.order_by("field", "-pk").distinct("field")
    }


def acceptable(ticket: Ticket, suggested: Mapping[str, Suggestion]) -> dict[str, str]:
    """The values that accepting confirms: those that no person has decided yet."""
    return {
        name: suggested[name].value if name in suggested else str(getattr(ticket, name))
        for name in LearnedField.values
        if name not in ticket.decided_by(Source.HUMAN)
    }


@dataclass(frozen=True)
class Similar:
    ticket: Ticket
    reply: Comment | None  # the last public one


def similar(ticket: Ticket) -> list[Similar]:
    """Tickets of the same matter, solved ones first, with how they were answered."""
    # What the title says counts twice.
    text = f"{ticket.title} {ticket.title} {ticket.description}"
    solved = Ticket.objects.similar_to(text, SIMILAR_SHOWN, solved=True, besides=ticket.pk)
    others = Ticket.objects.similar_to(text, SIMILAR_SHOWN, besides=ticket.pk)
    replies = last_replies([other.pk for other in solved])
    return [Similar(other, replies.get(other.pk)) for other in [*solved, *others]]
