"""Whose turn it is on a ticket, since when, and what is new to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, user_actor
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import AgentProfile, TicketRead
from tickets.services import comments, tickets
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.vocabulary import WaitingFor

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket():
    return TicketFactory()


@pytest.fixture
def grace():
    # The account is older than what happens in a test.
    return AgentFactory(date_joined=timezone.now() - timedelta(days=1))


def write(ticket, body="It still smokes."):
    comment = comments.add_reply(ticket, {"body": body})
    ticket.refresh_from_db()
    return comment


def answer(ticket, actor=SYSTEM, *, public=True):
    comment = comments.add_comment(ticket, {"body": "Hm.", "public": public}, actor)
    ticket.refresh_from_db()
    return comment


def change(ticket, **values):
    edit = tickets.update_ticket(ticket.pk, values, SYSTEM)
    ticket.refresh_from_db()
    return edit.ticket.version


def revert(ticket, version):
    result = undo([(ticket.pk, version)], SYSTEM)
    assert result.skipped == []
    ticket.refresh_from_db()


# --- whose turn it is ----------------------------------------------------------------------


def test_a_new_ticket_waits_for_us_since_it_was_created():
    ticket = tickets.create_ticket({"title": "Smoke", "description": "From the tray."}, REQUESTER)
    assert (ticket.waiting_for, ticket.waiting_since) == (WaitingFor.US, ticket.created_at)
    assert ticket.last_activity_at == ticket.created_at


def test_a_case_that_is_reported_finished_waits_for_nobody():
    data = {"title": "Smoke", "description": "It was the fuser.", "status": "resolved"}
    ticket = tickets.create_ticket(data, SYSTEM)
    assert (ticket.waiting_for, ticket.waiting_since) == (None, None)


def test_a_public_reply_passes_the_turn_and_a_note_does_not(ticket):
    answer(ticket, public=False)
    assert (ticket.waiting_for, ticket.waiting_since) == (WaitingFor.US, ticket.created_at)
    answer(ticket)
    assert (ticket.waiting_for, ticket.waiting_since) == (WaitingFor.REQUESTER, None)


def test_the_wait_starts_with_the_first_message_that_nobody_answered(ticket):
    answer(ticket)
    first = write(ticket)
    assert ticket.waiting_since == first.created_at
    write(ticket, "And now it burns.")
    assert ticket.waiting_since == first.created_at


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_a_finished_ticket_waits_for_nobody_until_the_requester_writes(ticket, status):
    change(ticket, status=status)
    assert (ticket.waiting_for, ticket.waiting_since) == (None, None)
    message = write(ticket)
    assert (ticket.status, ticket.waiting_since) == ("open", message.created_at)


def test_a_ticket_that_an_agent_opens_again_waits_if_a_message_has_no_answer(ticket):
    change(ticket, status="resolved")
    change(ticket, status="in_progress")
    assert ticket.waiting_since == ticket.created_at
    answer(ticket)
    change(ticket, status="closed")
    change(ticket, status="open")
    assert (ticket.waiting_for, ticket.waiting_since) == (WaitingFor.REQUESTER, None)


def test_undo_gives_the_wait_back(ticket):
    change(ticket, status="resolved")
    since = write(ticket).created_at  # the ticket's own message was finished with
    version = change(ticket, status="closed", priority="low")
    revert(ticket, version)
    assert (ticket.status, ticket.waiting_since) == ("open", since)


def test_undo_gives_no_wait_back_that_somebody_has_answered_since(ticket):
    version = change(ticket, status="resolved")
    answer(ticket)
    revert(ticket, version)
    assert (ticket.waiting_for, ticket.waiting_since) == (WaitingFor.REQUESTER, None)


def test_every_message_moves_the_ticket(ticket):
    for send in (write, answer, lambda ticket: answer(ticket, public=False)):
        before = ticket.updated_at, ticket.version
        comment = send(ticket)
        assert ticket.last_activity_at == comment.created_at
        assert ticket.updated_at > before[0]
        assert ticket.version == before[1] + 1


def test_a_change_of_a_value_is_no_message(ticket):
    before = ticket.last_activity_at
    change(ticket, priority="high")
    assert ticket.last_activity_at == before


# --- snoozing ------------------------------------------------------------------------------


def test_a_snoozed_ticket_comes_back_by_itself(ticket):
    change(ticket, snoozed_until=timezone.now() + timedelta(hours=1))
    assert ticket.is_snoozed
    assert list(Ticket.objects.snoozed(True)) == [ticket]
    assert list(Ticket.objects.snoozed(False)) == []
    Ticket.objects.update(snoozed_until=timezone.now())
    assert list(Ticket.objects.snoozed(True)) == []
    assert list(Ticket.objects.snoozed(False)) == [ticket]


def test_the_requester_wakes_a_snoozed_ticket_and_a_colleague_does_not(ticket):
    change(ticket, snoozed_until=timezone.now() + timedelta(hours=1))
    answer(ticket)
    assert ticket.is_snoozed
    write(ticket)
    assert ticket.snoozed_until is None


def test_finishing_ends_the_snooze_and_undo_gives_it_back(ticket):
    change(ticket, snoozed_until=timezone.now() + timedelta(hours=1))
    until = ticket.snoozed_until
    version = change(ticket, status="closed")
    assert ticket.snoozed_until is None
    revert(ticket, version)
    assert ticket.snoozed_until == until


# --- what is new to whom -------------------------------------------------------------------


def is_new(ticket, user):
    [row] = Ticket.objects.with_unread(user)
    assert row.is_unread == ticket.is_unread_by(user) == Ticket.objects.unread_by(user).exists()
    return row.is_unread


def test_a_ticket_is_unread_until_its_reader_has_seen_the_last_message(ticket, grace):
    assert is_new(ticket, grace)
    TicketRead.objects.mark_read(ticket, grace)
    assert not is_new(ticket, grace)
    write(ticket)
    assert is_new(ticket, grace)


def test_what_one_agent_has_read_is_still_new_to_another(ticket, grace):
    TicketRead.objects.mark_read(ticket, AgentFactory())
    assert is_new(ticket, grace)


def test_what_somebody_writes_is_new_to_everybody_else(ticket, grace):
    TicketRead.objects.mark_read(ticket, grace)
    hopper = AgentFactory(date_joined=grace.date_joined)
    answer(ticket, user_actor(hopper), public=False)
    assert not is_new(ticket, hopper)
    assert is_new(ticket, grace)


def test_a_ticket_that_an_agent_reports_is_not_new_to_that_agent(grace):
    data = {"title": "Smoke", "description": "Kim called."}
    ticket = tickets.create_ticket(data, user_actor(grace))
    assert not is_new(ticket, grace)


def test_what_was_there_before_the_account_is_not_new_to_it(ticket):
    assert not is_new(ticket, AgentFactory(date_joined=timezone.now()))


def test_what_was_there_before_the_upgrade_is_not_new(ticket, grace):
    AgentProfile.objects.create(user=grace)
    assert not is_new(ticket, grace)
    write(ticket)
    assert is_new(ticket, grace)


def test_nothing_is_new_without_an_account(ticket):
    assert not is_new(ticket, None)


def test_a_mark_that_was_made_while_a_message_came_does_not_hide_it(ticket, grace):
    stale = Ticket.objects.get()
    write(ticket)
    TicketRead.objects.mark_read(stale, grace)
    assert is_new(ticket, grace)


# --- the first message without an answer -----------------------------------------------------


def test_messages_before_a_moment_do_not_count(ticket):
    first = write(ticket)
    Comment.objects.filter(pk=first.pk).update(created_at=ticket.created_at + timedelta(hours=1))
    second = write(ticket, "Again.")
    Comment.objects.filter(pk=second.pk).update(created_at=ticket.created_at + timedelta(hours=2))
    start = ticket.created_at + timedelta(minutes=90)
    assert ticket.unanswered_since() == ticket.created_at
    assert ticket.unanswered_since(start) == ticket.created_at + timedelta(hours=2)
