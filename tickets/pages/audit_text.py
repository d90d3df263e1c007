"""The audit trail as people read it. Uses no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from ..audit.trail import AuditEntry
from ..triage.offline import lexicon_scores
from ..vocabulary import (
    ENUMERATED_FIELDS,
    TEXT_FIELDS,
    WRITABLE_FIELDS,
    AuditEvent,
    LearnedField,
    Source,
)
from ..web import times, wording

# Fields shown with their old and new values, in this order. A text is only "edited".
OTHER_NAMES = {"requester_email": "requester's email", "urgency_score": "urgency"}
VALUE_NAMES = {
    name: OTHER_NAMES.get(name, name.replace("_", " "))
    for name in (
        *("status", "category", "priority", "assignee"),
        *(name for name in WRITABLE_FIELDS if name not in (*TEXT_FIELDS, "spam")),
        *("sentiment", "urgency_score"),
    )
}
SENTIMENT_FIELDS = frozenset({"sentiment", "urgency_score"})
TEXT_NAMES = {"title": "the title", "description": "the description"}
EVENT_TEXTS: dict[str, str] = {
    AuditEvent.DELETED: "deleted the ticket",
    AuditEvent.COMMENT_CHANGED: "edited a message",
    AuditEvent.COMMENT_DELETED: "deleted a message",
    AuditEvent.LINK_SENT: "sent the private link to the requester",
    AuditEvent.LINK_REVOKED: "revoked the private link",
    AuditEvent.ADDRESS_BLOCKED: "blocked the requester's address",
    AuditEvent.ADDRESS_UNBLOCKED: "unblocked the requester's address",
    AuditEvent.MESSAGE_HELD: "held a message that came by mail",
    AuditEvent.MESSAGE_DISCARDED: "discarded a message that came by mail",
    AuditEvent.MAIL_RETURNED: "noted that an email came back",
    AuditEvent.ERASED: "erased all texts, files and addresses",
    AuditEvent.REDACTED: "redacted a text",
}
PARTICIPANT_TEXTS = {
    AuditEvent.PARTICIPANT_ADDED: "added {} to the conversation",
    AuditEvent.PARTICIPANT_REMOVED: "removed {} from the conversation",
}
# What was done with another ticket, whose number is filled in.
RELATION_TEXTS: dict[str, dict[str, str]] = {
    AuditEvent.MERGED: {
        "merged_into": "merged this into #{}",
        "merged": "merged #{} into this ticket",
    },
    AuditEvent.UNMERGED: {
        "merged_into": "undid the merge into #{}",
        "merged": "undid the merge of #{}",
    },
    AuditEvent.LINKED: {"related": "linked this to #{}"},
    AuditEvent.UNLINKED: {"related": "removed the link to #{}"},
    AuditEvent.SPLIT: {
        "split_into": "moved a message to the new ticket #{}",
        "split_from": "made this from a message on #{}",
    },
}
ACTOR_NAMES = {
    "requester": "The requester",
    "triage": "Triage",
    "anonymous": "An anonymous agent",
    "system": "The system",
}
BLOCKED = "wrote from a blocked address, so it is spam"
TRAPPED = "filled in a field that people do not see, so it is spam"
MAX_SUMMARY_ACTIONS = 4  # per person


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did, worded to follow their name.

    `is_side_effect` means that triage did it, because of what they did.
    """

    text: str
    is_side_effect: bool = False


def actor_name(entry: AuditEntry) -> str:
    """Return who did it. A change outside this program has no known actor."""
    if entry.by_account or not entry.actor:
        return entry.actor or "Somebody outside this program"
    return ACTOR_NAMES.get(entry.actor, entry.actor)


def actions(entry: AuditEntry) -> list[Action]:
    """Return what the entry's actor did, one action per value."""
    match entry.event:
        case AuditEvent.CREATED:
            reason = TRAPPED if entry.is_trapped else BLOCKED
            spam = [reason] if _is_spam(entry) else []
            return [Action("opened the ticket"), *map(Action, [*_first_values(entry), *spam])]
        case AuditEvent.COMMENT_CREATED:
            is_public = entry.changes.get("public", (None, True))[1]
            return [Action("replied" if is_public else "added an internal note")]
        case AuditEvent.FILE_ATTACHED:
            return [Action(f"attached \u201c{entry.changes['name'][1]}\u201d")]
        case AuditEvent.CHANGED:
            return list(_changes(entry)) or [Action("updated the ticket")]
        case _ if "participant" in entry.changes:
            return [Action(_participation(entry))]
    for name, text in RELATION_TEXTS.get(entry.event, {}).items():
        if name in entry.changes:
            old, new = entry.changes[name]
            return [Action(text.format(new or old))]
    return [Action(EVENT_TEXTS.get(entry.event, f"did: {entry.event}"))]


def _participation(entry: AuditEntry) -> str:
    old, new = entry.changes["participant"]
    if entry.event in PARTICIPANT_TEXTS:
        return PARTICIPANT_TEXTS[AuditEvent(entry.event)].format(new or old)
    verb = "resumed" if entry.changes["is_active"][1] else "stopped"
    return f"{verb} public replies to {new}"


