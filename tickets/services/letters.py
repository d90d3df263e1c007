"""What a message to a requester says: no more than the private link shows."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

from ..models import Email, Mail, Ticket, deliverable, digest

# Neither seen nor allowed in a header: control and direction marks, and line ends of all kinds.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def find(email_id: int) -> Email | None:
    """The row with what its message is about, as it is now."""
    about = Email.objects.select_related("ticket", "comment").defer("ticket__document")
    return about.filter(pk=email_id).first()


def no_longer_called_for(email: Email) -> str:
    """Why a message that waits should not go out any more; "" when it should."""
    ticket, comment = email.ticket, email.comment
    if not ticket.requester_email:
        return "The ticket has no e-mail address any more."
    if not ticket.link_digest:
        return "The private link was revoked."
    if email.kind == Mail.REPLY and not (comment and comment.public):
        return "The reply is not public any more."
    if email.kind == Mail.RESOLVED and not _still_resolved(email):
        return "The ticket did not stay resolved."
    return ""


def _still_resolved(email: Email) -> bool:
    anew = email.ticket.emails.filter(kind=Mail.RESOLVED, pk__gt=email.pk)
    return email.ticket.is_done and not anew.exists()  # closing it is no reopening


def compose(email: Email) -> EmailMessage:
    """The message, in plain text and HTML; ValueError where mail cannot carry its address."""
    ticket = email.ticket
    context = {
        "ticket": ticket,
        "kind": email.kind,
        "body": email.comment.body if email.comment else "",
        "link": private_link(ticket),
        "site": settings.SITE_URL,
    }
    message = EmailMultiAlternatives(
        subject=subject(email),
        body=render_to_string("mail/message.txt", context).strip() + "\n",
        to=[deliverable(ticket.requester_email)],
        headers=_headers(email),
    )
    message.attach_alternative(render_to_string("mail/message.html", context), "text/html")
    return message


def subject(email: Email) -> str:
    """The same for all of a ticket's messages, so that mail programs keep them together."""
    # "=?" would begin what mail programs decode, line ends included.
    title = " ".join(UNPRINTABLE.sub(" ", email.ticket.title).replace("=?", "= ?").split())
    again = "" if email.kind == Mail.RECEIVED else "Re: "
    return f"{again}[#{email.ticket_id}] {title}"


def _headers(email: Email) -> dict[str, Any]:
    own = message_id(email.ticket, email.event)
    first = message_id(email.ticket, f"received {email.ticket_id}")
    headers = {
        "Message-ID": own,
        # RFC 3834, and what Exchange heeds: no "out of office" comes back.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    return headers if own == first else headers | {"In-Reply-To": first, "References": first}


def message_id(ticket: Ticket, event: str) -> str:
    """The same whenever it is sent, so that a mailbox knows it again; and tells nothing else."""
    name = salted_hmac(
        "tickets.message-id", f"{ticket.created_at.isoformat()} {event}", algorithm="sha256"
    ).hexdigest()[:32]
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return f"<{name}@{punycode(sender.rpartition('@')[2]) or 'localhost'}>"


def private_link(ticket: Ticket) -> str:
    """The whole address. A link that was made under another SECRET_KEY is replaced, since it
    cannot be shown any more."""
    if digest(ticket.link_secret) != ticket.link_digest:
        old = ticket.link_digest
        ticket.issue_link()
        Ticket.objects.filter(pk=ticket.pk, link_digest=old).update(
            link_nonce=ticket.link_nonce, link_digest=ticket.link_digest
        )
    return f"{settings.SITE_URL}{ticket.track_path()}"
