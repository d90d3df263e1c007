"""A ticket's comments and audit trail."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ...access.actors import Actor
from ...audit.trail import audit_trail
from ...forms.tickets import CommentForm
from ...models.ticket import Ticket
from ...services import comments
from ...services.replies import send_due_replies
from ...vocabulary import Scope
from .. import serializers
from ..endpoints import endpoint
from ..http import BodyRules, JsonBody, answer
from ..shapes import CommentJson, HistoryEntryJson


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    returns=list[CommentJson],
    success="Public replies and internal notes.",
)
def list_comments(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Read a ticket's conversation, oldest first, without replies that can still be undone.

    That of a merged ticket is read on the ticket that it is part of.
    """
    ticket = Ticket.including_spam.find_current(ticket_id)
    send_due_replies(ticket)
    rows = ticket.comments.select_related("author")
    return answer([serializers.comment(comment) for comment in rows])


@endpoint(
    tag="tickets",
    scope=Scope.WRITE,
    body=BodyRules("NewComment", CommentForm, read_only=CommentJson),
    returns=CommentJson,
    status=201,
    success="The new comment.",
    follows_merges=True,
)
def add_comment(request: HttpRequest, actor: Actor, body: JsonBody, ticket_id: int) -> HttpResponse:
    """Add a public reply or an internal note.

    To a merged ticket, it goes to the ticket that it is part of.
    """
    data = body.clean()
    ticket = Ticket.including_spam.find_current(ticket_id)
    return answer(serializers.comment(comments.add_comment(ticket, data, actor)), 201)


@endpoint(
    tag="tickets",
    scope=Scope.READ,
    returns=list[HistoryEntryJson],
    success="Who changed what, and when.",
)
def ticket_history(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Read a ticket's audit trail, oldest first.

    It includes that of the tickets that were merged into it.
    """
    ticket = Ticket.with_merged.find(ticket_id)
    return answer([serializers.history_entry(entry) for entry in audit_trail(ticket)])
