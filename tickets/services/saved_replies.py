"""Saved replies: texts that agents write often.

A text may hold variables in braces, such as {number}. They are replaced when the reply is inserted
on a ticket. Braces around other words stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from ..access.actors import Actor, may_change
from ..exceptions import InvalidInput, NotFound, PermissionDenied
from ..models.ticket import Ticket
from ..models.workplace import AgentProfile, SavedReply
from ..vocabulary import MAX_SAVED_REPLIES
from .mail.rendering import private_link

SAME_NAME = "You have a saved reply with this name already. Choose another name."
# What each variable stands for, as the page explains it.
VARIABLES: Mapping[str, str] = {
    "requester": "the requester's email address",
    "agent": "your display name",
    "number": "the ticket's number",
    "title": "the ticket's title",
    "link": "the address of the requester's private page",
}
VARIABLE = re.compile(r"( ?)\{(" + "|".join(VARIABLES) + r")\}")


def create_reply(data: Mapping[str, Any], actor: Actor) -> SavedReply:
    """Save a text under a name. An actor without an account shares it with all.

    Raise InvalidInput if the owner has the name already, or too many replies.
    """
    if SavedReply.objects.filter(owner=actor.user).count() >= MAX_SAVED_REPLIES:
        message = f"You have {MAX_SAVED_REPLIES} saved replies, which is the limit."
        raise InvalidInput(errors={"name": [message]})
    return _store(SavedReply(owner=actor.user), data)


def update_reply(reply_id: int, data: Mapping[str, Any], actor: Actor) -> SavedReply:
    """Raise NotFound, PermissionDenied and InvalidInput as the other functions do."""
    return _store(changeable_reply(reply_id, actor), data)


def delete_reply(reply_id: int, actor: Actor) -> SavedReply:
    reply = changeable_reply(reply_id, actor)
    reply.delete()
    return reply


def changeable_reply(reply_id: int, actor: Actor) -> SavedReply:
    """Return a reply that the actor may change. Raise NotFound or PermissionDenied."""
    reply = _visible_reply(reply_id, actor)
    if not may_change(reply, actor):
        raise PermissionDenied("This saved reply belongs to somebody else.")
    return reply


def insert_reply(reply_id: int, ticket: Ticket, actor: Actor) -> str:
    """Return the text for this ticket, and count that it was used. Raise NotFound."""
    reply = _visible_reply(reply_id, actor)
    SavedReply.objects.filter(pk=reply.pk).update(uses=F("uses") + 1)
    return fill_in(reply.body, ticket, actor)


def fill_in(text: str, ticket: Ticket, actor: Actor) -> str:
    """Replace the variables. One without a value disappears with the space before it."""
    values = {
        "requester": ticket.requester_email,
        "agent": _agent_name(actor),
        "number": f"#{ticket.pk}",
        "title": ticket.title,
        "link": private_link(ticket) if ticket.link_digest and not ticket.is_link_expired else "",
    }

    def value(match: re.Match[str]) -> str:
        text = values[match[2]]
        return f"{match[1]}{text}" if text else ""

    return VARIABLE.sub(value, text)


def _agent_name(actor: Actor) -> str:
    """Return the name that requesters see on a reply, or one that the agent can change."""
    if actor.user is None:
        return ""
    return AgentProfile.of(actor.user).display_name or actor.user.get_full_name() or actor.name


def _visible_reply(reply_id: int, actor: Actor) -> SavedReply:
    reply: SavedReply | None = SavedReply.objects.visible_to(actor.user).filter(pk=reply_id).first()
    if reply is None:
        raise NotFound("This saved reply does not exist any more.")
    return reply


def _store(reply: SavedReply, data: Mapping[str, Any]) -> SavedReply:
    name_is_used = InvalidInput(errors={"name": [SAME_NAME]})
    namesakes = SavedReply.objects.named(data["name"], reply.owner).exclude(pk=reply.pk)
    if namesakes.exists():
        raise name_is_used
    reply.name, reply.body = data["name"], data["body"]
    reply.shared = data["shared"] or reply.owner is None
    try:
        with transaction.atomic():
            reply.save()
    except IntegrityError:
        raise name_is_used from None
    return reply