def noteworthy(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """Leave out what triage changed without effect: the urgency within the band of a priority."""
    notable = []
    for entry in entries:
        if _is_by_triage(entry):
            changes = {
                name: change
                for name, change in entry.changes.items()
                if name != "urgency_score" or _crosses_border(*change)
            }
            entry = replace(entry, changes=changes)
            if not any(_changes(entry)):
                continue
        notable.append(entry)
    return notable


def texts(entry: AuditEntry) -> list[str]:
    """Return the actions as texts, triage's side effects with "triage" before them."""
    return [f"triage {each.text}" if each.is_side_effect else each.text for each in actions(entry)]


def sentence(entry: AuditEntry) -> str:
    """Return the entry in one sentence, without a full stop."""
    return f"{actor_name(entry)} {', '.join(texts(entry))}"


def summary(entries: Iterable[AuditEntry], me: str = "") -> str:
    """Return one sentence per person: "maria changed status from open to closed."

    `me` is the reader's name, who is called "You". Triage's side effects are left out.
    """
    sentences = []
    for name, group in groupby(noteworthy(entries), key=lambda entry: _name_for(entry, me)):
        own = [each.text for entry in group for each in actions(entry) if not each.is_side_effect]
        extra = len(own) - MAX_SUMMARY_ACTIONS
        more = [f"made {wording.plural(extra, 'more change')}"] if extra > 0 else []
        sentences.append(f"{name} {_joined([*own[:MAX_SUMMARY_ACTIONS], *more])}.")
    return " ".join(sentences)


def value_text(name: str, value: Any) -> str:
    """Return a field's value within a sentence."""
    if value in (None, ""):
        return "unassigned" if name == "assignee" else "none"
    if isinstance(value, datetime):
        return times.full_time(value)
    text = str(value)
    return text.replace("_", " ") if name in (*ENUMERATED_FIELDS, "sentiment") else text


def _name_for(entry: AuditEntry, me: str) -> str:
    return "You" if me and entry.actor == me else actor_name(entry)


def _joined(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)


def _first_values(entry: AuditEntry) -> Iterator[str]:
    """Yield a new ticket's category and priority, and who chose them."""
    for name in LearnedField.values:
        chosen = "chosen" if _is_chosen(entry, name) else ""
        if name in entry.changes and (decider := _triage(entry, name) or chosen):
            yield f"{name} {value_text(name, entry.changes[name][1])} ({decider})"


def _is_spam(entry: AuditEntry) -> bool:
    return bool(entry.changes.get("spam", (None, False))[1])


def _changes(entry: AuditEntry) -> Iterator[Action]:
    if "spam" in entry.changes:
        by_requester = entry.actor == "requester" and not entry.by_account
        marked_spam = BLOCKED if by_requester else "marked it as spam"
        yield Action(marked_spam if _is_spam(entry) else "marked it as not spam")
    edits = [f"edited {text}" for name, text in TEXT_NAMES.items() if name in entry.changes]
    yield from map(Action, edits)
    follows_edit = SENTIMENT_FIELDS if edits else frozenset()
    for text in _changed_values(entry, VALUE_NAMES.keys() - follows_edit):
        yield Action(text)
    for name in LearnedField.values:
        if name in entry.changes:
            continue
        if _is_chosen(entry, name):  # a person sent the value that it already had
            yield Action(f"confirmed {name}")
        elif f"{name}_source" in entry.changes and (decider := _triage(entry, name)):
            yield Action(f"kept {name} ({decider})")
    # Editing a text changes its sentiment, but the editor does not choose it.
    for text in _changed_values(entry, follows_edit):
        yield Action(text, is_side_effect=True)


def _changed_values(entry: AuditEntry, names: Collection[str]) -> Iterator[str]:
    for name, label in VALUE_NAMES.items():
        if name in entry.changes and name in names:
            old, new = (value_text(name, value) for value in entry.changes[name])
            decider = _triage(entry, name)
            yield f"changed {label} from {old} to {new}" + (f" ({decider})" if decider else "")


def _is_by_triage(entry: AuditEntry) -> bool:
    is_change = entry.event == AuditEvent.CHANGED
    return is_change and entry.actor == "triage" and not entry.by_account


def _crosses_border(old: int | None, new: int) -> bool:
    return old is None or lexicon_scores.priority(old) != lexicon_scores.priority(new)


def _is_chosen(entry: AuditEntry, name: str) -> bool:
    return bool(entry.changes.get(f"{name}_source", ("", ""))[1] == Source.HUMAN)


def _triage(entry: AuditEntry, name: str) -> str:
    """Return which triage decided: "model, 91% confident"; "" if none did."""
    source = entry.changes.get(f"{name}_source", (None, None))[1]
    confidence = entry.changes.get(f"{name}_confidence", (None, None))[1]
    return wording.triage_name(source, confidence) if source else ""
