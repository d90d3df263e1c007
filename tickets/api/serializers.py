"""Rows and triage results as the shapes of `shapes.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..audit.trail import AuditEntry
from ..models.attachments import Attachment
from ..models.incoming import InboundMessage
from ..models.ticket import Comment, Ticket
from ..querysets.figures import TriageFigures, optional_rfc3339, rfc3339
from ..triage.results import Classification, Evidence, SuggestedTitle
from .shapes import (
    AttachmentJson,
    CommentJson,
    DecisionJson,
    EvidenceJson,
    HistoryEntryJson,
    PublicTicketJson,
    ReceivedMessageJson,
    SuggestionJson,
    TicketJson,
    TitleSuggestionJson,
    TriageReportJson,
)


def public_ticket(ticket: Ticket) -> PublicTicketJson:
    """Return what every caller may see of a ticket."""
    return {
        "id": ticket.pk,
        "title": ticket.title,
        "description": ticket.description,
        "category": ticket.category,
        "priority": ticket.priority,
        "status": ticket.status,
        "sentiment": ticket.sentiment,
        "urgency_score": ticket.urgency_score,
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "triage": {
            "category": decision(ticket, "category"),
            "priority": decision(ticket, "priority"),
            "tone": decision(ticket, "sentiment"),
        },
        "version": ticket.version,
        "created_at": rfc3339(ticket.created_at),
        "updated_at": rfc3339(ticket.updated_at),
    }


def ticket(ticket: Ticket, *, unread: bool) -> TicketJson:
    """Return a ticket as agents see it. `unread` is about the account that asks."""
    return {
        **public_ticket(ticket),
        "requester_email": ticket.requester_email or None,
        "waiting_for": ticket.waiting_for,
        "waiting_since": optional_rfc3339(ticket.waiting_since),
        "last_activity_at": rfc3339(ticket.last_activity_at),
        "snoozed_until": optional_rfc3339(ticket.snoozed_until),
        "spam": ticket.spam,
        "unread": unread,
        "merged_into": ticket.merged_into_id,
    }


def decision(ticket: Ticket, name: str) -> DecisionJson:
    source, confidence = ticket.decision(name)
    return {"source": source, "confidence": confidence}


def comment(comment: Comment) -> CommentJson:
    return {
        "id": comment.pk,
        "author": comment.author.get_username() if comment.author else None,
        "author_role": comment.author_role,
        "body": comment.body,
        "public": comment.public,
        "created_at": rfc3339(comment.created_at),
    }


def attachment(attachment: Attachment, ticket_url: str, *, public: bool) -> AttachmentJson:
    """Return a file. `ticket_url` is the address of its ticket in the API."""
    file = attachment.file
    return {
        "uuid": str(attachment.pk),
        "name": attachment.name,
        "size": file.size,
        "sha256": file.sha256,
        "type": file.type,
        "comment": attachment.comment_id,
        "public": public,
        "state": file.scan_state,
        "url": f"{ticket_url}attachments/{attachment.pk}/",
        "created_at": rfc3339(attachment.created_at),
    }


# The published names of renamed columns.
PUBLISHED_NAMES = {
    "sentiment_source": "tone_source",
    "sentiment_confidence": "tone_confidence",
}


def history_entry(entry: AuditEntry) -> HistoryEntryJson:
    return {
        "ticket": entry.ticket_id,
        "at": rfc3339(entry.at),
        "actor": entry.actor,
        "event": entry.event,
        "changes": {
            PUBLISHED_NAMES.get(field, field): list(change)
            for field, change in entry.changes.items()
        },
    }


def suggestion(classification: Classification, suggestion_id: str) -> SuggestionJson:
    evidence = classification.evidence
    return {
        "suggested_category": classification.category,
        "suggested_priority": classification.priority,
        "source": classification.source,
        "confidence": {
            "category": classification.category_confidence,
            "priority": classification.priority_confidence,
        },
        "evidence": {
            "category": _evidence(item for item in evidence if item.decides == "category"),
            "priority": _evidence(item for item in evidence if item.decides == "priority"),
        },
        "suggestion_id": suggestion_id,
    }


def _evidence(items: Iterable[Evidence]) -> list[EvidenceJson]:
    return [
        {"field": item.field, "text": item.text, "start": item.start, "end": item.end}
        for item in items
    ]


def title_suggestion(title: SuggestedTitle) -> TitleSuggestionJson:
    return {"suggested_title": title.title, "source": title.source}


def triage_report(
    figures: TriageFigures, since: datetime | None, until: datetime | None
) -> TriageReportJson:
    return {
        **figures,
        "since": optional_rfc3339(since),
        "until": optional_rfc3339(until),
    }


def received_message_json(message: InboundMessage) -> ReceivedMessageJson:
    """Return what became of a message. What is not known yet is None."""
    return {
        "id": message.pk,
        "state": message.state,
        "kind": message.kind or None,
        "ticket": message.ticket_id,
        "rule": message.rule or None,
        "sender": message.sender or None,
        "verified": message.verified or None,
        "explanation": message.explanation,
    }
