"""Which ticket a message belongs to: the first rule that holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q

from ....mail.reader import Message
from ....models.incoming import InboundMessage
from ....models.mail import Email
from ....models.ticket import Ticket
from ....vocabulary import MAX_MESSAGE_ID_CHARS, InboundState, Sender, ThreadRule, Verified
from ..signed_addresses import answered_notice, returned_email, ticket_of
from .people import sender_of

SUBJECT_NUMBER = re.compile(r"\[#([0-9]{1,18})\]")
MAX_NUMBERS = 3  # of one subject
MAX_IDS = 100  # of one header, from the end


@dataclass(frozen=True, slots=True)
class Thread:
    """The ticket that a message belongs to, and why.

    `is_proven` says that nobody could guess what led there: only who got our mail has it. `notice`
    is the email to an agent that is answered.
    """

    ticket: Ticket
    rule: ThreadRule
    reason: str
    sender: Sender
    is_proven: bool = False
    notice: Email | None = None


def find_thread(message: Message, recipients: Sequence[str], author: str) -> Thread | None:
    """Return the first rule that holds; None if none does.

    `recipients` has all addresses that the message was sent to, `author` that of its sender.
    A number in the subject counts only for who takes part already.
    """
    return (
        _by_address(recipients, author) or _by_ids(message, author) or _by_subject(message, author)
    )


def current(ticket: Ticket | None) -> Ticket | None:
    """Return the ticket, or the one that it is merged into."""
    if ticket is None or ticket.merged_into_id is None:
        return ticket
    target: Ticket = Ticket.including_spam.find_current(ticket.merged_into_id)
    return target


def _by_address(recipients: Sequence[str], author: str) -> Thread | None:
    notice = answered_notice(recipients)
    email = notice or returned_email(recipients)
    named = email.ticket if notice and email else ticket_of(recipients)
    ticket = current(named or (email.ticket if email else None))
    if ticket is None:
        return None
    return Thread(
        ticket,
        ThreadRule.ADDRESS,
        f"Joined #{ticket.pk} by the signed address that it was sent to.",
        sender_of(ticket, author),
        is_proven=True,
        notice=notice,
    )


def answers_us(message: Message, ticket: Ticket) -> bool:
    """Return whether a message names one of our emails about the ticket. Up to one query.

    Nobody can guess their ids: only who got our mail knows them.
    """
    ids = {message_id for _, message_id in _answered_ids(message)}
    of_ticket = Q(ticket=ticket) | Q(ticket__merged_into=ticket)
    return bool(ids) and Email.objects.filter(of_ticket, message_id__in=ids).exists()


def _answered_ids(message: Message) -> list[tuple[ThreadRule, str]]:
    """Return the ids that a message names, the surest first."""
    return [
        *((ThreadRule.IN_REPLY_TO, each) for each in message.in_reply_to[:MAX_IDS]),
        *((ThreadRule.REFERENCES, each) for each in reversed(message.references[-MAX_IDS:])),
    ]


def _by_ids(message: Message, author: str) -> Thread | None:
    answered = _answered_ids(message)
    ids = {message_id[:MAX_MESSAGE_ID_CHARS] for _, message_id in answered}
    if not ids:
        return None
    emails = Email.objects.filter(message_id__in=ids, ticket__isnull=False)
    sent = {email.message_id: email for email in emails.select_related("ticket")}
    came = _received(ids)
    for rule, message_id in answered:
        email = sent.get(message_id)
        ticket = current(email.ticket) if email else None
        if ticket is None:
            ticket = _likeliest(came.get(message_id[:MAX_MESSAGE_ID_CHARS], ()), author)
        if ticket is not None:
            return Thread(
                ticket,
                rule,
                f"Joined #{ticket.pk} by {rule.label}: it answers"
                f" {'our message' if email else 'a message that came in'} {message_id[:80]}",
                sender_of(ticket, author),
                is_proven=email is not None,
            )
    return None


def _received(ids: Iterable[str]) -> dict[str, list[Ticket]]:
    """Return the tickets of the messages that came in under these ids, oldest first."""
    rows = InboundMessage.objects.filter(message_id__in=list(ids))
    rows = rows.filter(ticket__isnull=False).exclude(state=InboundState.DISCARDED)
    tickets: dict[str, list[Ticket]] = {}
    related = ("ticket", "comment__split_into")
    for row in rows.defer("raw", "text").select_related(*related).order_by("pk"):
        split = row.comment.split_into if row.comment else None
        ticket = current(split or row.ticket)
        assert ticket is not None
        tickets.setdefault(row.message_id, []).append(ticket)
    return tickets


def _likeliest(tickets: Sequence[Ticket], author: str) -> Ticket | None:
    """Return the first ticket that the author takes part in, else the first one.

    Whoever knows the id of somebody's message can send another one under it.
    """
    known = (ticket for ticket in tickets if sender_of(ticket, author) != Sender.OTHER)
    return next(known, None) or next(iter(tickets), None)


def _by_subject(message: Message, author: str) -> Thread | None:
    checks = message.authentication
    if checks.verdict == Verified.FAILED or checks.is_ambiguous:
        return None
    for number in _numbers(message.subject):
        ticket = current(Ticket.with_merged.with_people().filter(pk=number).first())
        sender = sender_of(ticket, author) if ticket else Sender.OTHER
        if ticket is not None and sender != Sender.OTHER:
            reason = f"Joined #{ticket.pk} by the number in the subject: {sender.label} wrote it."
            return Thread(ticket, ThreadRule.SUBJECT, reason, sender)
    return None


def _numbers(subject: str) -> Iterator[int]:
    for match in list(SUBJECT_NUMBER.finditer(subject))[:MAX_NUMBERS]:
        yield int(match[1])
