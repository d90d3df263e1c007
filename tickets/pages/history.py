"""The audit trail as people read it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from tickets import wording
from tickets.models import Source
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
TONE = {"sentiment", "urgency_score"}
TEXTS = {"title": "the title", "description": "the description"}
EVENTS = {
    "deleted": "deleted the ticket",
    "comment changed": "edited a message",
    "comment deleted": "deleted a message",
    "link sent": "sent the private link to the requester",
    "link revoked": "revoked the private link",
}
ACTORS = {
    "requester": "The requester",
    "triage": "Triage",
    "anonymous": "An anonymous agent",
    "system": "The system",
}
DECIDERS = {Source.LLM: "model", Source.OFFLINE: "offline triage"}
MOST_NEWS = 4


def actor_name(entry: HistoryEntry) -> str:
    """Who did it; a change past this program has no known actor."""
    if entry.by_account or not entry.actor:
        return entry.actor or "Somebody outside this program"
    return ACTORS.get(entry.actor, entry.actor)


def sentences(entry: HistoryEntry) -> list[str]:
    """What the entry's actor did, one sentence each, to stand after the actor's name."""
    if entry.event == "created":
        return ["opened the ticket", *_first_values(entry)]
    if entry.event == "comment created":
        return [_comment(entry)]
    if entry.event in EVENTS:
        return [EVENTS[entry.event]]
    told = [*_edits(entry), *_changes(entry), *_confirmations(entry), *_kept(entry)]
    told += [f"triage {words}" for words in _tone_of_new_text(entry)]
    if told:
        return told
    return ["updated the ticket" if entry.event == "changed" else f"did: {entry.event}"]


def news(entries: Iterable[HistoryEntry], me: str = "") -> str:
    """What happened, in one sentence a person: "maria changed status from open to closed."

    `me` is who reads it, and is called "You".
    """
    told = []
    for name, group in groupby(entries, key=lambda entry: _called(entry, me)):
        done = [
            sentence
            for entry in group
            for sentence in sentences(entry)
            if not sentence.startswith("triage ")  # nobody needs to hear this at once
        ]
        more = [f"did {len(done) - MOST_NEWS} things more"] if len(done) > MOST_NEWS else []
        told.append(f"{name} {_listed([*done[:MOST_NEWS], *more])}.")
    return " ".join(told)


def _called(entry: HistoryEntry, me: str) -> str:
    return "You" if me and entry.actor == me else actor_name(entry)


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)


def _comment(entry: HistoryEntry) -> str:
    public = entry.changes.get("public", (None, True))[1]
    return "replied" if public else "wrote an internal note"


def _first_values(entry: HistoryEntry) -> list[str]:
    """What triage put a new ticket under, or whoever opened it."""
    return [
        f"{name} {_shown(name, entry.changes[name][1])} ({by})"
        for name in ("category", "priority")
        if name in entry.changes and (by := _decider(entry, name) or _chosen(entry, name))
    ]


def _chosen(entry: HistoryEntry, name: str) -> str:
    return "chosen" if entry.changes.get(f"{name}_source", ("", ""))[1] == Source.HUMAN else ""


def _edits(entry: HistoryEntry) -> list[str]:
    return [f"edited {words}" for name, words in TEXTS.items() if name in entry.changes]


def _changes(entry: HistoryEntry) -> list[str]:
    return _changed(entry, VALUES.keys() - (TONE if _edits(entry) else set()))


def _tone_of_new_text(entry: HistoryEntry) -> list[str]:
    """Whoever edits a text does not choose its mood."""
    return _changed(entry, TONE) if _edits(entry) else []


def _changed(entry: HistoryEntry, names: Collection[str]) -> list[str]:
    return [
        f"changed {words} from {_shown(name, old)} to {_shown(name, new)}{_by(entry, name)}"
        for name, words in VALUES.items()
        for old, new in [entry.changes.get(name, (None, None))]
        if name in entry.changes and name in names
    ]


def _confirmations(entry: HistoryEntry) -> list[str]:
    """A person who sends the value that stands already has confirmed it."""
    return [
        f"confirmed {name}"
        for name in ("category", "priority")
        if name not in entry.changes and _chosen(entry, name)
    ]


def _kept(entry: HistoryEntry) -> list[str]:
    """Triage looked again and came to the same value."""
    return [
        f"kept {name}{_by(entry, name)}"
        for name in ("category", "priority")
        if name not in entry.changes and f"{name}_source" in entry.changes and _by(entry, name)
    ]


def _by(entry: HistoryEntry, name: str) -> str:
    by = _decider(entry, name)
    return f" ({by})" if by else ""


def _decider(entry: HistoryEntry, name: str) -> str:
    """Which triage decided and how sure: "model, 91 % sure"; "" where none did."""
    by = DECIDERS.get(entry.changes.get(f"{name}_source", ("", ""))[1])
    sure = entry.changes.get(f"{name}_confidence", (None, None))[1]
    if by is None or sure is None:
        return by or ""
    return f"{by}, {wording.sure(sure)}"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "nobody" if name == "assignee" else "none"
    return str(value) if name in ("assignee", "requester_email") else str(value).replace("_", " ")
