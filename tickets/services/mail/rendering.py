"""Render an email. One to a requester says no more than the requester's page shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

from ...models.mail import Email, deliverable_address
from ...models.ticket import Ticket, digest
from ...models.workplace import public_author, signature_below
from ...vocabulary import MailKind
from ..invitations import invitation_key
from . import agents

# Invisible, and not allowed in a header: control and direction marks, and line ends of all kinds.
INVITATION_SUBJECT = "You are invited to the support desk"
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def load(email_id: int) -> Email | None:
    """Return the email with its ticket and comment, as they are now."""
    related = ("ticket", "comment__author__agent_profile", "recipient")
    rows = Email.objects.select_related(*related).defer("ticket__document")
    return rows.filter(pk=email_id).first()


def address(email: Email) -> str:
    """Return where the email goes, as it stands now; "" for nowhere."""
    if email.recipient is not None:
        return email.recipient.email
    return email.ticket.requester_email if email.ticket else ""


def obsolete_because(email: Email) -> str:
    """Return why a waiting email should no longer be sent; "" if it should."""
    ticket, comment = email.ticket, email.comment
    if email.recipient is not None:
        return agents.obsolete_because(email, email.recipient)
    assert ticket is not None
    if not ticket.requester_email:
        return "The ticket no longer has an email address."
    if not ticket.link_digest:
        return "The private link was revoked."
    if email.kind == MailKind.REPLY and not (comment and comment.public):
        return "The reply is no longer public."
    if email.kind == MailKind.RESOLVED and not _still_resolved(email, ticket):
        return "The ticket did not stay resolved."
    return ""


def _still_resolved(email: Email, ticket: Ticket) -> bool:
    later = ticket.emails.filter(kind=MailKind.RESOLVED, pk__gt=email.pk)
    return ticket.is_finished and not later.exists()  # a closed ticket stays resolved


def render(email: Email) -> EmailMessage:
    """Return the email as text and HTML. Raise ValueError if mail cannot carry its address."""
    if email.recipient is not None:
        if email.kind == MailKind.INVITATION:
            return _message(email, INVITATION_SUBJECT, "invitation", _invitation(email.recipient))
        mail = agents.compose(email, email.recipient)
        return _message(email, mail.subject, "agents", {"mail": mail, "site": settings.SITE_URL})
    ticket = email.ticket
    assert ticket is not None
    context = {
        "ticket": ticket,
        "kind": email.kind,
        "body": email.comment.body if email.comment else "",
        "author": public_author(email.comment) if email.comment else "",
        "signature": signature_below(email.comment) if email.comment else "",
        "link": private_link(ticket),
        "site": settings.SITE_URL,
    }
    # All emails of a ticket share the subject, so that mail programs thread them.
    prefix = "" if email.kind == MailKind.RECEIVED else "Re: "
    return _message(email, f"{prefix}[#{ticket.pk}] {ticket.title}", "message", context)


def _invitation(recipient: User) -> dict[str, Any]:
    key, token = invitation_key(recipient)
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    site = settings.SITE_URL
    return {"user": recipient, "key": key, "token": token, "site": site, "days": days}


def _message(email: Email, subject: str, template: str, context: Mapping[str, Any]) -> EmailMessage:
    # Mail programs decode what follows "=?", line ends included.
    subject = " ".join(UNPRINTABLE.sub(" ", subject).replace("=?", "= ?").split())
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"mail/{template}.txt", context).strip() + "\n",
        to=[deliverable_address(address(email))],
        headers=_headers(email),
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return message


def _headers(email: Email) -> dict[str, str]:
    own = message_id(email, email.event)
    # An agent's mail program threads what it gets about a ticket below a message that never was.
    root = f"{'agents' if email.recipient_id else 'received'} {email.ticket_id}"
    first = message_id(email, root) if email.ticket else own
    headers = {
        "Message-ID": own,
        # RFC 3834, and Exchange's own header: no "out of office" comes back.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    return headers if own == first else headers | {"In-Reply-To": first, "References": first}


def message_id(email: Email, event: str) -> str:
    """Return the same id each time, so that mailboxes recognise a duplicate. It reveals nothing."""
    created_at = (email.ticket or email).created_at
    name = salted_hmac(
        "tickets.message-id", f"{created_at.isoformat()} {event}", algorithm="sha256"
    ).hexdigest()[:32]
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return f"<{name}@{punycode(sender.rpartition('@')[2]) or 'localhost'}>"


def private_link(ticket: Ticket) -> str:
    """Return the requester's page as an absolute URL.

    A link made under another SECRET_KEY can no longer be shown, so it is replaced.
    """
    if digest(ticket.link_secret) != ticket.link_digest:
        old = ticket.link_digest
        ticket.issue_link()
        Ticket.objects.filter(pk=ticket.pk, link_digest=old).update(
            link_nonce=ticket.link_nonce, link_digest=ticket.link_digest
        )
    return f"{settings.SITE_URL}{ticket.private_link_path()}"
