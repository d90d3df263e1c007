"""Do what the verdict on a message says, in one transaction with the message's row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pghistory
from django.utils import timezone

from ....access.actors import REQUESTER, SYSTEM, Actor, user_actor
from ....forms.tickets import SubmitForm
from ....mail.addresses import folded_address
from ....mail.reader import Message
from ....models.housekeeping import Counter
from ....models.incoming import MAX_SUBJECT_CHARS, NOT_HANDED_OUT, InboundMessage
from ....models.participants import MAX_SENDER_NAME_CHARS, Participant
from ....models.private_link import digest
from ....models.ticket import Comment, Ticket
from ....requester_texts import IN_PLACE_OF_TEXT, MAIL_NOT_HANDED_OUT, MAIL_TOO_LARGE
from ....triage import engine
from ....vocabulary import (
    MAX_EMAIL_CHARS,
    MAX_MAILED_TICKETS_PER_HOUR,
    MAX_MESSAGE_ID_CHARS,
    MAX_REOPENINGS_PER_HOUR,
    MAX_TITLE_CHARS,
    InboundKind,
    InboundState,
    Language,
    Sender,
    ThreadRule,
    Verified,
)
from ...comments import add_reply
from ...editing import audited, editing_current
from ...participants import add_participants
from ...relations import link_tickets
from ...replies import reply_at_once
from ...tickets import choose_language, create_ticket
from .bounces import note_bounce
from .files import MailedFile, keep_files, name_waiting, storing_files
from .people import others_with_our_mail, possible_participants
from .texts import StoredText, stored_text
from .threading import answers_us
from .verdict import Outcome, Verdict

HOUR = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Contents:
    """What of a message becomes part of a ticket."""

    message: Message
    text: StoredText
    files: Sequence[MailedFile]


@contextmanager
def storing_contents(
    message: Message, ticket: Ticket | None, *, is_joining: bool = True
) -> Iterator[Contents]:
    """Return what of a message becomes part of a ticket. Use as `storing_files`."""
    with storing_files(message.attachments, ticket, is_joining=is_joining) as files:
        yield Contents(message, stored_text(message), files)


def file_message(row: InboundMessage, contents: Contents, verdict: Verdict) -> None:
    """Make the message what its verdict says, and save its row."""
    message = contents.message
    verdict = _within_limits(verdict)
    fill_row(row, message, verdict, contents.text)
    match verdict.outcome:
        case Outcome.TICKET:
            open_ticket(row, contents, answered=verdict.answered)
        case Outcome.MESSAGE:
            add_message(row, contents)
        case Outcome.REPLY:
            assert verdict.agent is not None
            add_agents_reply(row, contents, user_actor(verdict.agent))
        case Outcome.SHOW:
            if verdict.bounce is None:  # nobody adds a report to the conversation
                row.explanation += name_waiting(message.attachments)
            _show(row, verdict)
        case Outcome.HOLD:
            row.state = InboundState.HELD
            row.explanation += name_waiting(message.attachments)
            announce(row.ticket, SYSTEM, "message_held")
        case Outcome.NOTE:
            is_news = verdict.kind == InboundKind.BOUNCE
            row.state = InboundState.HANDLED if is_news else InboundState.IGNORED
    row.save()


def fill_row(row: InboundMessage, message: Message, verdict: Verdict, text: StoredText) -> None:
    """Note on the row what reading the message gave."""
    row.message_id = message.message_id[:MAX_MESSAGE_ID_CHARS]
    row.sender_address = verdict.author.address[:MAX_EMAIL_CHARS]
    row.sender_name = " ".join(verdict.author.name.split())[:MAX_SENDER_NAME_CHARS]
    row.subject = " ".join(message.subject.split())[:MAX_SUBJECT_CHARS]
    row.text, row.folds = text.text, [list(fold) for fold in text.folds]
    row.kind, row.rule = verdict.kind, verdict.rule or ""
    row.sender, row.verified = verdict.sender or "", verdict.verified
    row.explanation = [*verdict.explanation, *_flags(message)]
    if _is_refused(row):
        row.explanation.append(
            "The mail server did not hand out the message's text. The message is still in the"
            " mailbox, unread."
        )
    row.ticket, row.error = verdict.ticket, ""


def open_ticket(
    row: InboundMessage, contents: Contents, *, answered: Ticket | None = None
) -> Ticket:
    """Open a ticket, as the public form does. Saves the row.

    Mail about the ticket reads in the row whether a program wrote it, or possibly a forger.
    """
    ticket = create_ticket(_values(row, contents.text), REQUESTER)
    if ticket.description in IN_PLACE_OF_TEXT:  # which is English, whatever the subject is
        choose_language(ticket, engine.language_of("", ticket.title) or Language.EN)
    row.ticket, row.rule, row.state = ticket, ThreadRule.NEW, InboundState.HANDLED
    if answered is not None:
        link_tickets(ticket.pk, answered.pk, SYSTEM)
    # Mail about a ticket asks which message opened it.
    row.save()
    row.explanation += keep_files(contents.files, ticket, comment=None, message=row)
    _add_people(row, contents.message, ticket)
    return ticket


def add_message(row: InboundMessage, contents: Contents) -> Comment:
    """Add what a requester or a participant wrote. Does not save the row."""
    assert row.ticket is not None
    data = {"body": _body(row, contents.text)}
    comment = add_reply(row.ticket, data, received_at=row.received_at)
    return _join(row, contents, comment)


def add_agents_reply(row: InboundMessage, contents: Contents, actor: Actor) -> Comment:
    """Publish an agent's reply, without what their mail program quoted. Does not save the row."""
    assert row.ticket is not None
    body = contents.text.unquoted or contents.text.body
    return _join(row, contents, reply_at_once(row.ticket, body, actor, row.received_at))


