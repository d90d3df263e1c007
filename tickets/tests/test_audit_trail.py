"""The audit trail: what changed, when, and who changed it."""

import pytest

from tickets.access.actors import TRIAGE, user_actor
from tickets.audit.trail import audit_trail
from tickets.models.ticket import Ticket
from tickets.pages.audit_text import noteworthy, sentence, summary
from tickets.services.editing import audited
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_it_lists_comments_and_changes_in_the_order_they_came():
    ticket = TicketFactory()
    comment = CommentFactory(ticket=ticket)
    Ticket.objects.update(priority="low")
    comment.body = "Changed."
    comment.save()
    comment.delete()
    assert [(entry.event, entry.changes) for entry in audit_trail(ticket)[1:]] == [
        ("comment created", {"body": (None, "We are looking into it."), "public": (None, False)}),
        ("changed", {"priority": ("medium", "low")}),
        ("comment changed", {"body": ("We are looking into it.", "Changed.")}),
        ("comment deleted", {}),
    ]


def test_it_lists_attached_files():
    ticket = TicketFactory()
    with audited(user_actor(AgentFactory(username="maria"))):
        attach_content(ticket, b"A log.", "log.txt")
    entry = audit_trail(ticket)[-1]
    assert (entry.event, entry.actor) == ("file attached", "maria")
    assert entry.changes == {"name": (None, "log.txt")}
    assert sentence(entry) == "maria attached \u201clog.txt\u201d"


def test_it_takes_five_queries(django_assert_num_queries):
    ticket = TicketFactory()
    for number in range(10):
        CommentFactory(ticket=ticket)
        Ticket.objects.update(urgency_score=number, assignee=AgentFactory())
    with django_assert_num_queries(5):
        assert len(audit_trail(ticket)) == 21


@pytest.mark.parametrize(
    ("urgency", "sentences"),
    [(92, []), (82, []), (81, ["Triage changed urgency from 94 to 81"])],
)
def test_readers_hear_of_an_urgency_that_leaves_its_band(urgency, sentences):
    ticket = TicketFactory(urgency_score=94)
    with audited(TRIAGE):
        Ticket.objects.update(urgency_score=urgency, sentiment_confidence=0.7)
    entries = audit_trail(ticket)[1:]
    assert entries[0].changes["urgency_score"] == (94, urgency)  # the trail keeps it
    assert [sentence(entry) for entry in noteworthy(entries)] == sentences
    assert summary(entries) == "".join(f"{text}." for text in sentences)


def test_an_urgency_that_an_admin_set_is_told():
    ticket = TicketFactory(urgency_score=94)
    with audited(user_actor(AgentFactory(username="maria"))):
        Ticket.objects.update(urgency_score=92)
    assert summary(audit_trail(ticket)[1:]) == "maria changed urgency from 94 to 92."
