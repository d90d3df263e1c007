"""Take from a ticket what people wrote, and leave what statistics count."""

from __future__ import annotations

import pghistory
from django.db.models import Q
from django.utils import timezone

from ...access.actors import Actor
from ...audit.erasing import empty_events
from ...audit.trail import events_of
from ...exceptions import NotFound
from ...models.attachments import Attachment
from ...models.incoming import InboundMessage
from ...models.mail import Email
from ...models.participants import Participant
from ...models.relations import TicketMerge
from ...models.ticket import Comment, Ticket
from ...models.triage import Feedback, Prediction, TicketMatch, TicketVector
from ...models.workplace import PendingReply
from ...vocabulary import ERASED_TEXT, ErasureKind
from ..attachments.deletion import delete_files_after
from ..editing import audited, lock_relations
from ..mail.forgetting import forget_messages
from ..traces import Conversation, conversation_of, remove_traces
from ..triage.feedback import note_change

# Of a ticket's events, too.
EMPTIED = ("title", "description", "requester_email", "participants")


def empty_ticket(ticket_id: int, actor: Actor) -> list[int]:
    """Take texts, addresses, files and mail from a ticket, and from those merged with it.

    Their rows stay, with numbers, times, status, category and priority, so figures and counts are
    as before; so do the rows of the conversation. Nothing brings the rest back. Return the numbers
    of the tickets. Raise NotFound.
    """
    with audited(actor):
        lock_relations()
        tickets = _lock_all(ticket_id)
        numbers = [ticket.pk for ticket in tickets]
        conversation = conversation_of(numbers)
        attachments = set(conversation.attachment_ids)
        attachments |= set(
            events_of(Attachment).filter(ticket_id__in=numbers).values_list("pgh_obj_id", flat=True)
        )
        current = tickets[0]  # those merged into it have it in `merged_into`
        messages = forget_messages(current)
        InboundMessage.objects.filter(pk__in=messages).update(ticket=None, comment=None)
        remove_traces(numbers, messages)
        delete_files_after(current)
        _delete_parts(numbers)
        _empty_rows(conversation)
        for ticket in tickets:
            _empty(ticket)
        empty_events(
            numbers,
            actor.audit_context(),
            kind=ErasureKind.ERASED,
            fields=EMPTIED,
            comment_ids=conversation.comment_ids,
            attachment_ids=sorted(attachments),
        )
        for ticket in tickets:
            pghistory.create_event(ticket, label="erased")
    return numbers


def _lock_all(ticket_id: int) -> list[Ticket]:
    """Lock a ticket and all that are read with it. The one that they are read on comes first."""
    ticket = Ticket.with_merged.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    current = ticket.merged_into_id or ticket.pk
    rows = Ticket.with_merged.select_for_update().order_by("pk")
    tickets = list(rows.filter(Q(pk=current) | Q(merged_into=current)))
    return sorted(tickets, key=lambda each: each.pk != current)


def _delete_parts(numbers: list[int]) -> None:
    """Delete what is nothing but text, or was made of it."""
    PendingReply.objects.filter(ticket__in=numbers, comment=None).delete()
    Attachment.objects.filter(ticket__in=numbers).delete()
    Participant.objects.filter(ticket__in=numbers).delete()
    of_tickets = Q(ticket__in=numbers)
    TicketVector.objects.filter(of_tickets).delete()
    TicketMatch.objects.filter(of_tickets | Q(other__in=numbers)).delete()
    # The judgement of predictions stays: figures count it.
    feedback = Feedback.objects.filter(of_tickets)
    fields = set(feedback.values_list("field", flat=True))
    feedback.delete()
    note_change(fields)


def _empty_rows(conversation: Conversation) -> None:
    numbers = conversation.ticket_ids
    comments = Comment.with_split.filter(pk__in=conversation.comment_ids)
    comments.exclude(body=ERASED_TEXT).update(body=ERASED_TEXT)
    PendingReply.objects.filter(ticket__in=numbers).update(body=ERASED_TEXT)
    Prediction.objects.filter(ticket__in=numbers).exclude(evidence=[]).update(evidence=[])
    Email.objects.filter(ticket__in=numbers).update(address="", error="", message_id="")
    merges = Q(source__in=numbers) | Q(target__in=numbers)
    TicketMerge.objects.filter(merges).exclude(address_taken="").update(address_taken="")


def _empty(ticket: Ticket) -> None:
    ticket.title = ticket.description = ERASED_TEXT
    ticket.requester_email = ticket.link_nonce = ""
    ticket.link_digest = ticket.waiting_since = ticket.snoozed_until = None
    ticket.version += 1
    ticket.updated_at = timezone.now()
    ticket.save(
        update_fields=[
            *("title", "description", "requester_email", "link_nonce", "link_digest"),
            *("waiting_since", "snoozed_until", "version", "updated_at"),
        ]
    )
