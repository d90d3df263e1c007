"""Render an email. One to a requester says no more than the requester's page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.utils.translation import override

from ... import rich_text
from ...mail.addresses import deliverable_address
from ...models.mail import STOPPED, Email
from ...models.private_link import digest
from ...models.ticket import Comment, Ticket
from ...models.workplace import public_author, signature_below
from ...requester_texts import SUBJECTS
from ...vocabulary import MAX_LINKS, InboundKind, Language, MailKind, Verified
from ..invitations import INVITATION, RESET
from . import agents, conversations, limits
from .bounced import bounce_of
from .composition import UNPRINTABLE, OutgoingMessage
from .files import files_of
from .senders import DeskSender, desk_sender

# What sends an account a link that sets its password.
SUBJECTS_OF_LINKS = {
    MailKind.INVITATION: "You are invited to {desk_name}",
    MailKind.RESET: "Your password for {desk_name}",
}
POSSIBLY_FORGED = "The sender's address is possibly forged."
CHECK_SALT = "tickets.confirm-address"


def load(email_id: int) -> Email | None:
    """Return the email with its ticket and comment, as they are now."""
    related = ("ticket__merged_into", "comment__author__agent_profile", "recipient", "participant")
    rows = Email.objects.select_related(*related)
    return rows.filter(pk=email_id).first()


def obsolete_because(email: Email) -> str:
    """Return why a waiting email should no longer be sent; "" if it should."""
    if email.recipient is not None:
        reason = agents.obsolete_because(email, email.recipient)
    else:
        reason = _obsolete_for_requester(email)
    if not reason and (bounce := bounce_of(email.current_address)) is not None:
        reason = f"{STOPPED} {bounce.diagnostic}".strip()
    return reason


def _obsolete_for_requester(email: Email) -> str:
    ticket = email.ticket
    assert ticket is not None
    if email.kind == MailKind.LINKS:
        is_left = Ticket.objects.with_link_for(email.address).exists()
        return "" if is_left else "No ticket of this address has a private link."
    if (ticket.merged_into or ticket).spam:
        return "The ticket is spam."
    if email.kind == MailKind.CONFIRM and (email.confirmed_at or email != latest_check(ticket)):
        return "The address was confirmed, or another one was entered."
    if not email.current_address:
        return "The ticket no longer has an email address."
    if not ticket.link_digest and email.participant is None:
        return "The private link was revoked."
    if email.kind == MailKind.LINK and (ticket.merged_into or ticket).is_link_expired:
        return "The private link has expired."
    return _outdated_because(email, ticket)


def _outdated_because(email: Email, ticket: Ticket) -> str:
    comment = email.comment
    if email.kind == MailKind.RECEIVED:
        return _no_confirmation_because(ticket)
    if email.participant is not None and not email.participant.is_active:
        return "An agent has removed this participant."
    if email.kind == MailKind.REPLY and not (comment and comment.public):
        return "The reply is no longer public."
    if email.kind == MailKind.RESOLVED and not _still_resolved(email, ticket):
        return "The ticket did not stay resolved."
    if email.kind == MailKind.RESOLVED and conversations.is_possibly_forged(ticket):
        return POSSIBLY_FORGED
    return ""


def _no_confirmation_because(ticket: Ticket) -> str:
    """Return why the message that opened the ticket gets no automatic answer."""
    opening = conversations.opening_message(ticket)
    if opening is None:
        return ""
    if opening.kind != InboundKind.WRITTEN:
        return "A program wrote the message."
    if opening.verified == Verified.FAILED:
        return POSSIBLY_FORGED
    return ""


def _still_resolved(email: Email, ticket: Ticket) -> bool:
    later = ticket.emails.filter(kind=MailKind.RESOLVED, pk__gt=email.pk)
    # A closed ticket stays resolved. What a merged one was says nothing about the conversation.
    return ticket.is_finished and ticket.merged_into_id is None and not later.exists()


def render(email: Email) -> OutgoingMessage:
    """Return the email as text and HTML, in the ticket's language if it is for a requester.

    Raise ValueError if mail cannot carry its address.
    """
    ticket = None if email.recipient else email.ticket
    with override(ticket.language if ticket else Language.EN):
        return _render(email, desk_sender(email))


def _render(email: Email, sender: DeskSender) -> OutgoingMessage:
    template, subject, context = _content(email)
    files = files_of(email)
    # Mail programs decode what follows "=?", line ends included.
    subject = " ".join(UNPRINTABLE.sub(" ", subject).replace("=?", "= ?").split())
    context |= {"site": settings.SITE_URL, "desk_name": settings.DESK_NAME, "logo": logo_url()}
    context |= {
        "has_mailbox": sender.mailbox is not None,
        "is_answerable": bool(sender.reply_to(email)),
        "files_on_page": files.on_page,
    }
    return OutgoingMessage(
        subject,
        render_to_string(f"mail/{template}.txt", context).strip() + "\n",
        render_to_string(f"mail/{template}.html", context),
        sender=sender.address,
        to=deliverable_address(email.current_address),
        bounces_to=sender.bounces_to(email),
        headers=_headers(email, sender),
        files=files.attached,
    )


def logo_url() -> str:
    """Return the logo's absolute URL; "" for an SVG, which mail programs do not show."""
    logo = settings.DESK_LOGO
    return "" if logo is None or logo.is_svg else f"{settings.SITE_URL}{logo.address}"


