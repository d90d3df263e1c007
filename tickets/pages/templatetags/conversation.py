"""What people wrote on a ticket, who they are, and what became of emails."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.template import Library
from django.utils.safestring import SafeString

from tickets import rich_text
from tickets.audit.trail import AuditEntry
from tickets.models import workplace
from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.pages import audit_text, mailed
from tickets.services.mentions import find_mentions
from tickets.vocabulary import (
    AuthorRole,
    MailKind,
    MailState,
)

register = Library()


@register.filter(name="rich_text")
def show_text(text: str) -> SafeString:
    """Show what somebody wrote: with links, code and folded quotes."""
    return rich_text.render(text)


@register.filter
def mail_text(text: str, message: InboundMessage | None) -> SafeString:
    """Show what somebody wrote, folded as its mail was read if it came by mail."""
    return mailed.text_html(text, message)


@register.filter
def mail_of(messages: mailed.Mailed, comment: Comment) -> InboundMessage | None:
    """Return the message that a comment came by."""
    return messages.by_comment.get(comment.pk)


@register.filter
def beside(messages: mailed.Mailed, comment_id: int) -> list[InboundMessage]:
    """Return what agents see below a comment, or with 0 below the description."""
    return messages.beside.get(comment_id, [])


@register.filter
def mail_author(comment: Comment, message: InboundMessage | None) -> str:
    """Name who wrote a message by mail if it was not the requester; else ""."""
    return mailed.author_name(comment, message)


@register.filter
def note_text(text: str, agents: Mapping[str, User]) -> SafeString:
    """Show an internal note: as `rich_text` does, with the `@name` of these agents marked."""
    mentions = [
        rich_text.Highlight(mention.start, mention.end, css_class="mention")
        for mention in find_mentions(text, agents)
    ]
    return rich_text.render(text, mentions)


@register.simple_tag
def message_author(message: Comment | PendingReply, ticket: Ticket) -> str:
    """Name who wrote a message, or a reply that waits."""
    if isinstance(message, Comment) and message.author_role == AuthorRole.REQUESTER:
        return ticket.requester_email or "The requester"
    return message.author.get_username() if message.author else "An agent"


@register.filter
def action_texts(entry: AuditEntry) -> list[str]:
    """Return what the entry's actor did."""
    return audit_text.texts(entry)


@register.filter
def actor_name(entry: AuditEntry) -> str:
    return audit_text.actor_name(entry)


@register.filter
def masked_address(address: str) -> str:
    """Return an email address as its owner recognises it: "k\u2026@example.org"."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}\u2026@{domain}"


EMAIL_NAMES = {
    MailKind.RECEIVED: "Confirmation",
    MailKind.REPLY: "Reply",
    MailKind.RESOLVED: "Resolution notice",
    MailKind.LINK: "Private link",
    MailKind.LINKS: "Private links, which the requester asked for,",
    MailKind.CONFIRM: "Confirmation of a new address",
    MailKind.MOVED: "Notice to the old address",
}
EMAIL_STATES = {
    MailState.WAITING: "queued",
    MailState.SENDING: "being sent, queued",
    MailState.SENT: "sent",
    MailState.PRINTED: "printed, since no mail server is set up,",
    MailState.HELD: "held until an agent answers, queued",
    MailState.BOUNCED: "came back, sent",
    MailState.FAILED: "could not be sent, queued",
    MailState.UNCERTAIN: "possibly sent, queued",
    MailState.DROPPED: "not sent, queued",
}


@register.filter
def public_author(comment: Comment) -> str:
    """Return the name that the requester sees; "" if the agent chose none."""
    return workplace.public_author(comment)


@register.filter
def signature(message: Comment | PendingReply) -> str:
    """Return the signature below an agent's reply; "" for none."""
    return workplace.signature_below(message)


@register.filter
def email_name(email: Email) -> str:
    name = EMAIL_NAMES[MailKind(email.kind)]
    return f"{name} to {email.participant.address}" if email.participant else name


@register.filter
def email_state(email: Email) -> str:
    """Say what became of the email, to stand between its name and its time."""
    return EMAIL_STATES[MailState(email.state)]
