"""What an agent writes on a ticket's page.

A note is stored at once. A reply waits for REPLY_DELAY_SECONDS, in which its author can take it
back. It becomes a comment when it is sent, so until then it is no answer anywhere.
See docs/decisions/0023-replies-wait.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ..access.actors import AGENT_SCOPES, Actor, user_actor
from ..exceptions import AlreadySent, NotFound, UnreadMessages
from ..models.housekeeping import IdempotencyKey
from ..models.private_link import digest
from ..models.ticket import Comment, Ticket
from ..models.workplace import PendingReply
from ..vocabulary import AuthorRole, Status
from .attachments.attaching import attach
from .comments import add_comment
from .editing import TicketValue, audited, lock_current
from .jobs import defer
from .tickets import update_ticket
from .undo import undo


@dataclass(frozen=True, slots=True)
class SeenMessages:
    """What a page showed: the comments up to an id, and these waiting replies."""

    last_comment: int
    replies: Collection[int] = ()


@dataclass(slots=True)
class SentMessage:
    """What became of a message: a comment, or a reply that waits.

    `changed` is the ticket as taking or resolving it left it, None if neither changed anything.
    """

    comment: Comment | None = None
    pending: PendingReply | None = None
    changed: Ticket | None = None
    changes: set[str] = field(default_factory=set)  # the names of the values

    @property
    def ticket_id(self) -> int:
        message = self.pending or self.comment
        assert message is not None
        return message.ticket_id


def send_message(
    ticket: Ticket, data: Mapping[str, Any], actor: Actor, key: str, seen: SeenMessages | None
) -> SentMessage:
    """Store what an agent wrote on a ticket's page, once per form `key` and content.

    With `data["resolve"]` the ticket is resolved when the reply is sent. If the ticket is merged,
    the message goes to the one that it is part of, which stays as it is.
    Raise NotFound if the ticket, or the comment that was stored before, is gone, and
    UnreadMessages if a reply was written without having `seen` what others wrote. With
    `data["files"]`, call it inside `storing`.
    """
    # Whether to resolve is not part of the content: only the answer may have been lost.
    content = [data["body"], data["public"], *(file.sha256 for file in data.get("files", ()))]
    fingerprint = digest(json.dumps(content))
    with audited(actor):
        name = digest(f"message\0{ticket.pk}\0{key}\0{fingerprint}")
        row = IdempotencyKey.claim(name, fingerprint)
        current = lock_current(ticket.pk)
        is_here = current.pk == ticket.pk
        resolves = data["resolve"] and is_here
        earlier = json.loads(row.answer or "{}")
        sent = _sent_before(earlier)
        if sent is None:
            earlier = {}
            if not is_here or not data["public"]:
                seen = None
            if seen is not None and unseen_messages(current, seen, actor):
                raise UnreadMessages
            sent = _send(current, {**data, "resolve": resolves}, actor)
        elif resolves and not earlier["resolved"]:
            _resolve_as_well(current, sent, actor)
        row.store(
            current,
            {
                "comment": sent.comment.pk if sent.comment else None,
                "pending": sent.pending.pk if sent.pending else None,
                "resolved": resolves or earlier.get("resolved", False),
            },
        )
    return sent


def _sent_before(answer: Mapping[str, Any]) -> SentMessage | None:
    """Return what the form's earlier request stored. A reply that was taken back is nothing."""
    if not answer:
        return None
    comment_id = answer["comment"]
    pending = None
    if reply_id := answer.get("pending"):
        pending = PendingReply.objects.filter(pk=reply_id).first()
        if pending is not None and not pending.is_waiting and pending.comment_id is None:
            return None
        comment_id = pending.comment_id if pending else None
    if pending is not None and pending.is_waiting:
        return SentMessage(pending=pending)
    comment = Comment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise NotFound("This comment was sent before and has been deleted since.")
    return SentMessage(comment=comment)


def _send(ticket: Ticket, data: Mapping[str, Any], actor: Actor) -> SentMessage:
    if not data["public"]:
        return SentMessage(comment=add_comment(ticket, data, actor))
    delay = settings.REPLY_DELAY_SECONDS
    if not delay:
        return _send_at_once(ticket, data, actor)
    changes = _taking(ticket, actor, resolves=data["resolve"])
    now = timezone.now()
    sent = SentMessage(
        pending=PendingReply(
            ticket=ticket,
            author=actor.user,
            body=data["body"],
            resolve=data["resolve"],
            written_at=now,
            due_at=now + timedelta(seconds=delay),
        )
    )
    _change(ticket, sent, changes, actor)
    reply = sent.pending
    assert reply is not None
    reply.taken_in = sent.changed.version if sent.changed else None
    reply.save()
    attach(ticket, data.get("files", ()), pending_reply=reply)
    defer(send_reply, reply.due_at, reply_id=reply.pk, ticket_id=ticket.pk)
    return sent


def reply_at_once(ticket: Ticket, body: str, actor: Actor, written_at: datetime) -> Comment:
    """Send a reply that nobody can take back, since its writer sees no page. Raise NotFound.

    `written_at` as for `add_comment`.
    """
    with audited(actor):
        current = lock_current(ticket.pk)
        data = {"body": body, "public": True, "resolve": False}
        comment = _send_at_once(current, data, actor, written_at).comment
    assert comment is not None
    return comment