def _join(row: InboundMessage, contents: Contents, comment: Comment) -> Comment:
    row.comment, row.ticket, row.state = comment, comment.ticket, InboundState.HANDLED
    row.save()
    # Before those who take part are added: that is the system's act, and files are the author's.
    row.explanation += keep_files(contents.files, comment.ticket, comment=comment, message=row)
    _add_people(row, contents.message, comment.ticket)
    return comment


def _within_limits(verdict: Verdict) -> Verdict:
    """Hold what would reopen a ticket, or open one, too often."""
    ticket = verdict.ticket
    if verdict.outcome == Outcome.TICKET:
        address = verdict.author.address  # "" if nobody can be answered: these count together
        name = f"mailed:{digest(folded_address(address) or address)}"
        if Counter.objects.hit(name, limit=MAX_MAILED_TICKETS_PER_HOUR, seconds=HOUR):
            who = "This address" if address else "Mail without a sender's address"
            return verdict.holding(f"{who} has opened many tickets in this hour.")
    elif verdict.outcome == Outcome.MESSAGE and ticket is not None and ticket.is_finished:
        name = f"reopened:{ticket.pk}"
        if Counter.objects.hit(name, limit=MAX_REOPENINGS_PER_HOUR, seconds=HOUR):
            return verdict.holding("Mail has reopened this ticket several times in this hour.")
    return verdict


def _show(row: InboundMessage, verdict: Verdict) -> None:
    row.state = InboundState.HANDLED
    if verdict.email is not None and verdict.bounce is not None:
        row.explanation.append(note_bounce(verdict.email, verdict.bounce, verdict.ticket))
    elif verdict.bounce is not None:
        row.explanation.append(verdict.bounce.diagnostic)
    announce(row.ticket, SYSTEM, "mail_returned" if verdict.bounce else "")


def announce(ticket: Ticket | None, actor: Actor, label: str = "", *, is_news: bool = True) -> None:
    """Let open pages of a ticket show that something changed beside its conversation.

    With a `label` the audit trail has it, and if it is news, the ticket is unread.
    """
    if ticket is None:
        return
    with audited(actor):
        with editing_current(ticket.pk, actor) as edit:
            edit.is_new_version = True
            if label and is_news:
                edit.ticket.last_activity_at = timezone.now()
        if label:  # as one of the new version
            pghistory.create_event(edit.ticket, label=label)


def _values(row: InboundMessage, text: StoredText) -> dict[str, object]:
    """Return the values of a new ticket: those that the public form accepts."""
    title = row.subject if len(row.subject) <= MAX_TITLE_CHARS else row.subject[:199] + "\u2026"
    data = {"description": _body(row, text), "title": title, "requester_email": row.sender_address}
    form = SubmitForm(data)
    form.full_clean()
    values: dict[str, object] = form.cleaned_data
    if row.sender_address and not values.get("requester_email"):
        row.explanation.append("The desk cannot write to the sender's address.")
    return values


def _body(row: InboundMessage, text: StoredText) -> str:
    if row.is_complete:
        return text.body
    return MAIL_NOT_HANDED_OUT if _is_refused(row) else MAIL_TOO_LARGE


def _is_refused(row: InboundMessage) -> bool:
    return not row.is_complete and bytes(row.raw).startswith(NOT_HANDED_OUT)


def _flags(message: Message) -> Iterator[str]:
    if message.flags:
        names = ", ".join(sorted(flag.replace("_", " ") for flag in message.flags))
        yield f"Not everything could be read: {names}."


def _add_people(row: InboundMessage, message: Message, ticket: Ticket) -> None:
    """Let those whom the message names take part, unless its sender may be forged.

    They get the ticket's public replies, so on a ticket that was there before, the sender has to
    prove more than an address in From. Only a verified sender who is somebody here vouches for
    them.
    """
    is_doubtful = row.verified == Verified.FAILED
    if row.kind != InboundKind.WRITTEN or is_doubtful or ticket.spam:
        return
    if not row.opened_ticket and not _is_sender_proven(row, message, ticket):
        return
    # Where it was delivered is an address of the desk, whether or not a mailbox has it.
    ours = [*row.envelope_to, *(address.email for address in message.delivered_to)]
    present = [ticket.requester_email, row.sender_address, *ours]
    people = possible_participants([*message.to, *message.cc], present)
    if people:
        add_participants(ticket, people, SYSTEM, is_vouched=_can_vouch(row, ticket))


def _can_vouch(row: InboundMessage, ticket: Ticket) -> bool:
    if row.verified != Verified.VERIFIED:
        return False
    if row.opened_ticket or row.sender in (Sender.REQUESTER, Sender.AGENT):
        return True
    people = Participant.objects.of(ticket).filter(is_vouched=True)
    return people.filter(folded=folded_address(row.sender_address)).exists()


def _is_sender_proven(row: InboundMessage, message: Message, ticket: Ticket) -> bool:
    """Return whether the sender is verified, or had our mail.

    That proves nothing where somebody else had it who could write in any name: one for whom nobody
    vouches, or who takes part no more.
    """
    if row.verified == Verified.VERIFIED:
        return True
    if row.rule != ThreadRule.ADDRESS and not answers_us(message, ticket):
        return False
    if Participant.objects.with_repeated(ticket).unvouched().exists():
        return False
    return not others_with_our_mail(ticket)
