"""Rows and suggestions as JSON values, in the shapes of `openapi.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ..audit.trail import AuditEntry
from ..models.ticket import Comment, Ticket
from ..triage.results import Classification, Evidence, SuggestedTitle


def ticket(ticket: Ticket, *, private: bool = True) -> dict[str, Any]:
    """A ticket; `private` adds what only agents may see."""
    return {
        "id": ticket.pk,
        "title": ticket.title,
        "description": ticket.description,
        "category": ticket.category,
        "priority": ticket.priority,
        "status": ticket.status,
        "sentiment": ticket.sentiment,
        "urgency_score": ticket.urgency_score,
        **({"requester_email": ticket.requester_email or None} if private else {}),
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "triage": ticket.triage,
        "version": ticket.version,
        "created_at": time(ticket.created_at),
        "updated_at": time(ticket.updated_at),
    }


# What an answer shows and nobody may send.
READ_ONLY = frozenset(
    {"id", "sentiment", "urgency_score", "triage", "version"}
    | {"created_at", "updated_at", "track_url"}
)
COMMENT_READ_ONLY = frozenset({"id", "author", "author_role", "created_at"})


def comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "author": comment.author.get_username() if comment.author else None,
        "author_role": comment.author_role,
        "body": comment.body,
        "public": comment.public,
        "created_at": time(comment.created_at),
    }


def history_entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": time(entry.at),
        "actor": entry.actor,
        "event": entry.event,
        "changes": {field: list(change) for field, change in entry.changes.items()},
    }


def classification(found: Classification, suggestion_id: str) -> dict[str, Any]:
    return {
        "suggested_category": found.category,
        "suggested_priority": found.priority,
        "source": found.source,
        "confidence": {
            "category": found.category_confidence,
            "priority": found.priority_confidence,
        },
        "evidence": {
            name: _evidence(item for item in found.evidence if item.decides == name)
            for name in ("category", "priority")
        },
        "suggestion_id": suggestion_id,
    }


def _evidence(items: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [
        {"field": item.field, "text": item.text, "start": item.start, "end": item.end}
        for item in items
    ]


def report(report: dict[str, Any]) -> dict[str, Any]:
    """The ledger's report, its bounds as times."""
    bounds = {name: report[name] and time(report[name]) for name in ("since", "until")}
    return report | bounds


def title(found: SuggestedTitle) -> dict[str, Any]:
    return {"suggested_title": found.title, "source": found.source}


def time(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
