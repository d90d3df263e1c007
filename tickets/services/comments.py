"""The conversation on a ticket: agents' replies and notes, requesters' replies.

What an agent writes on a page comes through `replies.py`, where a reply waits first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from .. import transactions
from ..access.actors import REQUESTER, Actor
from ..files.received import NewFile
from ..models.spam import is_blocked
from ..models.ticket import Comment, Ticket
from ..models.workplace import TicketRead
from ..vocabulary import AuthorRole, Status
from .attachments.attaching import attach
from .editing import editing_current
from .mail import notifications, outbox

# The same reply sent twice within this time is one reply.
RESEND_WINDOW = timedelta(minutes=10)


def add_comment(
    ticket: Ticket, data: Mapping[str, Any], actor: Actor, *, written_at: datetime | None = None
) -> Comment:
    """Add an agent's public reply (`data["public"]`) or internal note.

    It goes to the ticket that this one is merged into, if it is. `written_at` is when a reply was
    written that had to wait, or came by mail. It neither answers nor shows as read what came
    since. With `data["files"]`, call it inside `storing`. Raise NotFound.
    """
    with editing_current(ticket.pk, actor) as edit:
        ticket = edit.ticket
        later = Comment.objects.none()
        if written_at is not None:
            later = ticket.comments.filter(created_at__gt=written_at)
        is_overtaken = later.exists()
        unanswered_since = later.filter(author_role=AuthorRole.REQUESTER).came_first_at()
        comment = Comment.objects.create(
            ticket=ticket,
            author=actor.user,
            author_role=AuthorRole.AGENT,
            body=data["body"],
            public=data.get("public", False),
        )
        attach(ticket, data.get("files", ()), comment=comment)
        ticket.last_activity_at = comment.created_at
        if comment.public:
            ticket.waiting_since = unanswered_since
            if ticket.first_response_at is None:
                ticket.first_response_at = comment.created_at
                transactions.update(ticket, ["first_response_at"])
        if actor.user is not None and not is_overtaken:
            TicketRead.objects.mark_read(ticket, actor.user)
        outbox.comment_added(comment)
        notifications.tell_of_comment(comment, actor)
    return comment


def add_reply(
    ticket: Ticket, data: Mapping[str, Any], *, received_at: datetime | None = None
) -> Comment:
    """Add the reply of the requester, or of a participant. A finished ticket opens again.

    A reply from a blocked address makes the ticket spam, and nothing tells the sender.
    The same reply sent twice, by two clicks or after a lost answer, is stored once. `received_at`
    is when one came by mail: each message is one of its own, and the ticket waits for us since
    then. It goes to the ticket that this one is merged into, if it is. With `data["files"]`, call
    it inside `storing`.
    """
    files = data.get("files", ())
    with editing_current(ticket.pk, REQUESTER) as edit:
        ticket = edit.ticket
        if received_at is None and (repeated := _repeated_reply(ticket, data["body"], files)):
            return repeated
        if ticket.is_finished:
            ticket.status = Status.OPEN
        if is_blocked(ticket.requester_email):
            ticket.spam = True
        comment = Comment.objects.create(
            ticket=ticket, author_role=AuthorRole.REQUESTER, body=data["body"], public=True
        )
        attach(ticket, files, comment=comment)
        ticket.last_activity_at = comment.created_at
        ticket.waiting_since = ticket.waiting_since or received_at or comment.created_at
        ticket.snoozed_until = None
        notifications.tell_of_comment(comment, REQUESTER)
    return comment


def close_by_requester(ticket: Ticket) -> Ticket:
    """Close a requester's own ticket; a finished one stays as it is. Raise NotFound.

    The next message reopens it. The requester gets no email about it. If the ticket is merged, the
    one that it is part of is closed.
    """
    with editing_current(ticket.pk, REQUESTER) as edit:
        if not edit.ticket.is_finished:
            edit.ticket.status = Status.CLOSED
    return edit.ticket


def _repeated_reply(ticket: Ticket, body: str, files: Iterable[NewFile]) -> Comment | None:
    """Return the conversation's latest comment if it is this reply, sent a moment ago."""
    latest = ticket.comments.filter(public=True).order_by("-created_at", "-pk").first()
    if latest is None or ticket.is_finished or latest.author_role != AuthorRole.REQUESTER:
        return None
    is_recent = latest.created_at > timezone.now() - RESEND_WINDOW
    if not is_recent or latest.body != body:
        return None
    stored = latest.attachments.values_list("file__sha256", flat=True)
    return latest if sorted(stored) == sorted(file.sha256 for file in files) else None
