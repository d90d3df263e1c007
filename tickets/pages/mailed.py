"""What came by mail, as it stands in a conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from .. import rich_text
from ..mail.addresses import folded_address
from ..models.incoming import InboundMessage
from ..models.mail import BouncedAddress
from ..models.participants import Participant
from ..models.ticket import Comment, Ticket
from ..querysets.comments import Portion
from ..requester_texts import IN_PLACE_OF_TEXT
from ..services.mail.outbox import reply_recipients
from ..vocabulary import AuthorRole, InboundKind, InboundState, Sender
from .ticket_parts import TicketParts


@dataclass(frozen=True, slots=True)
class Mailed:
    """The messages of a conversation.

    `opening` became the ticket. `by_comment` has those that became comments, `beside` what agents
    see below a comment without being part of the conversation; below the description is the key 0.
    """

    opening: InboundMessage | None = None
    by_comment: dict[int, InboundMessage] = field(default_factory=dict)
    beside: dict[int, list[InboundMessage]] = field(default_factory=dict)


def mailed(ticket: Ticket, portion: Portion[Comment]) -> Mailed:
    """Return what came by mail on a ticket, of this part of its conversation. One query."""
    comments = portion.messages
    messages = InboundMessage.objects.of(ticket).readable()
    if not portion.is_whole:
        messages = messages.filter(Q(comment=None) | Q(comment__in=comments))
    rows = list(messages)
    openings = {row.ticket_id: row for row in rows if row.opened_ticket}
    result = Mailed(opening=openings.get(ticket.pk))
    own = {row.comment_id: row for row in rows if row.comment_id is not None}
    for comment in comments:
        row = openings.get(comment.origin_id) if comment.is_opening else own.get(comment.pk)
        if row is not None:
            result.by_comment[comment.pk] = row
    for row in rows:
        if _stands_beside(row) and _is_within(portion, row.received_at):
            earlier = [each.pk for each in comments if each.created_at <= row.received_at]
            result.beside.setdefault(earlier[-1] if earlier else 0, []).append(row)
    return result


def _is_within(portion: Portion[Comment], at: datetime) -> bool:
    is_later = portion.follows is None or at >= portion.follows
    return is_later and (portion.precedes is None or at < portion.precedes)


def _stands_beside(row: InboundMessage) -> bool:
    if row.comment_id is not None or row.opened_ticket:
        return False
    is_report = row.kind in (InboundKind.AUTOMATIC, InboundKind.BOUNCE)
    return row.state == InboundState.HELD or is_report


def text_html(body: str, message: InboundMessage | None) -> SafeString:
    """Show a description or a comment, folded as its mail was read unless it was edited since.

    What stands in the place of a text that could not be read is translated.
    """
    if message is not None and body in IN_PLACE_OF_TEXT:
        body = gettext(body)
    is_as_mailed = message is not None and message.text == body
    return rich_text.render_mail(body, message.folds if message and is_as_mailed else [])


def author_name(comment: Comment, message: InboundMessage | None) -> str:
    """Name who wrote a message by mail in the place of the requester; "" for the requester."""
    if message is None or comment.author_role != AuthorRole.REQUESTER:
        return ""
    is_requester = message.sender == Sender.REQUESTER
    return "" if is_requester else message.sender_name or message.sender_address


def people(ticket: Ticket, parts: TicketParts) -> dict[str, object]:
    """Return who takes part, to whom mail cannot be delivered, and who gets replies.

    `copied` are the participants who get them, whether or not the requester can. Up to two queries.
    """
    rows = Participant.objects.of(ticket).order_by("pk")
    participants = list(rows) if "participants" in parts else []
    requester = folded_address(ticket.requester_email)
    folded = [participant.folded for participant in participants]
    if requester:
        folded.append(requester)
    may_bounce = "bounced" in parts or participants
    bounced = list(BouncedAddress.objects.on(ticket, folded)) if may_bounce else []
    unreachable = {each.folded for each in bounced}
    copied = reply_recipients(ticket, participants)
    return {
        "participants": participants,
        "bounced": bounced,
        "requester_bounces": requester in unreachable,
        "copied": [each for each in copied if each.folded not in unreachable],
    }
