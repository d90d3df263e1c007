"""Take a text of a conversation, or words of it, from wherever they are stored. There is no undo.

A text may be stored twice: a merged ticket's description is also the first of its comments on the
other ticket, and a comment that became a ticket is that ticket's description.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pghistory
from django.db.models import Q

from ...access.actors import Actor
from ...audit.erasing import empty_events
from ...exceptions import AuthenticationRequired, InvalidInput, NotFound
from ...models.attachments import Attachment
from ...models.incoming import MAX_SUBJECT_CHARS, InboundMessage
from ...models.ticket import Comment, Ticket
from ...models.triage import TicketMatch, TicketVector
from ...models.workplace import PendingReply
from ...querysets.attachments import of_description
from ...vocabulary import (
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    REDACTED_TEXT,
    ErasureKind,
    InboundKind,
    ThreadRule,
)
from ..attachments.deletion import delete_files
from ..editing import audited, editing, lock_relations
from ..jobs import defer
from ..traces import moved_comments, remove_traces
from ..triage.assessment import reassess

TICKET_TEXTS = ("title", "description")


def redact(
    ticket_id: int,
    comment_id: int | None,
    actor: Actor,
    *,
    part: str = "",
    everywhere: bool = False,
    deletes_files: bool = False,
) -> Ticket:
    """Replace a comment's text by REDACTED_TEXT; without a comment, that of the ticket.

    With `part`, only these words go, exactly as they are written; `everywhere` takes them from all
    texts of the conversation. With `deletes_files`, the text's files go too. Of the message
    that the text came with stays who sent it and when.
    Raise NotFound, TicketMerged, AuthenticationRequired in the open demo, and InvalidInput if the
    words are not in the text.
    """
    if not actor.known:
        raise AuthenticationRequired("Sign in to redact: nobody can undo it.")
    with audited(actor):
        lock_relations()
        with editing(ticket_id, actor) as edit:
            texts = _find(edit.ticket, comment_id, everywhere=everywhere and bool(part))
            _replace(texts, edit.ticket, part)
            edit.is_new_version = True
            if edit.ticket in texts.tickets:
                reassess(edit.ticket, ["sentiment"])
        messages = _replace_in_messages(texts, part)
        attachments = _delete_files(texts) if deletes_files else []
        numbers = [each.pk for each in texts.tickets]
        remove_traces(numbers, messages)
        context, kind = actor.audit_context(), ErasureKind.REDACTED
        comments = {each.pk for each in texts.comments} | moved_comments(numbers)
        if numbers:
            empty_events(numbers, context, kind=kind, fields=TICKET_TEXTS)
        if comments or attachments:
            empty_events(
                [edit.ticket.pk],
                context,
                kind=kind,
                comment_ids=sorted(comments),
                attachment_ids=attachments,
            )
        pghistory.create_event(edit.ticket, label="redacted")
    return edit.ticket


@dataclass(frozen=True, slots=True)
class _Texts:
    """What is redacted: title and description of tickets, and comments."""

    tickets: list[Ticket]
    comments: list[Comment]


def _find(ticket: Ticket, comment_id: int | None, *, everywhere: bool) -> _Texts:
    """Return a text with its copies, or all texts that are read on the ticket. Raise NotFound."""
    if everywhere:
        merged = Ticket.with_merged.select_for_update().filter(merged_into=ticket)
        tickets, chosen = [ticket, *merged], Q(ticket=ticket)
    elif comment_id is None:
        tickets, chosen = [ticket], Q(pk=None)
    else:
        comment = Comment.objects.filter(ticket=ticket, pk=comment_id).first()
        if comment is None:
            raise NotFound("This message no longer exists.")
        copied = comment.origin_id if comment.is_opening else comment.split_into_id
        tickets = list(Ticket.with_merged.select_for_update().filter(pk__in=[copied or 0]))
        chosen = Q(pk=comment.pk)
    copies = Q(origin__in=tickets, is_opening=True) | Q(split_into__in=tickets)
    comments = Comment.with_split.select_for_update(of=("self",)).filter(chosen | copies)
    return _Texts(tickets, list(comments.order_by("pk")))


def _replace(texts: _Texts, edited: Ticket, part: str) -> None:
    """Redact the rows; the edit saves its ticket. Raise InvalidInput if no text has the words."""
    before = [(each.title, each.description) for each in texts.tickets]
    bodies = [comment.body for comment in texts.comments]
    for ticket in texts.tickets:
        ticket.title = _redacted(ticket.title, part)[:MAX_TITLE_CHARS]
        ticket.description = _redacted(ticket.description, part)
    for comment in texts.comments:
        comment.body = _redacted(comment.body, part)
    after = [(each.title, each.description) for each in texts.tickets]
    if (before, bodies) == (after, [comment.body for comment in texts.comments]):
        raise InvalidInput(errors={"part": ["These words are not in the text."]})
    stored = [*(each.description for each in texts.tickets), *(c.body for c in texts.comments)]
    if any(len(text) > MAX_TEXT_CHARS for text in stored):
        raise InvalidInput(errors={"part": ["The text would become too long."]})
    for ticket in texts.tickets:
        if ticket != edited:
            ticket.save(update_fields=TICKET_TEXTS)
        ticket.predictions.exclude(evidence=[]).update(evidence=[])
    for comment in texts.comments:
        comment.save(update_fields=["body"])
        PendingReply.objects.filter(comment=comment).update(body=comment.body)
    of_tickets = Q(ticket__in=texts.tickets)
    TicketVector.objects.filter(of_tickets).delete()
    TicketMatch.objects.filter(of_tickets | Q(other__in=texts.tickets)).delete()


def _redacted(text: str, part: str) -> str:
    return text.replace(part, REDACTED_TEXT) if part else REDACTED_TEXT


def _replace_in_messages(texts: _Texts, part: str) -> list[int]:
    """Redact the messages that the texts came with. Return their ids."""
    opened = Q(ticket__in=texts.tickets, rule=ThreadRule.NEW)
    own = InboundMessage.objects.filter(opened | Q(comment__in=texts.comments))
    ids = own.exclude(message_id="").values_list("message_id", flat=True)
    copies = Q(kind=InboundKind.COPY, message_id__in=list(ids))
    messages = list(InboundMessage.objects.filter(Q(pk__in=own.values("pk")) | copies).defer("raw"))
    for message in messages:
        message.raw, message.folds = b"", []
        message.text = _redacted(message.text, part) if message.text else ""
        subject = message.subject.replace(part, REDACTED_TEXT) if part else ""
        message.subject = subject[:MAX_SUBJECT_CHARS]
        message.save(update_fields=["raw", "folds", "text", "subject"])
    return [message.pk for message in messages]


def _delete_files(texts: _Texts) -> list[UUID]:
    """Delete the files of the texts. Return which those were."""
    of_descriptions = Q(ticket__in=texts.tickets) & of_description()
    files = Attachment.objects.filter(of_descriptions | Q(comment__in=texts.comments))
    rows = list(files.values_list("pk", "file"))
    Attachment.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    if rows:
        defer(delete_files, file_ids=sorted({file for _, file in rows}))
    return [pk for pk, _ in rows]
