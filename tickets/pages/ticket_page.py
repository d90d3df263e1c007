"""What a ticket's page shows: the ticket, predictions, similar tickets and the audit trail."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ..access.actors import Actor
from ..audit.trail import AuditEntry, audit_trail
from ..forms.snooze import SnoozeForm
from ..models.mail import Email
from ..models.spam import is_blocked
from ..models.ticket import Comment, StoredEvidence, Ticket, stored_evidence
from ..models.workplace import AgentProfile, PendingReply
from ..querysets.search.grammar import exact_requester
from ..services.link_holders import unproven_of
from ..services.mentions import agents_by_name
from ..services.merging import may_merge, merges_into
from ..services.relations import related_tickets
from ..services.replies import reply_token
from ..services.triage.similar import similar_tickets
from ..vocabulary import WRITABLE_FIELDS, AuditEvent, AuthorRole, LearnedField, MailState, Source
from .audit_text import actor_name, noteworthy
from .files import AgentFiles
from .mailed import Mailed, mailed, people
from .shortcuts import CATEGORY, HELP, PRIORITY, UNDO, shortcut, value_shortcut
from .ticket_parts import TicketParts

MAX_SIMILAR = 3  # finished tickets, and as many active ones
VISIBLE_COMMENTS = 5  # the latest ones; the middle of a long conversation is folded
MIN_FOLDED = 3
MAX_REQUESTER_TICKETS = 5
MAX_COUNTED = 100  # tickets of a requester
MAX_EMAILS = 3
VISIBLE_ENTRIES = 8  # of the audit trail, the newest; the others unfold
SHORTCUTS = (
    shortcut("y", "accept", "Accept the suggested category and priority"),
    CATEGORY,
    PRIORITY,
    shortcut("m", "assign", "Assign to me"),
    shortcut("s", "status", "Status"),
    value_shortcut("write", {"reply": "r"}, "Write a reply"),
    value_shortcut("write", {"note": "n"}, "Write an internal note"),
    shortcut(";", "replies", "Insert a saved reply"),
    shortcut("Ctrl+Enter", "", "Send the reply, or add the note"),
    shortcut("Ctrl+Shift+Enter", "", "Send the reply and resolve the ticket"),
    shortcut("e", "edit", "Edit the text"),
    shortcut("h", "snooze", "Snooze"),
    shortcut("j", "next", "Next ticket of the list"),
    shortcut("k", "previous", "Previous ticket of the list"),
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
    evidence: StoredEvidence
    is_current: bool  # the ticket has this value
    is_decided: bool  # a person has chosen the ticket's value


@dataclass(frozen=True)
class ShownSimilar:
    ticket: Ticket
    possibly_same: bool
    reply: Comment | None  # the last public one to a finished ticket


@dataclass(frozen=True)
class WaitingReply:
    """A reply that the requester does not see yet. `seconds` remain until it is sent."""

    reply: PendingReply
    seconds: float
    is_own: bool
    token: str  # for Undo


def _pending_reply(reply: PendingReply, actor: Actor) -> WaitingReply:
    assert reply.due_at is not None
    seconds = max(0.0, round((reply.due_at - timezone.now()).total_seconds(), 1))
    return WaitingReply(reply, seconds, reply.author == actor.user, reply_token(reply))


def _conversation(
    comments: list[Comment], actor: Actor, read_until: datetime | None
) -> dict[str, Any]:
    """Return the comments that are shown, those that are folded, and the first unread one's id.

    What is unread is never folded, unless the account has never opened the ticket.
    """
    unread = None
    if actor.user is not None:
        new = (each for each in comments if read_until and each.created_at > read_until)
        unread = next((each for each in new if each.author_id != actor.user.pk), None)
    start = len(comments) - VISIBLE_COMMENTS
    if unread is not None:
        start = min(start, comments.index(unread) - 1)
    if start < MIN_FOLDED:
        start = 0
    return {
        "folded": comments[:start],
        "comments": comments[start:],
        "unread": unread.pk if unread else None,
    }


def _is_answered(
    ticket: Ticket, comments: Sequence[Comment], pending: Sequence[PendingReply], actor: Actor
) -> bool:
    """Return whether this agent has nothing more to do: they have replied, or it is finished."""
    if pending:
        return any(reply.author == actor.user for reply in pending)
    if ticket.is_finished or not comments:
        return ticket.is_finished
    last = comments[-1]
    is_reply = last.public and last.author_role == AuthorRole.AGENT
    return is_reply and last.author == actor.user


def context(ticket: Ticket, actor: Actor, parts: TicketParts) -> dict[str, Any]:
    """Return the template's context, without forms and without what only a whole page loads."""
    portion = ticket.comments.with_origin().portion()
    comments = portion.messages
    replies = PendingReply.objects.of(ticket).waiting().select_related("author__agent_profile")
    pending = list(replies) if "pending" in parts else []
    notes = " ".join(comment.body for comment in comments if not comment.public)
    entries = noteworthy(audit_trail(ticket, _lacking(parts)))
    predictions = ticket.deciding_predictions()
    suggestions = suggested_values(ticket, predictions)
    return {
        "ticket": ticket,
        "portion": portion,
        **_conversation(comments, actor, parts.read_until),
        "mailed": mailed(ticket, portion) if "messages" in parts else Mailed(),
        "files": AgentFiles(ticket, is_empty="files" not in parts),
        **people(ticket, parts),
        "related": related_tickets(ticket) if "links" in parts or "merged" in parts else [],
        "merges": merges_into(ticket) if "merged" in parts else [],
        "emails": latest_emails(ticket) if "emails" in parts else [],
        "last_comment": max((comment.pk for comment in comments), default=0),
        "pending": [_pending_reply(reply, actor) for reply in pending],
        "seen_replies": ",".join(str(reply.pk) for reply in pending),
        "is_answered": _is_answered(ticket, comments, pending, actor),
        "older_entries": entries[:-VISIBLE_ENTRIES],
        "entries": entries[-VISIBLE_ENTRIES:],
        "evidence": ticket.evidence(predictions),
        "suggestions": suggestions,
        "acceptable": acceptable_values(ticket, suggestions),
        "mentionable": agents_by_name(notes),
        "profile": AgentProfile.of(actor.user) if actor.user else None,
        "me": actor.user.get_username() if actor.user else "",
        "form_key": secrets.token_urlsafe(16),
        "shortcuts": SHORTCUTS,
        "set_by": set_by(ticket, entries),
        "snooze_choices": SnoozeForm.PRESETS,
        "is_blocked": ticket.spam and is_blocked(ticket.requester_email),
        "requester_tickets": requester_tickets(ticket),
    }


