"""Render an email. One to a requester says no more than the requester's page shows."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode
from django.utils.translation import override

from ... import rich_text
from ...models.mail import Email, deliverable_address
from ...models.private_link import digest
from ...models.ticket import Ticket
from ...models.workplace import public_author, signature_below
from ...requester_texts import SUBJECTS
from ...vocabulary import MAX_LINKS, Language, MailKind
from ..invitations import invitation_key
from . import agents

INVITATION_SUBJECT = "You are invited to the support desk"
# Invisible, and not allowed in a header: control and direction marks, and line ends of all kinds.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

CHECK_SALT = "tickets.confirm-address"


def load(email_id: int) -> Email | None:
    """Return the email with its ticket and comment, as they are now."""
    related = ("ticket__merged_into", "comment__author__agent_profile", "recipient")
    rows = Email.objects.select_related(*related)
    rows = rows.defer("ticket__document", "ticket__merged_into__document")
    return rows.filter(pk=email_id).first()


def obsolete_because(email: Email) -> str:
    """Return why a waiting email should no longer be sent; "" if it should."""
    ticket = email.ticket
    if email.recipient is not None:
        return agents.obsolete_because(email, email.recipient)
    assert ticket is not None
    if email.kind == MailKind.LINKS:
        is_left = Ticket.objects.with_link_for(email.address).exists()
        return "" if is_left else "No ticket of this address has a private link."
    if (ticket.merged_into or ticket).spam:
        return "The ticket is spam."
    if email.kind == MailKind.CONFIRM and (email.confirmed_at or email != latest_check(ticket)):
        return "The address was confirmed, or another one was entered."
    if not email.has_own_address and not ticket.requester_email:
        return "The ticket no longer has an email address."
    if not ticket.link_digest:
        return "The private link was revoked."
    return _outdated_because(email, ticket)


def _outdated_because(email: Email, ticket: Ticket) -> str:
    comment = email.comment
    if email.kind == MailKind.REPLY and not (comment and comment.public):
        return "The reply is no longer public."
    if email.kind == MailKind.RESOLVED and not _still_resolved(email, ticket):
        return "The ticket did not stay resolved."
    return ""


def _still_resolved(email: Email, ticket: Ticket) -> bool:
    later = ticket.emails.filter(kind=MailKind.RESOLVED, pk__gt=email.pk)
    # A closed ticket stays resolved. What a merged one was says nothing about the conversation.
    return ticket.is_finished and ticket.merged_into_id is None and not later.exists()


def render(email: Email) -> EmailMessage:
    """Return the email as text and HTML, in the ticket's language if it is for a requester.

    Raise ValueError if mail cannot carry its address.
    """
    ticket = None if email.recipient else email.ticket
    with override(ticket.language if ticket else Language.EN):
        return _render(email)


def _render(email: Email) -> EmailMessage:
    template, subject, context = _content(email)
    # Mail programs decode what follows "=?", line ends included.
    subject = " ".join(UNPRINTABLE.sub(" ", subject).replace("=?", "= ?").split())
    context |= {"site": settings.SITE_URL, "desk_name": settings.DESK_NAME, "logo": logo_url()}
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"mail/{template}.txt", context).strip() + "\n",
        to=[deliverable_address(email.current_address)],
        headers=_headers(email),
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return message


def logo_url() -> str:
    """Return the logo's absolute URL; "" for an SVG, which mail programs do not show."""
    logo = settings.DESK_LOGO
    return "" if logo is None or logo.is_svg else f"{settings.SITE_URL}{logo.address}"


def _content(email: Email) -> tuple[str, str, dict[str, Any]]:
    """Return the template, the subject, and what the template shows."""
    if email.recipient is not None and email.kind == MailKind.INVITATION:
        return "invitation", INVITATION_SUBJECT, _invitation(email.recipient)
    if email.recipient is not None:
        mail = agents.compose(email, email.recipient)
        return "agents", mail.subject, {"mail": mail}
    ticket = email.ticket
    assert ticket is not None
    if email.has_own_address:
        # Without the title: a stranger may have chosen both the title and the address.
        return email.kind, str(SUBJECTS[MailKind(email.kind)]), _own_context(email, ticket)
    comment = email.comment
    context = {
        "ticket": ticket,
        "kind": email.kind,
        "body": comment.body if comment else "",
        "body_html": rich_text.render(comment.body) if comment else "",
        "author": public_author(comment) if comment else "",
        "signature": signature_below(comment) if comment else "",
        "link": private_link(ticket),
    }
    # Emails about a conversation share the subject, so that mail programs thread them.
    prefix = "" if email.kind == MailKind.RECEIVED else "Re: "
    return "message", f"{prefix}[#{ticket.pk}] {ticket.title}", context


def _invitation(recipient: User) -> dict[str, Any]:
    key, token = invitation_key(recipient)
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    return {"user": recipient, "key": key, "token": token, "days": days}


def _own_context(email: Email, ticket: Ticket) -> dict[str, Any]:
    match email.kind:
        case MailKind.LINKS:
            tickets = Ticket.objects.with_link_for(email.address).newest_first()[:MAX_LINKS]
            return {"links": [(each, private_link(each)) for each in tickets]}
        case MailKind.CONFIRM:
            return {"ticket": ticket, "link": check_link(email, ticket)}
    return {"ticket": ticket, "link": private_link(ticket)}


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
    is_alone = own == first or email.has_own_address
    return headers if is_alone else headers | {"In-Reply-To": first, "References": first}


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
        Ticket.with_merged.filter(pk=ticket.pk, link_digest=old).update(
            link_nonce=ticket.link_nonce, link_digest=ticket.link_digest
        )
    return f"{settings.SITE_URL}{ticket.private_link_path()}"


def latest_check(ticket: Ticket) -> Email | None:
    """Return the newest email that asks to confirm an address of this ticket. One query."""
    checks = ticket.emails.filter(kind=MailKind.CONFIRM)
    latest: Email | None = checks.select_related("ticket").order_by("-pk").first()
    return latest


def check_link(email: Email, ticket: Ticket) -> str:
    """Return the link that confirms the address as an absolute URL.

    It works for ADDRESS_CHECK_LIFETIME from now, and only as long as the private link does.
    """
    token = signing.dumps([email.pk, ticket.link_digest], salt=CHECK_SALT)
    return f"{settings.SITE_URL}{ticket.address_check_path(token)}"
