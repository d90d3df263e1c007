"""An email's part in its conversation: its id, what it answers, its subject, what it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BinaryField, Q
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from ... import requester_texts
from ...mail.headers import message_ids, read_headers
from ...models.incoming import InboundMessage
from ...models.mail import Email
from ...models.secret_keys import derived
from ...models.ticket import Comment, Ticket
from ...models.workplace import public_author
from ...vocabulary import (
    MAX_REFERENCES,
    AuthorRole,
    InboundKind,
    InboundState,
    MailKind,
    MailState,
    ThreadRule,
    Verified,
)

# Who has such an email has it in the ticket's conversation.
CONVERSATION = (MailKind.RECEIVED, MailKind.REPLY, MailKind.RESOLVED, MailKind.LINK)
# States of an email that was possibly handed over.
HANDED_OVER = (
    *(MailState.SENDING, MailState.SENT, MailState.PRINTED),
    *(MailState.BOUNCED, MailState.UNCERTAIN),
)
USABLE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
# As mail programs write it in our languages, and others that they answer in.
ANSWER = re.compile(r"(?:re|aw|antw|antwort|sv|vs|res|odp)(?:\[\d+\])?\s*:\s*", re.I)
MAX_QUOTE_CHARS = 5000
# Where a message says what it answers.
HEAD_BYTES = 64 * 1024


def message_id(email: Email, domain: str) -> str:
    """Return the same id each time, so that mailboxes recognise a duplicate. It reveals nothing.

    All copies of a reply have one id: whoever answers it answers the same message.
    """
    if email.message_id:
        return email.message_id
    event = f"reply {email.comment_id}" if email.participant_id else email.event
    return _signed_id(email, event, domain)


def agents_root(email: Email, domain: str) -> str:
    """Return the id of a message that never was, below which an agent's notices are threaded."""
    return _signed_id(email, f"agents {email.ticket_id}", domain)


def _signed_id(email: Email, event: str, domain: str) -> str:
    created_at = (email.ticket or email).created_at
    name = derived("tickets.message-id", f"{created_at.isoformat()} {event}").hex()[:32]
    return f"<{name}@{domain}>"


def earlier_ids(email: Email, domain: str) -> list[str]:
    """Return the ids of the conversation before this email, oldest first. Two queries.

    A message that was overtaken by an answer to it stands before that answer.
    `domain` is that of the ids of emails which an earlier release sent without storing them.
    """
    of_ticket = Q(ticket=email.ticket_id) | Q(ticket__merged_into=email.ticket_id)
    # What the requester got, and what this participant got instead.
    is_seen = Q(participant=None)
    if email.participant_id:
        is_seen |= Q(participant=email.participant_id)
    sent = Email.objects.filter(
        of_ticket,
        is_seen,
        created_at__lte=email.created_at,
        kind__in=CONVERSATION,
        recipient=None,
        state__in=HANDED_OVER,
    )
    sent = sent.exclude(pk=email.pk).select_related("ticket")
    received = InboundMessage.objects.filter(
        of_ticket,
        received_at__lte=email.created_at,
        kind=InboundKind.WRITTEN,
        state=InboundState.HANDLED,
    )
    head = Substr("raw", 1, HEAD_BYTES, output_field=BinaryField())
    last = received.order_by("-pk").values_list("received_at", "message_id", head)[:MAX_REFERENCES]
    answered = {each: _answered_ids(bytes(raw)) for _, each, raw in last}
    ids = [
        *(
            (each.created_at, message_id(each, domain))
            for each in sent.order_by("-pk")[: 2 * MAX_REFERENCES]
        ),
        *((received_at, each) for received_at, each, _ in last),
    ]
    own = message_id(email, domain)
    usable = [each for _, each in sorted(ids) if USABLE_ID.fullmatch(each) and each != own]
    return _below_what_they_answer(dict.fromkeys(usable), answered)[-MAX_REFERENCES:]


