"""What the tests of conversations by mail share: mailboxes, and messages that came in."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.utils import make_msgid

from django.utils import timezone

from tickets.models.incoming import InboundMessage, Mailbox, digest_of
from tickets.services import comments
from tickets.tests.mailing import create_ticket
from tickets.vocabulary import InboundKind, InboundState, Sender, ThreadRule, Verified

numbers = itertools.count(1)


def create_mailbox(address="support@example.org", **values):
    return Mailbox.objects.create(name=address, address=address, **values)


def written(subject, answers=None, message_id=None):
    """Return a message as a requester's mail program writes it."""
    message = EmailMessage()
    message["From"] = "Kim Müller <kim@example.org>"
    message["Message-ID"] = message_id or make_msgid(domain="example.org")
    message["Subject"] = subject
    if answers is not None:
        message["In-Reply-To"] = answers["Message-ID"]
        references = f"{answers['References'] or ''} {answers['Message-ID']}"
        message["References"] = " ".join(references.split())
    return message


def store(message, ticket, mailbox=None, comment=None, **values):
    """Store a message that came in, as handled."""
    raw = f"{next(numbers)} {message['Message-ID']}".encode()
    values = {
        "mailbox": mailbox,
        "sha256": digest_of(raw),
        "raw": raw,
        "message_id": message["Message-ID"],
        "subject": message["Subject"],
        "received_at": timezone.now() if comment else ticket.created_at,
        "state": InboundState.HANDLED,
        "kind": InboundKind.WRITTEN,
        "rule": ThreadRule.IN_REPLY_TO if comment else ThreadRule.NEW,
        "sender": Sender.REQUESTER,
        "sender_address": "kim@example.org",
        "sender_name": "Kim Müller",
        "verified": Verified.VERIFIED,
        "text": comment.body if comment else ticket.description,
        "ticket": ticket,
        "comment": comment,
    } | values
    return InboundMessage.objects.create(**values)


def ticket_by_mail(message, mailbox=None, **values):
    """Return the ticket that a message opened."""
    ticket = create_ticket(title=message["Subject"] or "Support request")
    store(message, ticket, mailbox, **values)
    return ticket


def answer_by_mail(message, ticket, body, mailbox=None, **values):
    """Let the requester answer by mail."""
    comment = comments.add_reply(ticket, {"body": body})
    store(message, ticket, mailbox, comment, **values)
    return comment