def earlier_context(ticket: Ticket, until: int) -> dict[str, Any]:
    """Return what a page of earlier messages shows: the newest of the first `until`."""
    portion = ticket.comments.with_origin().portion(until)
    notes = " ".join(comment.body for comment in portion.messages if not comment.public)
    return {
        "ticket": ticket,
        "portion": portion,
        "mailed": mailed(ticket, portion),
        "files": AgentFiles(ticket),
        "mentionable": agents_by_name(notes),
    }


def set_by(ticket: Ticket, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Say who set each value that a person decided: {"status": "Set by maria"}.

    After an Undo it is who had set it before.
    """
    undecided = {*LearnedField.values} - {*ticket.decided_by(Source.HUMAN)}
    names = [name for name in WRITABLE_FIELDS if name not in undecided]
    texts: dict[str, str] = {}
    before: dict[int, dict[str, str]] = {}  # the texts before each version
    for entry in (each for each in entries if each.ticket_id == ticket.pk):
        before.setdefault(entry.version, dict(texts))
        for name in names:
            is_set = name in entry.changes and entry.event == AuditEvent.CHANGED
            if not is_set and f"{name}_source" not in entry.changes:
                continue
            if entry.undoes is not None:
                texts[name] = before.get(entry.undoes, {}).get(name, "")
            else:
                verb = "Set" if name in entry.changes else "Confirmed"
                actor = actor_name(entry)
                within_sentence = actor if entry.by_account else actor[0].lower() + actor[1:]
                texts[name] = f"{verb} by {within_sentence}"
    return texts


def _lacking(parts: TicketParts) -> set[str]:
    """Return what the audit trail lacks. A merged ticket may have anything."""
    if "merged" in parts:
        return set()
    recorded = {"participants": "participant_events", "files": "file_events"}
    return {"merged", *(name for name, part in recorded.items() if part not in parts)}


# Nothing to tell about a participant's copy.
UNREMARKABLE = (MailState.WAITING, MailState.SENDING, MailState.SENT, MailState.PRINTED)


def latest_emails(ticket: Ticket) -> list[Email]:
    """Return the latest emails about the conversation, newest first. One query.

    Copies to participants are among them only if something went wrong.
    """
    is_copy = Q(participant__isnull=False, state__in=UNREMARKABLE)
    emails = ticket.emails.filter(recipient=None).exclude(is_copy).select_related("participant")
    return list(emails.order_by("-pk")[:MAX_EMAILS])


def suggested_values(ticket: Ticket, predictions: Iterable[Any]) -> dict[str, SuggestedValue]:
    """Return the latest of these predictions of category and of priority.

    They are the ticket's deciding ones, the newest first.
    """
    decided = ticket.decided_by(Source.HUMAN)
    suggestions: dict[str, SuggestedValue] = {}
    for row in (each for each in predictions if each.field in LearnedField.values):
        suggestion = SuggestedValue(
            value=row.value,
            confidence=row.confidence,
            evidence=stored_evidence(row),
            is_current=row.value == getattr(ticket, row.field),
            is_decided=row.field in decided,
        )
        suggestions.setdefault(row.field, suggestion)
    return suggestions


def acceptable_values(ticket: Ticket, suggestions: Mapping[str, SuggestedValue]) -> dict[str, str]:
    """Return the values that "Accept" confirms: those that no person has decided yet."""
    return {
        name: suggestions[name].value if name in suggestions else str(getattr(ticket, name))
        for name in LearnedField.values
        if name not in ticket.decided_by(Source.HUMAN)
    }


@dataclass(frozen=True)
class RequesterTickets:
    """The newest other tickets of a ticket's requester.

    `count` includes all, and this one, up to MAX_COUNTED. It is 0 if all are among `tickets`.
    """

    tickets: list[Ticket]
    count: int
    has_more: bool  # than were counted
    search: str  # finds all of them


def requester_tickets(ticket: Ticket) -> RequesterTickets:
    """Return what else this address has asked. Up to two queries, by an index."""
    address = ticket.requester_email
    rows = Ticket.objects.others_of_requester(ticket, MAX_REQUESTER_TICKETS + 1)
    has_more = len(rows) > MAX_REQUESTER_TICKETS
    every = Ticket.objects.requested_from(address).order_by()
    count = every[: MAX_COUNTED + 1].count() if has_more else 0
    return RequesterTickets(
        rows[:MAX_REQUESTER_TICKETS],
        min(count, MAX_COUNTED),
        has_more=count > MAX_COUNTED,
        search=exact_requester(address),
    )


def twin_context(ticket: Ticket, parts: TicketParts) -> dict[str, Any]:
    """Return the `twin`, a ticket that is possibly the same, which an unfinished ticket names.

    `may_merge` says whether it can become one with it, `unproven` of which of the two nobody has
    proven the address. No query if there is none, else up to one and those of `unproven_of`.
    """
    is_open = not ticket.is_finished and not ticket.spam
    twin = Ticket.objects.filter(pk=parts.twin).first() if parts.twin and is_open else None
    if twin is None or not may_merge(ticket, twin):
        return {"twin": twin, "may_merge": False}
    return {"twin": twin, "may_merge": True, "unproven": unproven_of([ticket, twin])}


def similar_context(ticket: Ticket) -> dict[str, Any]:
    """Return tickets about the same thing: finished ones with their answers, then active ones."""
    tickets = similar_tickets(ticket, MAX_SIMILAR)
    finished = [each.ticket.pk for each in tickets if each.ticket.is_finished]
    replies = Comment.objects.last_public_replies(finished)
    similar = [
        ShownSimilar(each.ticket, each.possibly_same, replies.get(each.ticket.pk))
        for each in tickets
    ]
    return {"ticket": ticket, "similar": similar}