def _answered_ids(head: bytes) -> set[str]:
    headers, _ = read_headers(head, 0, len(head))
    return {
        each for name in ("references", "in-reply-to") for each in message_ids(headers.raw(name))
    }


def _below_what_they_answer(ids: Iterable[str], answered: Mapping[str, set[str]]) -> list[str]:
    """Return ids without any that stands below an answer to it.

    Mail programs that find a message both above and below another one end the thread there.
    """
    ordered: list[str] = []
    for each in ids:
        answers = (
            position for position, other in enumerate(ordered) if each in answered.get(other, ())
        )
        ordered.insert(next(answers, len(ordered)), each)
    return ordered


def opening_message(ticket: Ticket) -> InboundMessage | None:
    """Return the message that opened the ticket; None if it did not come by mail. One query."""
    opening = ticket.messages.filter(rule=ThreadRule.NEW).defer("raw")
    return opening.order_by("pk").first()


def is_possibly_forged(ticket: Ticket) -> bool:
    """Return whether the message that opened the ticket failed the checks of its sender."""
    opening = opening_message(ticket)
    return opening is not None and opening.verified == Verified.FAILED


def subject_of(email: Email, ticket: Ticket) -> str:
    """Return the subject of an email of the ticket's conversation, in the active language.

    All have one subject, since Gmail begins a new conversation with another one. A ticket that
    came by mail keeps its own, one made on the page that of the confirmation. The confirmation
    itself repeats nothing that a stranger wrote.
    """
    confirmation = f"[#{ticket.pk}] {requester_texts.REQUEST_RECEIVED}"
    if email.kind == MailKind.RECEIVED:
        return confirmation
    opening = opening_message(ticket)
    if opening is not None and (subject := _base_subject(opening.subject)):
        return f"Re: {subject}"
    confirmed = ticket.emails.filter(kind=MailKind.RECEIVED, state__in=HANDED_OVER)
    # One without a stored id was sent by an earlier release, with the title as its subject.
    if opening is None and confirmed.exclude(message_id="").exists():
        return f"Re: {confirmation}"
    return f"Re: [#{ticket.pk}] {ticket.title}"


def _base_subject(subject: str) -> str:
    """Return a subject without any number of "Re:" before it."""
    text = " ".join(subject.split())
    while match := ANSWER.match(text):
        text = text[match.end() :]
    return text


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that a reply answers: who wrote it, when, and its text."""

    author: str
    at: datetime
    text: str

    @property
    def lines(self) -> Sequence[str]:
        return [f"> {line}".rstrip() for line in self.text.splitlines()]


def quoted_message(reply: Comment) -> Quote:
    """Return the public message before an agent's reply; the ticket's text if there is none."""
    ticket = reply.ticket
    public = ticket.comments.filter(public=True, created_at__lte=reply.created_at)
    before = public.exclude(pk=reply.pk).select_related("author__agent_profile", "message")
    last = before.defer("message__raw").order_by("-created_at", "-pk").first()
    if last is None:
        opening = opening_message(ticket)
        text = _new_text(ticket.description, opening)
        return Quote(_writer(ticket, opening), ticket.created_at, text)
    message = getattr(last, "message", None)
    if last.author_role == AuthorRole.AGENT:
        author = public_author(last) or _("Support")
    else:
        author = _writer(ticket, message)
    return Quote(author, last.created_at, _new_text(last.body, message))


def _writer(ticket: Ticket, message: InboundMessage | None) -> str:
    """Return the name of who wrote a message, or else the address."""
    if message is not None:
        return message.sender_name or message.sender_address
    return ticket.requester_email


def _new_text(text: str, message: InboundMessage | None) -> str:
    """Return what is new in a text, without what its display folds, and no more than is useful."""
    if message is not None and message.text == text:
        end = 0
        parts = []
        for start, stop in message.folds:
            parts.append(text[end:start])
            end = stop
        text = "".join([*parts, text[end:]])
    text = text.strip()
    return text if len(text) <= MAX_QUOTE_CHARS else f"{text[:MAX_QUOTE_CHARS].rstrip()} […]"
