"""Empty messages whose ticket is deleted, and those that nobody needs.

Their rows stay, with what tells them from new ones, so that a message that is fetched or sent
again does not come back. See docs/decisions/0033-receiving-mail.md.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ...models.incoming import InboundMessage
from ...models.ticket import Comment, Ticket
from ...vocabulary import InboundKind

KEPT_WITHOUT_TICKET = timedelta(days=30)


def forget_messages(ticket: Ticket) -> list[int]:
    """Empty the messages of a ticket, and of those merged into it, before they are deleted.

    Those are the messages that joined one of them, those that one was made of, and their copies
    in other mailboxes. Return their ids.
    """
    merged = Ticket.with_merged.filter(merged_into=ticket).values_list("pk", flat=True)
    tickets = [ticket.pk, *merged]
    splits = Comment.with_split.filter(split_into__in=tickets).values_list("pk", flat=True)
    of_tickets = Q(ticket__in=tickets) | Q(comment__in=list(splits))
    ids = InboundMessage.objects.filter(of_tickets).exclude(message_id="")
    # A copy that came while its original was held belongs to no ticket.
    is_copy = Q(kind=InboundKind.COPY, message_id__in=ids.values("message_id"))
    messages = list(
        InboundMessage.objects.filter(of_tickets | is_copy).values_list("pk", flat=True)
    )
    InboundMessage.objects.filter(pk__in=messages).forget()
    return messages


def forget_unneeded() -> None:
    """Empty messages that belong to no ticket and wait for nobody, once they are a month old."""
    before = timezone.now() - KEPT_WITHOUT_TICKET
    InboundMessage.objects.unneeded(before).forget()
