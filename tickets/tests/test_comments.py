"""The conversation on a ticket."""

from datetime import timedelta

import pytest

from tickets.access.actors import SYSTEM, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import NotFound
from tickets.models.ticket import Comment, Ticket
from tickets.services import comments
from tickets.tests.factories import AgentFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_an_agents_comment_is_an_internal_note_unless_it_is_public():
    ticket, grace = TicketFactory(), AgentFactory()
    note = comments.add_comment(ticket, {"body": "Hm."}, user_actor(grace))
    reply = comments.add_comment(ticket, {"body": "Hello.", "public": True}, user_actor(grace))
    assert (note.public, reply.public) == (False, True)
    assert (note.author, note.author_role) == (grace, "agent")
    assert audit_trail(ticket)[-1].actor == grace.username


def test_a_deleted_ticket_gets_no_comment():
    ticket = TicketFactory()
    Ticket.objects.all().delete()
    with pytest.raises(NotFound):
        comments.add_comment(ticket, {"body": "Hello?"}, SYSTEM)
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("status", "after"),
    [("open", "open"), ("in_progress", "in_progress"), ("resolved", "open"), ("closed", "open")],
)
def test_a_requesters_reply_opens_a_finished_ticket(status, after):
    ticket = TicketFactory(status=status)
    reply = comments.add_reply(ticket, {"body": "It burns again."})
    ticket.refresh_from_db()
    assert ticket.status == after
    assert (reply.author, reply.author_role, reply.public) == (None, "requester", True)
    assert audit_trail(ticket)[-1].actor == "requester"


def test_a_requesters_reply_sent_twice_is_stored_once():
    ticket = TicketFactory()
    reply = comments.add_reply(ticket, {"body": "It burns."})
    assert comments.add_reply(ticket, {"body": "It burns."}) == reply
    Comment.objects.update(created_at=reply.created_at - comments.RESEND_WINDOW)
    assert comments.add_reply(ticket, {"body": "It burns."}) != reply


def test_the_first_public_reply_is_the_response():
    ticket = TicketFactory()
    comments.add_comment(ticket, {"body": "Hm."}, SYSTEM)
    ticket.refresh_from_db()
    assert ticket.first_response_at is None
    reply = comments.add_comment(ticket, {"body": "Hello.", "public": True}, SYSTEM)
    Comment.objects.update(created_at=reply.created_at - timedelta(hours=1))
    comments.add_comment(ticket, {"body": "Again.", "public": True}, SYSTEM)
    ticket.refresh_from_db()
    assert ticket.first_response_at == reply.created_at