def _send_at_once(
    ticket: Ticket, data: Mapping[str, Any], actor: Actor, written_at: datetime | None = None
) -> SentMessage:
    changes = _taking(ticket, actor, resolves=data["resolve"])
    sent = SentMessage(comment=add_comment(ticket, data, actor, written_at=written_at))
    if data["resolve"]:
        changes["status"] = Status.RESOLVED
    _change(ticket, sent, changes, actor)
    return sent


def _taking(ticket: Ticket, actor: Actor, *, resolves: bool) -> dict[str, TicketValue]:
    """Return the changes by which a reply takes a ticket for its writer."""
    changes: dict[str, TicketValue] = {}
    if settings.REPLY_TAKES_TICKET:
        if ticket.assignee_id is None and actor.user is not None:
            changes["assignee"] = actor.user
        if ticket.status == Status.OPEN and not resolves:
            changes["status"] = Status.IN_PROGRESS
    return changes


def _change(
    ticket: Ticket, sent: SentMessage, changes: Mapping[str, TicketValue], actor: Actor
) -> None:
    if not changes:
        return
    edit = update_ticket(ticket.pk, changes, actor)
    if edit.is_new_version:
        sent.changed, sent.changes = edit.ticket, set(changes)


def _resolve_as_well(ticket: Ticket, sent: SentMessage, actor: Actor) -> None:
    """Resolve the ticket with a reply that was sent before without that."""
    if sent.pending is not None:
        sent.pending.resolve = True
        sent.pending.save(update_fields=["resolve"])
    else:
        _change(ticket, sent, {"status": Status.RESOLVED}, actor)


def unseen_messages(ticket: Ticket, seen: SeenMessages, actor: Actor) -> list[Any]:
    """Return what others wrote to or for the requester, and what the page did not show.

    These are Comments, then PendingReplies. Up to two queries.
    """
    sent = PendingReply.objects.filter(pk__in=seen.replies, comment__isnull=False)
    comments = ticket.comments.public_by_others(actor.user).filter(pk__gt=seen.last_comment)
    waiting = PendingReply.objects.of(ticket).waiting().exclude(pk__in=seen.replies)
    if actor.user is not None:
        waiting = waiting.exclude(author=actor.user)
    return [*comments.exclude(pk__in=sent.values("comment")), *waiting]


def take_back(reply_id: int, actor: Actor) -> PendingReply:
    """Take a waiting reply back, and undo that it took the ticket, unless that is merged by now.

    Raise AlreadySent, and NotFound if there is no such reply by this actor.
    """
    ticket_id = _own_reply(reply_id, actor).ticket_id
    with audited(actor):
        is_here = lock_current(ticket_id).pk == ticket_id
        reply = _own_reply(reply_id, actor)
        if reply.comment_id is not None:
            raise AlreadySent
        if reply.is_waiting:
            reply.due_at = None
            reply.save(update_fields=["due_at"])
            if reply.taken_in is not None and is_here:
                undo([(ticket_id, reply.taken_in)], actor)
    return reply


def reply_token(reply: PendingReply) -> str:
    """Name a waiting reply for an UndoForm, as `undo_token` names a change."""
    return f"reply:{reply.pk}"


def _own_reply(reply_id: int, actor: Actor) -> PendingReply:
    reply = PendingReply.objects.filter(pk=reply_id, author=actor.user).first()
    if reply is None:
        raise NotFound("There is no such reply.")
    return reply


def send_due_replies(ticket: Ticket) -> bool:
    """Send the ticket's replies that are due; return whether there were any.

    A job does the same. Whoever reads the conversation does not wait for it.
    """
    due = list(PendingReply.objects.of(ticket).due())
    for reply in due:
        _send_reply(reply.pk, reply.ticket_id)
    return bool(due)


def _send_reply(reply_id: int, ticket_id: int) -> None:
    """Make a due reply a comment, and resolve the ticket if it should. Twice does no harm."""
    reply = PendingReply.objects.filter(pk=reply_id).select_related("author").first()
    if reply is None:
        return
    author = reply.author
    actor = user_actor(author) if author else Actor("anonymous", AGENT_SCOPES)
    with audited(actor):
        ticket = lock_current(ticket_id)
        reply = PendingReply.objects.due().filter(pk=reply_id).first()
        if reply is None:
            return
        data = {"body": reply.body, "public": True}
        reply.comment = add_comment(ticket, data, actor, written_at=reply.written_at)
        reply.attachments.update(comment=reply.comment, ticket=ticket, pending_reply=None)
        # A ticket that this one was merged into since is not resolved.
        resolves = reply.resolve and ticket.pk == ticket_id
        if resolves and not ticket.is_finished and not _is_answered_back(reply):
            edit = update_ticket(ticket_id, {"status": Status.RESOLVED}, actor)
            reply.resolved_in = edit.ticket.version
        reply.save(update_fields=["comment", "resolved_in"])


def _is_answered_back(reply: PendingReply) -> bool:
    """Return whether the requester has written since: resolving would hide that."""
    messages = reply.ticket.comments.filter(author_role=AuthorRole.REQUESTER)
    return bool(messages.filter(created_at__gt=reply.written_at).exists())


# --- job --------------------------------------------------------------------------------


@app.task(queue="replies", retry=RetryStrategy(max_attempts=12, exponential_wait=2))
def send_reply(reply_id: int, ticket_id: int) -> None:
    """Send a reply once it has waited."""
    try:
        _send_reply(reply_id, ticket_id)
    except NotFound:
        return  # the ticket was deleted
