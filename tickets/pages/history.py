"""The audit trail as people read it. Pure."""

from __future__ import annotations

from typing import Any

from tickets.querysets import HistoryEntry

# Values that are told with their old and new state, in this order; of a text it is enough
# to say that it was edited.
VALUES = {
    "status": "status",
    "category": "category",
    "priority": "priority",
    "assignee": "assignee",
    "requester_email": "requester's e-mail",
    "sentiment": "mood",
    "urgency_score": "urgency",
}
TEXTS = {"title": "the title", "description": "the description"}
EVENTS = {
    "created": "opened the ticket",
    "deleted": "deleted the ticket",
    "comment changed": "edited a message",
    "comment deleted": "deleted a message",
}


ACTORS = {"requester": "The requester", "triage": "Triage", "anonymous": "An anonymous agent"}


def actor_name(entry: HistoryEntry) -> str:
    """Who did it; a change past this program has no known actor."""
    return ACTORS.get(entry.actor, entry.actor) if entry.actor else "Somebody outside this program"


def sentences(entry: HistoryEntry) -> list[str]:
    """What the entry's actor did, one sentence each, to stand after the actor's name."""
    if entry.event == "comment created":
        return [_comment(entry)]
    if entry.event in EVENTS:
        return [EVENTS[entry.event]]
    return [*_edits(entry), *_changes(entry), *_confirmations(entry)] or ["updated the ticket"]


def _comment(entry: HistoryEntry) -> str:
    public = entry.changes.get("public", (None, True))[1]
    return "replied" if public else "wrote an internal note"


def _edits(entry: HistoryEntry) -> list[str]:
    return [f"edited {words}" for name, words in TEXTS.items() if name in entry.changes]


def _changes(entry: HistoryEntry) -> list[str]:
    return [
        f"changed {words} from {_shown(name, old)} to {_shown(name, new)}"
        for name, words in VALUES.items()
        for old, new in [entry.changes.get(name, (None, None))]
        if name in entry.changes
    ]


def _confirmations(entry: HistoryEntry) -> list[str]:
    """A person who sends the value that stands already has confirmed it."""
    return [
        f"confirmed {name}"
        for name in ("category", "priority")
        if name not in entry.changes and entry.changes.get(f"{name}_source", ("", ""))[1] == "human"
    ]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "nobody" if name == "assignee" else "none"
    return str(value) if name in ("assignee", "requester_email") else str(value).replace("_", " ")
