"""A deleted ticket leaves nothing in the events of tickets that stay."""

import pytest

from tickets.access.actors import SYSTEM
from tickets.audit.trail import audit_trail
from tickets.models.events import Erasure
from tickets.models.ticket import Comment
from tickets.services.comments import add_comment
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.splitting import split_comment
from tickets.services.tickets import delete_ticket
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import TicketFactory

from .leftovers import MARK, columns_with

pytestmark = pytest.mark.django_db


def assert_history_stays(ticket, event):
    assert columns_with(MARK) == set()
    assert event in [entry.event for entry in audit_trail(ticket)]
    assert Erasure.objects.filter(ticket_number=ticket.pk, kind="redacted").exists()


def test_a_message_that_became_a_ticket():
    source = TicketFactory()
    comment = add_comment(source, {"body": f"{MARK} text", "public": True}, SYSTEM)
    attach_content(source, b"E 42", f"{MARK}.log", comment=comment)
    ticket = split_comment(source.pk, comment.pk, SYSTEM).ticket
    delete_ticket(ticket.pk, SYSTEM)
    assert not Comment.with_split.exists()
    assert_history_stays(source, "split")


def test_a_conversation_that_was_merged_for_a_time():
    ticket, target = TicketFactory(title=MARK, description=MARK), TicketFactory()
    add_comment(ticket, {"body": f"{MARK} text", "public": True}, SYSTEM)
    merge_tickets(ticket.pk, target.pk, SYSTEM, same_requester=True)
    unmerge_ticket(ticket.pk, SYSTEM)
    delete_ticket(ticket.pk, SYSTEM)
    assert_history_stays(target, "unmerged")
