"""Make a new ticket of one message, and undo it."""

from __future__ import annotations

from dataclasses import dataclass

import pghistory
from django.db.models import Q

from ..access.actors import Actor
from ..exceptions import MergeRefused, NotFound
from ..models.ticket import Comment, Ticket
from ..models.workplace import TicketRead
from ..triage import engine
from ..vocabulary import TRIAGE_FIELDS
from .attachments.moving import move_to_split
from .editing import audited, editing, lock_ticket
from .merging import merge_tickets
from .relations import store_link
from .triage import assessment


@dataclass(frozen=True, slots=True)
class SplitTicket:
    """The ticket that was made of a message, and the one that the message was on."""

    ticket: Ticket
    source: Ticket
    is_new: bool


def split_comment(ticket_id: int, comment_id: int, actor: Actor) -> SplitTicket:
    """Make a new ticket of one message, as old as the message and of the same requester.

    Triage suggests the title and reads the ticket like any other. No email is sent. A note stays
    secret: its ticket has no private link. Moving the same message again changes nothing.
    Raise NotFound, TicketMerged, and MergeRefused for a merged ticket's description.
    """
    comment = _comment_to_split(ticket_id, comment_id)
    # A model may take seconds, so it is asked before anything is locked.
    title = engine.suggest_title(comment.body).title
    with audited(actor):
        source = lock_ticket(comment.ticket_id)
        if source.spam:
            raise MergeRefused(f"#{source.pk} is spam.")
        comment = Comment.with_split.select_for_update().get(pk=comment_id)
        if comment.ticket_id != source.pk:
            raise NotFound("This message has moved to another ticket in the meantime.")
        if comment.split_into_id is not None:
            ticket = Ticket.with_merged.with_people().find(comment.split_into_id)
            if ticket.merged_into_id != source.pk:
                return SplitTicket(ticket, source, is_new=False)
        ticket = _store_ticket(comment, title, source, actor)
    return SplitTicket(ticket, source, is_new=True)


def _comment_to_split(ticket_id: int, comment_id: int) -> Comment:
    home = Q(ticket=ticket_id) | Q(origin=ticket_id)
    comment = Comment.with_split.filter(home, pk=comment_id).first()
    if comment is None:
        raise NotFound("This message no longer exists.")
    if comment.is_opening:
        raise MergeRefused("This is the description of a merged ticket. Undo the merge instead.")
    return comment


def _store_ticket(comment: Comment, title: str, source: Ticket, actor: Actor) -> Ticket:
    ticket = Ticket(
        title=title,
        description=comment.body,
        requester_email=source.requester_email,
        language=source.language,
        created_at=comment.created_at,
        last_activity_at=comment.created_at,
        waiting_since=comment.created_at,
    )
    offline = assessment.assess_offline(ticket, TRIAGE_FIELDS)
    ticket.issue_link()
    if not comment.public:
        ticket.link_digest = None
    ticket.save(force_insert=True)
    offline.save_predictions(ticket)
    assessment.resume_model_triage(ticket)
    comment.split_into = ticket
    comment.save(update_fields=["split_into"])
    move_to_split(comment, ticket)
    with editing(source.pk, actor) as edit:
        edit.ticket.follow_conversation()
        edit.ticket.save(update_fields=["first_response_at"])
        edit.is_new_version = True
    _copy_read_marks(source, ticket, actor)
    store_link(source.pk, ticket.pk)
    with pghistory.context(source=source.pk, target=ticket.pk):
        for each in (edit.ticket, ticket):
            pghistory.create_event(each, label="split")
    return ticket


def _copy_read_marks(source: Ticket, ticket: Ticket, actor: Actor) -> None:
    """Who has read the message has read the ticket."""
    for mark in source.reads.filter(read_at__gte=ticket.created_at).select_related("account"):
        TicketRead.objects.mark_read(ticket, mark.account)
    if actor.user is not None:
        TicketRead.objects.mark_read(ticket, actor.user)


def undo_split(ticket_id: int, actor: Actor) -> Ticket:
    """Bring a message back from the ticket that it became. Return the ticket it is on again.

    What was written on the new ticket comes with it, because the new ticket is merged.
    Raise NotFound if the ticket was not made of a message, and as `merge_tickets`.
    """
    comment = Comment.with_split.filter(split_into=ticket_id).order_by("-pk").first()
    if comment is None:
        raise NotFound("This ticket was not made of a message.")
    return merge_tickets(ticket_id, comment.ticket_id, actor).target
