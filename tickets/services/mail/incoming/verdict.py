"""What a message is, which ticket it belongs to, and what becomes of it. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from ....mail.addresses import folded_address
from ....mail.bounces.reader import Bounce
from ....mail.reader import Message, read
from ....models.incoming import InboundMessage, Mailbox
from ....models.mail import Email
from ....models.spam import is_blocked
from ....models.ticket import Ticket
from ....vocabulary import (
    MAX_MESSAGE_ID_CHARS,
    InboundKind,
    InboundState,
    Sender,
    ThreadRule,
    Verified,
)
from ..check_ids import is_check_id
from ..signed_addresses import answered_notice, returned_email, ticket_of
from .people import Author, accounts_of, author_of, is_own
from .threading import Thread, current, find_thread

MAX_COPIES = 5  # messages of one Message-ID that are compared
ANSWERS_NOBODY = ("null return path", "a report (multipart/report)")


class Outcome(Enum):
    """What becomes of a message."""

    TICKET = "opens a ticket"
    MESSAGE = "becomes a message on its ticket"
    REPLY = "becomes an agent's public reply"
    SHOW = "is shown to agents on its ticket, and changes nothing"
    HOLD = "waits for an agent's decision"
    NOTE = "is stored, and nothing else"


# What makes the files of a message attachments.
JOINING = (Outcome.TICKET, Outcome.MESSAGE, Outcome.REPLY)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a message is handled, with an explanation in plain sentences.

    `answered` is the ticket that was finished so long ago that its answer opens another one.
    `agent` wrote a reply. `email` came back, and `bounce` says why.
    """

    kind: InboundKind
    outcome: Outcome
    author: Author
    verified: Verified
    explanation: tuple[str, ...] = ()
    ticket: Ticket | None = None
    rule: ThreadRule | None = None
    sender: Sender | None = None
    answered: Ticket | None = None
    agent: User | None = None
    email: Email | None = None
    bounce: Bounce | None = None

    def holding(self, reason: str) -> Verdict:
        return replace(self, outcome=Outcome.HOLD, explanation=(*self.explanation, reason))


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a message came. None in `sender` means that nobody told the return path."""

    mailbox: Mailbox | None = None
    sender: str | None = None
    recipients: Sequence[str] = ()


def read_message(raw: bytes, envelope: Envelope) -> Message:
    """Read a message as the mailbox that it came to allows. Raises nothing."""
    authserv_id = envelope.mailbox.authserv_id if envelope.mailbox else ""
    return read(raw, envelope_from=envelope.sender, authserv_id=authserv_id)


def judge(message: Message, envelope: Envelope, message_pk: int | None = None) -> Verdict:
    """Return the verdict on a message. `message_pk` is its row, if it is stored."""
    author = author_of(message)
    verified = _verified(message, author)
    recipients = [*envelope.recipients, *recipients_of(message)]
    if message.bounces:
        return _judge_bounce(message, author, verified, recipients)
    if own := _own_because(message):
        reason, ticket = own
        return Verdict(InboundKind.OWN, Outcome.NOTE, author, verified, (reason,), current(ticket))
    if original := _original_of(message, envelope, message_pk):
        return Verdict(
            InboundKind.COPY,
            Outcome.NOTE,
            author,
            verified,
            ("The same message came before, perhaps to another mailbox.",),
            current(original.ticket),
            ThreadRule.SAME_MESSAGE if original.ticket else None,
        )
    thread = find_thread(message, recipients, author.address)
    if message.loop.is_automatic:
        return _judge_automatic(message, author, verified, thread)
    verdict = Verdict(InboundKind.WRITTEN, Outcome.TICKET, author, verified)
    return _judge_joined(verdict, thread) if thread else _opening(verdict)


def _verified(message: Message, author: Author) -> Verified:
    """Return what the checks say about the author. They say nothing about one in Reply-To."""
    verdict = message.authentication.verdict
    is_in_from = message.sender is not None and message.sender.email == author.address
    return Verified.NOT_VERIFIED if verdict == Verified.VERIFIED and not is_in_from else verdict


def recipients_of(message: Message) -> list[str]:
    """Return the addresses that the headers name as recipients."""
    headers = (message.delivered_to, message.to, message.cc)
    return [address.email for addresses in headers for address in addresses]


# --- what is no message of a person -------------------------------------------------------


def _judge_bounce(
    message: Message, author: Author, verified: Verified, recipients: Sequence[str]
) -> Verdict:
    """Find the email that came back: by its own address, else by its Message-ID."""
    returned = returned_email(recipients)
    ids = [bounce.message_id for bounce in message.bounces]
    copies = [returned] if returned else _emails_with(ids)
    verdict = Verdict(InboundKind.BOUNCE, Outcome.NOTE, author, verified)
    if not copies:
        thread = find_thread(message, recipients, author.address)
        if thread is None or not thread.is_proven:
            return replace(verdict, explanation=("None of our messages came back with it.",))
        return replace(
            verdict,
            outcome=Outcome.SHOW,
            explanation=(thread.reason,),
            ticket=thread.ticket,
            rule=thread.rule,
            bounce=message.bounces[0],
        )
    email, bounce = _returned_copy(copies, message.bounces)
    ticket = current(copies[0].ticket)
    where = f" about #{ticket.pk}" if ticket else ""
    reason = (
        f"Our message{where} to {email.address} came back."
        if email
        else f"A copy of our message{where} came back. The report does not say whose, so mail goes"
        " on to everybody who got one."
    )
    return replace(
        verdict,
        outcome=Outcome.SHOW,
        explanation=(reason,),
        ticket=ticket,
        rule=ThreadRule.BOUNCE,
        email=email,
        bounce=bounce,
    )


def _emails_with(message_ids: Iterable[str]) -> list[Email]:
    """Return the emails with one of these ids. All copies of a reply have the same."""
    ids = [message_id for message_id in message_ids if message_id]
    emails = Email.objects.filter(message_id__in=ids).select_related("ticket")
    return list(emails.order_by("pk")) if ids else []


def _returned_copy(
    copies: Sequence[Email], bounces: Sequence[Bounce]
) -> tuple[Email | None, Bounce]:
    """Return the email that came back, and what the report says about it.

    Of several copies it is the one whose address the report names; None if it names none of them.
    """
    for bounce in bounces:
        reported = (bounce.original_recipient, bounce.recipient)
        named = {folded_address(address) for address in reported} - {""}
        for email in copies:
            if folded_address(email.address) in named:
                return email, bounce
    return (copies[0] if len(copies) == 1 else None), bounces[0]


def _own_because(message: Message) -> tuple[str, Ticket | None] | None:
    """Return why this is mail that the desk itself sent, and its ticket; None if it is not."""
    if is_check_id(message.message_id):
        return "We sent this message ourselves, to test the mailbox.", None
    emails = _emails_with([message.message_id]) if message.has_own_id else []
    if emails:
        return "We sent this message ourselves: its Message-ID is ours.", emails[0].ticket
    if message.sender is None or not is_own(message.sender.email):
        return None
    replies_to = [address.email for address in message.reply_to]
    ticket, notice = ticket_of(replies_to), answered_notice(replies_to)
    if ticket is None and notice is None:
        return None
    return (
        "We sent this message ourselves: answers to it come to a signed address of ours.",
        ticket or (notice.ticket if notice else None),
    )


def _original_of(
    message: Message, envelope: Envelope, message_pk: int | None
) -> InboundMessage | None:
    """Return the message that this one is a copy of: with the same id and content.

    It was handled before, but it may have come later, while this one failed.
    """
    rows = InboundMessage.objects.filter(message_id=message.message_id[:MAX_MESSAGE_ID_CHARS])
    rows = rows.exclude(state__in=[InboundState.STORED, InboundState.FAILED])
    if message_pk is not None:
        rows = rows.exclude(pk=message_pk)
    for row in rows.select_related("ticket").order_by("pk")[:MAX_COPIES]:
        if row.raw and _content(read(bytes(row.raw))) == _content(message):
            return row
    return None


def _content(message: Message) -> object:
    files = [(file.name, file.content) for file in message.attachments]
    sender = message.sender.email.lower() if message.sender else ""
    return sender, message.subject, message.text, message.html, files


def _judge_automatic(
    message: Message, author: Author, verified: Verified, thread: Thread | None
) -> Verdict:
    because = "; ".join(message.loop.reasons)
    verdict = Verdict(
        InboundKind.AUTOMATIC,
        Outcome.TICKET,
        author,
        verified,
        (f"An automatic message ({because}): it gets no automatic answer.",),
    )
    if thread is not None:
        return replace(
            verdict,
            outcome=Outcome.SHOW,
            explanation=(
                thread.reason,
                f"An automatic message ({because}): shown, does not reopen the ticket.",
            ),
            ticket=thread.ticket,
            rule=thread.rule,
            sender=thread.sender,
        )
    if set(message.loop.reasons) & set(ANSWERS_NOBODY):
        return verdict.holding("It belongs to no ticket, and nobody could be answered.")
    return _opening(verdict)


# --- what a person wrote ------------------------------------------------------------------


def _opening(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        outcome=Outcome.TICKET,
        rule=ThreadRule.NEW,
        sender=Sender.REQUESTER,
        explanation=(*verdict.explanation, *_doubts(verdict)),
    )


def _doubts(verdict: Verdict) -> tuple[str, ...]:
    if verdict.verified != Verified.FAILED:
        return ()
    return (
        "The sender may be forged (DMARC failed): no automatic email and no private link are sent.",
    )


def _judge_joined(verdict: Verdict, thread: Thread) -> Verdict:
    ticket, author = thread.ticket, verdict.author
    verdict = replace(
        verdict,
        outcome=Outcome.MESSAGE,
        ticket=ticket,
        rule=thread.rule,
        sender=thread.sender,
        explanation=(thread.reason,),
    )
    if thread.notice is not None or thread.sender == Sender.AGENT:
        return _judge_agent(verdict, thread)
    if thread.sender == Sender.OTHER:
        return verdict.holding("Somebody else wrote it: only agents see it until one accepts it.")
    if verdict.verified == Verified.FAILED and not thread.is_proven:
        return verdict.holding("The sender may be forged (DMARC failed).")
    if thread.sender == Sender.PARTICIPANT and is_blocked(author.address):
        return verdict.holding("The sender's address is blocked.")
    if _is_long_finished(ticket):
        days = settings.MAIL_REOPEN_DAYS
        reason = f"#{ticket.pk} was finished more than {days} days ago: a new ticket, linked to it."
        return _opening(
            replace(verdict, ticket=None, answered=ticket, explanation=(thread.reason, reason))
        )
    return verdict


def _judge_agent(verdict: Verdict, thread: Thread) -> Verdict:
    """Publish an agent's reply only if its address is signed and its sender is verified."""
    accounts = accounts_of(verdict.author.address)
    notice = thread.notice
    if notice is not None:
        accounts = [account for account in accounts if account.pk == notice.recipient_id]
    if not accounts:
        return replace(verdict, sender=Sender.OTHER).holding(
            "It was sent to an agent's own address for answers, but not by that agent."
        )
    verdict = replace(verdict, sender=Sender.AGENT)
    if len(accounts) > 1:
        return verdict.holding("Several agents have this address.")
    if thread.rule != ThreadRule.ADDRESS:
        return verdict.holding("An agent's reply without a signed address has to be confirmed.")
    if verdict.verified != Verified.VERIFIED:
        return verdict.holding("An agent's reply whose sender is not verified has to be confirmed.")
    return replace(verdict, outcome=Outcome.REPLY, agent=accounts[0])


def _is_long_finished(ticket: Ticket) -> bool:
    limit = timezone.now() - timedelta(days=settings.MAIL_REOPEN_DAYS)
    return ticket.is_finished and ticket.resolved_at is not None and ticket.resolved_at < limit
