"""The private link to a requester's page: send it, all of them to an address, or revoke it."""

from __future__ import annotations

import pghistory
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from procrastinate.contrib.django import app

from ..access.actors import Actor
from ..audit.trail import event_at_version
from ..exceptions import InvalidInput
from ..mail.addresses import reached_mailbox
from ..models.housekeeping import Counter
from ..models.private_link import digest
from ..models.ticket import Comment, Ticket
from ..querysets.comments import in_conversation
from ..vocabulary import MAX_LINK_MAILS_PER_HOUR
from .editing import audited, lock_relations, lock_ticket
from .jobs import defer
from .mail import outbox


def notes_behind(ticket: Ticket) -> list[str]:
    """Return the internal note that the ticket was made of, if it was made of one."""
    notes = Comment.with_split.filter(split_into=ticket, public=False)
    return list(notes.values_list("body", flat=True))


def shows_note(ticket: Ticket) -> bool:
    """Return whether title or description still repeat the note that the ticket was made of.

    Up to two queries.
    """
    notes = notes_behind(ticket)
    if not notes or ticket.description in notes:
        return bool(notes)
    first = event_at_version(ticket, 1)  # triage took its title from the note
    return first is None or bool(first.title == ticket.title)


def links_to(ticket: Ticket) -> QuerySet[Ticket]:
    """Return the tickets whose private links open this one's page: it, and those merged into it."""
    own = Q(pk=ticket.pk) | Q(merged_into=ticket)
    rows: QuerySet[Ticket] = Ticket.with_merged.filter(own).exclude(link_digest=None)
    return rows


def tickets_opened_by(ticket: Ticket) -> list[Ticket]:
    """Return the tickets made of this one's messages to which the requester's page leads.

    What others wrote on a ticket that was merged into one of them is not for every reader here.
    """
    split_off = Comment.with_split.filter(ticket=ticket, public=True).exclude(in_conversation())
    return list(
        Ticket.including_spam.filter(  # nothing tells a sender of spam
            pk__in=split_off.values("split_into"), requester_email=ticket.requester_email
        )
        .exclude(link_digest=None)
        .exclude(Exists(Ticket.with_merged.filter(merged_into=OuterRef("pk"))))
        .order_by("created_at", "pk")
    )


def send_private_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Email the private link to the requester. A revoked link is replaced by a new one.

    Raise NotFound, and InvalidInput if the ticket has no email address, shows a note, is spam or
    has been finished for so long that its link has expired.
    """
    with audited(actor):
        ticket = lock_ticket(ticket.pk)
        if not ticket.requester_email:
            raise InvalidInput("This ticket has no email address to send a link to.")
        if shows_note(ticket):
            raise InvalidInput(
                "Title and description are from an internal note. Edit both first: the requester"
                " would read them."
            )
        if ticket.spam:
            raise InvalidInput("This ticket is spam, so no email goes out for it.")
        if ticket.is_link_expired:
            raise InvalidInput("Links to finished tickets have expired. Reopen the ticket first.")
        was_revoked = ticket.link_digest is None
        if was_revoked:
            ticket.issue_link()
            ticket.save(update_fields=["link_nonce", "link_digest"])
        if outbox.link_requested(ticket, is_new=was_revoked):
            pghistory.create_event(ticket, label="link_sent")
    return ticket


def revoke_private_link(ticket: Ticket, actor: Actor) -> Ticket:
    """Close the requester's page. Nothing is emailed until a new link is sent. Raise NotFound.

    The links of the tickets that were merged into this one open the same page, so they go too.
    """
    with audited(actor):
        lock_relations()
        ticket = lock_ticket(ticket.pk)
        if links_to(ticket).update(link_digest=None):
            ticket.link_digest = None
            pghistory.create_event(ticket, label="link_revoked")
    return ticket


def request_links(address: str) -> None:
    """Email an address the links of its active and recent tickets, at most a few times an hour.

    The answer must not tell whether there are any, nor must the time that it takes. So a job is
    queued for every address, and it does nothing without a ticket.
    """
    ticket = Ticket.objects.with_link_for(address).newest_first().first()
    name = f"links:{digest(reached_mailbox(address))}"
    wait = Counter.objects.hit(name, limit=MAX_LINK_MAILS_PER_HOUR, seconds=3600)
    defer(send_links, ticket_id=None if ticket is None or wait else ticket.pk)


@app.task(queue="mail")
def send_links(ticket_id: int | None) -> None:
    """Queue the email with the links of all tickets of this ticket's address."""
    if ticket_id is None:
        return
    for ticket in Ticket.objects.filter(pk=ticket_id).exclude(requester_email=""):
        with transaction.atomic():
            outbox.links_requested(ticket, ticket.requester_email)
