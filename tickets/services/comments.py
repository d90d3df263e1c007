"""The conversation on a ticket: agents' replies and notes, requesters' replies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ..access.actors import REQUESTER, Actor
from ..exceptions import NotFound
from ..models.housekeeping import IdempotencyKey
from ..models.spam import is_blocked
from ..models.ticket import Comment, Ticket, digest
from ..models.workplace import TicketRead
from ..vocabulary import AuthorRole, Status
from .editing import audited, editing
from .mail import outbox
from .tickets import update_ticket

# The same reply sent twice within this time is one reply.
RESEND_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SentComment:
    """A stored comment, and the ticket if sending it resolved the ticket."""

    comment: Comment
    resolved: Ticket | None


def send_comment(ticket: Ticket, data: Mapping[str, Any], actor: Actor, key: str) -> SentComment:
    """Store what an agent wrote on a ticket's page, once per form `key` and content.

    With `data["resolve"]` the ticket is resolved in the same transaction.
    Raise NotFound if the ticket, or the comment that was stored before, is gone.
    """
    # Whether to resolve is not part of the content: only the answer may have been lost.
    fingerprint = digest(json.dumps([data["body"], data["public"]]))
    with audited(actor):
        name = digest(f"message\0{ticket.pk}\0{key}\0{fingerprint}")
        row = IdempotencyKey.claim(name, fingerprint)
        earlier = json.loads(row.answer or "{}")
        comment = _stored(earlier["comment"]) if earlier else add_comment(ticket, data, actor)
        resolved = None
        if data["resolve"] and not earlier.get("resolved"):
            edit = update_ticket(ticket.pk, {"status": Status.RESOLVED}, actor)
            resolved = edit.ticket if edit.is_new_version else None
        row.store(ticket, {"comment": comment.pk, "resolved": data["resolve"]})
    return SentComment(comment, resolved)


def _stored(comment_id: int) -> Comment:
    comment = Comment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise NotFound("This comment was sent before and has been deleted since.")
    return comment


def add_comment(ticket: Ticket, data: Mapping[str, Any], actor: Actor) -> Comment:
    """Add an agent's public reply (`data["public"]`) or internal note. Raise NotFound."""
    with editing(ticket.pk, actor) as edit:
        ticket = edit.ticket
        comment = Comment.objects.create(
            ticket=ticket,
            author=actor.user,
            author_role=AuthorRole.AGENT,
            body=data["body"],
            public=data.get("public", False),
        )
        ticket.last_activity_at = comment.created_at
        if comment.public:
            ticket.waiting_since = None
            if ticket.first_response_at is None:
                ticket.first_response_at = comment.created_at
                ticket.save(update_fields=["first_response_at"])
        if actor.user is not None:
            TicketRead.objects.mark_read(ticket, actor.user)
        outbox.comment_added(comment)
    return comment


def add_reply(ticket: Ticket, data: Mapping[str, Any]) -> Comment:
    """Add the requester's reply. A finished ticket opens again.

    A reply from a blocked address makes the ticket spam, and nothing tells the sender.
    The same reply sent twice, by two clicks or after a lost answer, is stored once.
    """
    with editing(ticket.pk, REQUESTER) as edit:
        ticket = edit.ticket
        if repeated := _repeated_reply(ticket, data["body"]):
            return repeated
        if ticket.is_finished:
            ticket.status = Status.OPEN
        if is_blocked(ticket.requester_email):
            ticket.spam = True
        comment = Comment.objects.create(
            ticket=ticket, author_role=AuthorRole.REQUESTER, body=data["body"], public=True
        )
        ticket.last_activity_at = comment.created_at
        ticket.waiting_since = ticket.waiting_since or comment.created_at
        ticket.snoozed_until = None
    return comment


def _repeated_reply(ticket: Ticket, body: str) -> Comment | None:
    """Return the conversation's latest comment if it is this reply, sent a moment ago."""
    latest = ticket.comments.filter(public=True).order_by("-created_at", "-pk").first()
    if latest is None or ticket.is_finished or latest.author_role != AuthorRole.REQUESTER:
        return None
    is_recent = latest.created_at > timezone.now() - RESEND_WINDOW
    return latest if is_recent and latest.body == body else None
