"""Render an email to a requester. It says no more than the requester's page shows."""

from __future__ import annotations

import re
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

from ...models.mail import Email, deliverable_address
from ...models.ticket import Ticket, digest
from ...vocabulary import MailKind

# Invisible, and not allowed in a header: control and direction marks, and line ends of all kinds.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def load(email_id: int) -> Email | None:
    """Return the email with its ticket and comment, as they are now."""
    rows = Email.objects.select_related("ticket", "comment").defer("ticket__document")
    return rows.filter(pk=email_id).first()


def obsolete_because(email: Email) -> str:
    """Return why a waiting email should no longer be sent; "" if it should."""
    ticket, comment = email.ticket, email.comment
    if ticket.spam:
        return "The ticket is spam."
    if not ticket.requester_email:
        return "The ticket no longer has an email address."
    if not ticket.link_digest:
        return "The private link was revoked."
    if email.kind == MailKind.REPLY and not (comment and comment.public):
        return "The reply is no longer public."
    if email.kind == MailKind.RESOLVED and not _still_resolved(email):
        return "The ticket did not stay resolved."
    return ""


def _still_resolved(email: Email) -> bool:
    later = email.ticket.emails.filter(kind=MailKind.RESOLVED, pk__gt=email.pk)
    return email.ticket.is_finished and not later.exists()  # a closed ticket stays resolved


def render(email: Email) -> EmailMessage:
    """Return the email as text and HTML. Raise ValueError if mail cannot carry its address."""
    ticket = email.ticket
    context = {
        "ticket": ticket,
        "kind": email.kind,
        "body": email.comment.body if email.comment else "",
        "link": private_link(ticket),
        "site": settings.SITE_URL,
        "desk_name": settings.DESK_NAME,
        "logo": logo_url(),
    }
    message = EmailMultiAlternatives(
        subject=subject(email),
        body=render_to_string("mail/message.txt", context).strip() + "\n",
        to=[deliverable_address(ticket.requester_email)],
        headers=_headers(email),
    )
    message.attach_alternative(render_to_string("mail/message.html", context), "text/html")
    return message


def logo_url() -> str:
    """Return the logo's absolute URL; "" for an SVG, which mail programs do not show."""
    logo = settings.DESK_LOGO
    return "" if logo is None or logo.is_svg else f"{settings.SITE_URL}{logo.address}"


def subject(email: Email) -> str:
    """Return the subject. All emails of a ticket share it, so that mail programs thread them."""
    # Mail programs decode what follows "=?", line ends included.
    title = " ".join(UNPRINTABLE.sub(" ", email.ticket.title).replace("=?", "= ?").split())
    prefix = "" if email.kind == MailKind.RECEIVED else "Re: "
    return f"{prefix}[#{email.ticket_id}] {title}"


def _headers(email: Email) -> dict[str, str]:
    own = message_id(email.ticket, email.event)
    first = message_id(email.ticket, f"received {email.ticket_id}")
    headers = {
        "Message-ID": own,
        # RFC 3834, and Exchange's own header: no "out of office" comes back.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    return headers if own == first else headers | {"In-Reply-To": first, "References": first}


def message_id(ticket: Ticket, event: str) -> str:
    """Return the same id each time, so that mailboxes recognise a duplicate. It reveals nothing."""
    name = salted_hmac(
        "tickets.message-id", f"{ticket.created_at.isoformat()} {event}", algorithm="sha256"
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
