"""Put email into the outbox: which event sends one to the requester.

An email is a row and a job, both stored in the transaction of their event. Its text is rendered
when it is sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from ... import transactions
from ...mail.addresses import comparable_address
from ...models.mail import Email
from ...models.participants import Participant
from ...models.ticket import Comment, Ticket
from ...vocabulary import MailKind, MailState, Status
from ..jobs import defer
from . import limits
from .bounced import clear_address
from .delivery import send_email
from .limits import Admission
from .smtp import is_set_up

# A resolved ticket may be opened again this long, by Undo for example, before anybody is told.
RESOLVED_DELAY = timedelta(seconds=10)
# Two clicks on "Send the link" within this time send one email.
LINK_INTERVAL = timedelta(seconds=10)
NOT_UNDER_WAY = (MailState.HELD, MailState.FAILED, MailState.DROPPED)
# What an agent causes, with the private link in it.
CARRY_LINK = frozenset({MailKind.REPLY, MailKind.RESOLVED, MailKind.LINK})


def ticket_created(ticket: Ticket, admission: Admission) -> None:
    """Confirm to the requester that the ticket arrived.

    Past a limit of an hour the confirmation is held. An agent's first answer replaces it, since
    that has the private link as well.
    """
    if _is_reachable(ticket):
        _store(
            Email(ticket=ticket, kind=MailKind.RECEIVED, event=f"received {ticket.pk}"), admission
        )


def comment_added(comment: Comment) -> None:
    """Send an agent's public reply to the requester, and to everybody else who takes part.

    A revoked private link stops what goes to the requester only: the others never get the link.
    """
    ticket = comment.ticket
    if not comment.public or ticket.spam:
        return
    if _is_reachable(ticket):
        _enqueue(ticket, MailKind.REPLY, f"reply {comment.pk}", comment=comment)
    for participant in reply_recipients(ticket, Participant.objects.of(ticket)):
        event = f"reply {comment.pk} to {participant.pk}"
        _enqueue(ticket, MailKind.REPLY, event, comment=comment, participant=participant)


def reply_recipients(ticket: Ticket, participants: Iterable[Participant]) -> list[Participant]:
    """Return those of a ticket's participants who get its public replies besides its requester."""
    requester = comparable_address(ticket.requester_email)
    return [
        participant
        for participant in participants
        if participant.is_active and comparable_address(participant.address) != requester
    ]


def status_changed(ticket: Ticket, before: str) -> None:
    """Tell the requester that the ticket is resolved, if it still is after RESOLVED_DELAY.

    A program that opened it by mail is told nothing.
    """
    if ticket.status == Status.RESOLVED != before and _is_reachable(ticket):
        admission = limits.admit(MailKind.RESOLVED, ticket.requester_email, ticket)
        if not admission.opened_by_program:
            event = f"resolved {ticket.pk} v{ticket.version}"
            email = Email(ticket=ticket, kind=MailKind.RESOLVED, event=event)
            _store(email, admission, RESOLVED_DELAY)


def status_restored(ticket: Ticket, before: str) -> None:
    """Do as `status_changed` if the email about the restored status has been dropped.

    Otherwise it was sent, or will be, or there never was one.
    """
    latest = ticket.emails.filter(kind=MailKind.RESOLVED).order_by("-pk").first()
    if latest is not None and latest.state == MailState.DROPPED:
        status_changed(ticket, before)


def link_requested(ticket: Ticket, *, is_new: bool) -> bool:
    """Send the private link. Return False if it is already on its way and is not `is_new`."""
    since = timezone.now() - LINK_INTERVAL
    under_way = (MailState.WAITING, MailState.SENDING, MailState.SENT, MailState.PRINTED)
    recent = ticket.emails.filter(kind=MailKind.LINK, created_at__gt=since, state__in=under_way)
    if not is_new and recent.exists():
        return False
    _enqueue(ticket, MailKind.LINK, f"link {ticket.pk} {secrets.token_hex(8)}")
    return True