def _content(email: Email) -> tuple[str, str, dict[str, Any]]:
    """Return the template, the subject, and what the template shows."""
    if email.recipient is not None and email.kind in SUBJECTS_OF_LINKS:
        subject = SUBJECTS_OF_LINKS[MailKind(email.kind)].format(desk_name=settings.DESK_NAME)
        return email.kind, subject, _password_link(email)
    if email.recipient is not None:
        mail = agents.compose(email, email.recipient)
        return "agents", mail.subject, {"mail": mail}
    ticket = email.ticket
    assert ticket is not None
    if email.has_own_address:
        # Without the title: a stranger may have chosen both the title and the address.
        return email.kind, str(SUBJECTS[MailKind(email.kind)]), _own_context(email, ticket)
    context = {"ticket": ticket, "kind": email.kind}
    may_read = email.participant is None and not conversations.is_possibly_forged(ticket)
    is_open = not (ticket.merged_into or ticket).is_link_expired
    # An agent sends a link, whoever the sender is.
    if is_open and (may_read or email.kind == MailKind.LINK):
        context["link"] = private_link(ticket)
    if email.comment is not None:
        context |= _reply_context(email.comment)
    return "message", conversations.subject_of(email, ticket), context


def _reply_context(comment: Comment) -> dict[str, Any]:
    # A ticket without a link may have been made of an internal note.
    quote = conversations.quoted_message(comment) if comment.ticket.link_digest else None
    return {
        "body": comment.body,
        "body_html": rich_text.render(comment.body),
        "author": public_author(comment),
        "signature": signature_below(comment),
        "quote": quote,
        "quote_html": rich_text.render(quote.text) if quote else "",
    }


def _password_link(email: Email) -> dict[str, Any]:
    assert email.recipient is not None
    link = RESET if email.kind == MailKind.RESET else INVITATION
    key, token = link.key(email.recipient)
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    return {"user": email.recipient, "key": key, "token": token, "days": days}


def _own_context(email: Email, ticket: Ticket) -> dict[str, Any]:
    match email.kind:
        case MailKind.LINKS:
            tickets = Ticket.objects.with_link_for(email.address).newest_first()[:MAX_LINKS]
            return {"links": [(each, private_link(each)) for each in tickets]}
        case MailKind.CONFIRM:
            return {"ticket": ticket, "link": check_link(email, ticket)}
    return {"ticket": ticket, "link": private_link(ticket)}


def _headers(email: Email, sender: DeskSender) -> dict[str, str]:
    domain = sender.address.domain or "localhost"
    earlier: list[str] = []
    if email.recipient is not None and email.ticket is not None:
        earlier = [conversations.agents_root(email, domain)]
    elif email.kind in conversations.CONVERSATION:
        earlier = conversations.earlier_ids(email, domain)
    headers = {"Message-ID": conversations.message_id(email, domain)}
    if reply_to := sender.reply_to(email):
        headers["Reply-To"] = reply_to
    if email.kind not in limits.NOT_AUTOMATIC:
        # RFC 3834, and Exchange's own header: no "out of office" comes back.
        is_answer = email.kind == MailKind.RECEIVED and bool(earlier)
        headers["Auto-Submitted"] = "auto-replied" if is_answer else "auto-generated"
        headers["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if earlier:
        headers |= {"In-Reply-To": earlier[-1], "References": " ".join(earlier)}
    return headers


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
