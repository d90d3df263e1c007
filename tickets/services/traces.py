"""Where texts of a ticket lie besides its own rows, and how they go from there.

The admin's log names tickets by their titles and messages by their subjects. A create that was
sent with an Idempotency-Key has its answer stored, which repeats the ticket. A message that became
a ticket, or was on one for a time, has events of the other ticket.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Concat

from ..audit.erasing import empty_events
from ..audit.trail import AuditContext, events_of
from ..models.attachments import Attachment
from ..models.housekeeping import IdempotencyKey
from ..models.incoming import InboundMessage
from ..models.ticket import Comment, Ticket
from ..vocabulary import ERASED_TEXT, ErasureKind

# What of a stored answer a person may have written, and what stands there instead.
ANSWER_TEXTS = {"title": ERASED_TEXT, "description": ERASED_TEXT, "requester_email": ""}


@dataclass(frozen=True, slots=True)
class Conversation:
    """The comments and files of some tickets.

    Also the comments that became one of them, and those that were there while it was merged.
    """

    ticket_ids: list[int]
    comment_ids: list[int]
    attachment_ids: list[UUID]


def conversation_of(ticket_ids: Collection[int]) -> Conversation:
    """Return what belongs to these tickets. Three queries, four if one was ever merged."""
    of_tickets = Q(ticket__in=ticket_ids) | Q(split_into__in=ticket_ids)
    comments = Comment.with_split.filter(of_tickets).values_list("pk", flat=True)
    attachments = Attachment.objects.filter(ticket__in=ticket_ids).values_list("pk", flat=True)
    return Conversation(
        list(ticket_ids), sorted({*comments, *moved_comments(ticket_ids)}), list(attachments)
    )


def moved_comments(ticket_ids: Collection[int]) -> set[int]:
    """Return the comments that came to another ticket with these, by their merge.

    The one that repeated a ticket's description was deleted when the merge was undone.
    """
    merges = events_of(Ticket).filter(pgh_obj_id__in=ticket_ids, pgh_label="merged")
    contexts = list(merges.values_list("pgh_context", flat=True))
    targets = {context["target"] for context in contexts if context["source"] in ticket_ids}
    if not targets:
        return set()
    moved = events_of(Comment).filter(ticket_id__in=targets, pgh_context__source__in=ticket_ids)
    return set(moved.values_list("pgh_obj_id", flat=True))


def empty_events_elsewhere(conversation: Conversation, context: AuditContext) -> None:
    """Empty the events of comments and files that other tickets have. Call it after the deletion.

    Up to three queries.
    """
    elsewhere = {
        *_other_tickets(Comment, conversation.comment_ids, conversation),
        *_other_tickets(Attachment, conversation.attachment_ids, conversation),
    }
    if elsewhere:
        empty_events(
            sorted(elsewhere),
            context,
            kind=ErasureKind.REDACTED,
            comment_ids=conversation.comment_ids,
            attachment_ids=conversation.attachment_ids,
        )


def _other_tickets(model: Any, ids: Collection[Any], conversation: Conversation) -> set[int]:
    if not ids:
        return set()
    events = model.pgh_event_model.objects.filter(pgh_obj_id__in=ids)
    events = events.exclude(ticket_id__in=conversation.ticket_ids)
    return set(events.values_list("ticket_id", flat=True))


def remove_traces(ticket_ids: Collection[int], message_ids: Collection[int]) -> None:
    """Take the texts of tickets and messages from the admin's log and from stored answers."""
    _rename_in_log(Ticket, ticket_ids, "#")
    _rename_in_log(InboundMessage, message_ids, "Message, number ")
    for row in IdempotencyKey.objects.filter(ticket__in=ticket_ids).exclude(answer=""):
        answer = json.loads(row.answer)
        row.answer = json.dumps(answer | {k: v for k, v in ANSWER_TEXTS.items() if k in answer})
        row.save(update_fields=["answer"])


def _rename_in_log(model: Any, ids: Collection[int], name: str) -> None:
    if not ids:
        return
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=[str(each) for each in ids],
    )
    entries.update(object_repr=Concat(Value(name), F("object_id"), output_field=CharField()))
