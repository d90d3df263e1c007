"""The conversation on a ticket."""

from datetime import timedelta

import pytest

from tickets.access.actors import SYSTEM, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import NotFound
from tickets.models.ticket import Comment, Ticket
from tickets.services import comments, tickets
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


# --- a comment sent by the form of a ticket's page --------------------------------------


def message(**values):
    return {"body": "Lift it, then pull.", "public": True, "resolve": False} | values


def test_a_comment_sent_twice_by_one_form_is_stored_once():
    ticket = TicketFactory()
    first = comments.send_comment(ticket, message(), SYSTEM, "form 1")
    again = comments.send_comment(ticket, message(), SYSTEM, "form 1")
    assert (again.comment, again.resolved) == (first.comment, None)
    assert comments.send_comment(ticket, message(), SYSTEM, "form 2").comment != first.comment
    assert Comment.objects.count() == 2


def test_sending_and_resolving_tells_the_ticket_that_it_resolved():
    ticket = TicketFactory()
    sent = comments.send_comment(ticket, message(resolve=True), SYSTEM, "form 1")
    assert (sent.resolved, sent.resolved.status, sent.resolved.version) == (ticket, "resolved", 3)
    again = comments.send_comment(ticket, message(resolve=True), SYSTEM, "form 1")
    assert (again.comment, again.resolved) == (sent.comment, None)


def test_a_ticket_that_was_resolved_before_is_not_resolved_by_a_comment():
    ticket = TicketFactory(status="resolved")
    sent = comments.send_comment(ticket, message(resolve=True), SYSTEM, "form 1")
    assert sent.resolved is None
    assert Ticket.objects.get().status == "resolved"


def test_a_lost_answer_can_be_asked_for_again_with_resolve():
    ticket = TicketFactory()
    first = comments.send_comment(ticket, message(), SYSTEM, "form 1")
    again = comments.send_comment(ticket, message(resolve=True), SYSTEM, "form 1")
    assert (again.comment, again.resolved) == (first.comment, ticket)
    tickets.update_ticket(ticket.pk, {"status": "open"}, SYSTEM)
    # Somebody has reopened it since. The same form does not resolve it a second time.
    assert comments.send_comment(ticket, message(resolve=True), SYSTEM, "form 1").resolved is None
    assert Ticket.objects.get().status == "open"


def test_a_comment_that_was_deleted_since_is_not_sent_again():
    ticket = TicketFactory()
    comments.send_comment(ticket, message(), SYSTEM, "form 1").comment.delete()
    with pytest.raises(NotFound):
        comments.send_comment(ticket, message(), SYSTEM, "form 1")
    assert not Comment.objects.exists()


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
