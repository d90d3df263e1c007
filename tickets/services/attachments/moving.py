"""Files follow their texts when tickets are merged, separated and split."""

from __future__ import annotations

from ...models.attachments import Attachment
from ...models.ticket import Comment, Ticket
from ...querysets.attachments import of_description


def move_to_target(source: Ticket, target: Ticket, opening: Comment) -> None:
    """Move the files of a merged ticket. `opening` is the comment that repeats its description."""
    files = Attachment.objects.filter(ticket=source)
    files.filter(of_description()).update(ticket=target, comment=opening)
    files.update(ticket=target)


def return_from_target(ticket: Ticket, target: Ticket) -> None:
    """Return the files of a ticket that stands on its own again.

    Call it when its comments have come back, and before the opening is deleted.
    """
    files = Attachment.objects.filter(ticket=target)
    openings = Comment.with_split.filter(ticket=target, origin=ticket, is_opening=True)
    files.filter(comment__in=openings).update(ticket=ticket, comment=None)
    files.filter(comment__ticket=ticket).update(ticket=ticket)
    files.filter(pending_reply__ticket=ticket).update(ticket=ticket)


def move_to_split(comment: Comment, ticket: Ticket) -> None:
    """Move the files of a message to the ticket that was made of it.

    Those of a note stay the note's: whoever gets the ticket's private link later must not see
    them. Those that came by mail stay its message's as well, which shows them in their places.
    """
    files = Attachment.objects.filter(comment=comment)
    if comment.public:
        files.update(ticket=ticket, comment=None)
    else:
        files.update(ticket=ticket)
