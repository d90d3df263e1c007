"""What an agent writes on a ticket's page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..access import Actor
from ..exceptions import NotFound
from ..models import Comment, Status, Ticket, digest
from .changing import change_by
from .once import first_of
from .tickets import add_comment, update_ticket


def send_message(
    ticket: Ticket, data: Mapping[str, Any], actor: Actor, key: str
) -> tuple[Comment, Ticket | None]:
    """Store a reply or note; the same words under the same form's `key` are stored only once.

    With `data["resolve"]` the ticket is resolved in the same transaction, and returned as that
    has left it; None where nothing was to resolve. Raises NotFound where the ticket, or a message
    that was sent before, is gone.
    """
    # Whether it was to resolve as well is no other message: the answer may have been lost.
    fingerprint = digest(json.dumps([data["body"], data["public"]]))
    name = digest(f"message\0{ticket.pk}\0{key}\0{fingerprint}")
    with change_by(actor):
        first = first_of(name, fingerprint)
        kept = json.loads(first.answer or "{}")
        comment = _sent_before(kept["comment"]) if kept else add_comment(ticket, data, actor)
        resolved = None
        if data["resolve"] and not kept.get("resolved"):
            resolved = update_ticket(ticket.pk, {"status": Status.RESOLVED}, actor)
        first.keep(ticket, {"comment": comment.pk, "resolved": data["resolve"]})
    return comment, resolved if resolved and resolved.renewed else None


def _sent_before(comment_id: int) -> Comment:
    comment = Comment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise NotFound("This message was sent before and has been deleted since.")
    return comment