def address_requested(ticket: Ticket, address: str) -> None:
    """Ask the owner of an address whether the ticket may use it."""
    event = f"confirm {ticket.pk} {secrets.token_hex(8)}"
    _enqueue(ticket, MailKind.CONFIRM, event, address=address)


def is_check_under_way(ticket: Ticket, address: str) -> bool:
    """Return whether such an email to this address has just been queued or sent."""
    since = timezone.now() - LINK_INTERVAL
    recent = ticket.emails.filter(
        kind=MailKind.CONFIRM, address=address, created_at__gt=since, confirmed_at=None
    )
    return bool(recent.exclude(state__in=NOT_UNDER_WAY).exists())


def address_changed(ticket: Ticket, before: str) -> None:
    """Tell the former address that the ticket has another one."""
    if ticket.link_digest:
        event = f"moved {ticket.pk} v{ticket.version}"
        _enqueue(ticket, MailKind.MOVED, event, address=before)


def links_requested(ticket: Ticket, address: str) -> None:
    """Send the address the links of all its tickets. The row belongs to the newest of them."""
    event = f"links {ticket.pk} {secrets.token_hex(8)}"
    _enqueue(ticket, MailKind.LINKS, event, address=address)


def invite(user: User) -> bool:
    """Send an account a link that sets its password. Return False without a mail server."""
    if not is_set_up():
        return False
    with transaction.atomic():
        event = f"invitation {user.pk} {secrets.token_hex(8)}"
        queue_email(Email.objects.create(kind=MailKind.INVITATION, recipient=user, event=event))
    return True


def reset_requested(user: User) -> None:
    """Send an account a link that sets a new password. A console must not show one."""
    if is_set_up():
        event = f"reset {user.pk} {secrets.token_hex(8)}"
        queue_email(Email.objects.create(kind=MailKind.RESET, recipient=user, event=event))


def resend_email(email: Email) -> bool:
    """Send again what did not arrive, or possibly not. Return False for any other email.

    If mail to its address was stopped because some came back, it goes there again.
    """
    if not email.can_be_resent:
        return False
    with transaction.atomic():
        is_waiting = email.move_state(
            [email.state], MailState.WAITING, bounced_at=None, bounce_kind=""
        )
        if is_waiting:
            clear_address(email.current_address)
            queue_email(email)
    return is_waiting


def cancel_email(email_id: int) -> None:
    """Mark an email as failed because its job was cancelled. An admin may send it again."""
    for email in Email.objects.filter(pk=email_id):
        email.move_state([MailState.WAITING], MailState.FAILED, "Its job was cancelled.")


def _enqueue(ticket: Ticket, kind: str, event: str, **values: Any) -> None:
    email = Email(ticket=ticket, kind=kind, event=event, **values)
    _store(email, limits.admit(kind, email.current_address, ticket))


def _store(email: Email, admission: Admission, delay: timedelta = timedelta(0)) -> None:
    """Store an email as it was admitted, and queue it if it waits.

    If its event has one already, it is not stored, and its job finds nothing.
    """
    email.pk, email.state, email.error = admission.email_id, admission.state, admission.reason
    transactions.insert(email, ignore_conflicts=True)
    if email.state == MailState.WAITING:
        if email.kind in CARRY_LINK and email.participant_id is None:
            _drop_held(email)
        queue_email(email, delay)


def _drop_held(email: Email) -> None:
    """Drop the confirmation that waited for an agent: this email has the link."""
    held = Email.objects.filter(ticket=email.ticket, state=MailState.HELD).exclude(pk=email.pk)
    with transactions.unread():
        held.update(state=MailState.DROPPED, error="An agent's email had the link.")


def queue_email(email: Email, delay: timedelta = timedelta(0)) -> None:
    """Queue the job that sends a waiting email, in the transaction that stored the email."""
    due = timezone.now() + delay if delay else None
    defer(send_email, due, email_id=email.pk, ticket_id=email.ticket_id)


def _is_reachable(ticket: Ticket) -> bool:
    return bool(ticket.requester_email and ticket.link_digest) and not ticket.spam
