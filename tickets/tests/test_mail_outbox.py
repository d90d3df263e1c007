"""Which events send an email to the requester. Sent by a real worker to a server on loopback."""

import pytest
from django.core.management import call_command
from django.db import transaction

from tickets.access.actors import user_actor
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services import comments, tickets
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.mailing import create_ticket, mail_jobs, reply, states
from tickets.tests.worker import work, work_now
from tickets.vocabulary import MailState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe.agent"))


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


def undo_change(edit, actor):
    undo([(edit.ticket.pk, edit.ticket.version)], actor)


def test_a_new_ticket_is_confirmed(mail_server):
    create_ticket()
    assert mail_server.messages == []  # nobody waits for a mail server
    work()
    [message] = mail_server.messages
    assert message["To"] == "kim@example.org"
    email = Email.objects.get()
    assert (email.state, email.address, email.error) == ("sent", "kim@example.org", "")
    assert email.sent_at is not None


def test_a_ticket_without_an_address_sends_no_email(mail_server, agent):
    ticket = create_ticket(requester_email="")
    reply(ticket, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    assert not Email.objects.exists()
    assert not mail_jobs().exists()


def test_a_public_reply_is_mailed_and_a_note_is_not(mail_server, ticket, agent):
    reply(ticket, agent, "The customer is a nuisance.", public=False)
    reply(ticket, agent, "We are on our way.")
    work()
    [message] = mail_server.messages
    assert "on our way" in message.as_string()


def test_the_requesters_own_reply_is_not_mailed(mail_server, ticket):
    comments.add_reply(ticket, {"body": "Any news?"})
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    "resolve",
    [
        lambda ticket, agent: tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent),
        lambda ticket, agent: tickets.update_tickets([ticket.pk], {"status": "resolved"}, agent),
        lambda ticket, agent: tickets.replace_ticket(
            ticket.pk,
            {
                "title": "Broken door",
                "description": "Shut.",
                "status": "resolved",
                "requester_email": "kim@example.org",
            },
            agent,
        ),
    ],
    ids=["change", "bulk", "replace"],
)
def test_a_resolution_is_mailed_after_a_moment(mail_server, ticket, agent, resolve):
    resolve(ticket, agent)
    work()
    assert mail_server.messages == []
    work_now()
    [message] = mail_server.messages
    assert "is resolved" in message.get_body(["plain"]).get_content()


def test_other_changes_are_not_mailed(mail_server, ticket, agent):
    for changes in ({"priority": "high"}, {"status": "in_progress"}, {"status": "closed"}):
        tickets.update_ticket(ticket.pk, changes, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved", "title": "Again"}, agent)
    assert Email.objects.count() == 1


def test_an_undone_resolution_is_not_mailed(mail_server, ticket, agent):
    undo_change(tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent), agent)
    work_now()
    assert mail_server.messages == []
    assert states() == [MailState.DROPPED]


def test_undoing_a_reopening_sends_nothing_if_nothing_was_sent(mail_server, agent):
    ticket = TicketFactory(requester_email="kim@example.org", status="resolved")
    undo_change(tickets.update_ticket(ticket.pk, {"status": "open"}, agent), agent)
    work_now()
    assert mail_server.messages == []


def test_closing_a_resolved_ticket_at_once_is_not_a_reopening(mail_server, ticket, agent):
    for status in ("resolved", "closed"):
        tickets.update_ticket(ticket.pk, {"status": status}, agent)
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


@pytest.mark.parametrize("is_sent_before", [True, False])
def test_undoing_a_reopening_sends_nothing_twice(mail_server, ticket, agent, is_sent_before):
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    if is_sent_before:
        work_now()
    edit = tickets.update_ticket(ticket.pk, {"status": "open"}, agent)
    if not is_sent_before:
        work_now()
    undo_change(edit, agent)
    work_now()
    assert len(mail_server.messages) == 1


def test_a_ticket_that_is_resolved_twice_at_once_is_mailed_once(mail_server, ticket, agent):
    for status in ("resolved", "open", "resolved"):
        tickets.update_ticket(ticket.pk, {"status": status}, agent)
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.DROPPED, MailState.SENT]


def test_demo_tickets_are_not_mailed(mail_server):
    call_command("seed", verbosity=0)
    assert Ticket.objects.exclude(requester_email="").exists()
    assert not Email.objects.exists()
    assert not mail_jobs().exists()


def test_a_change_that_is_rolled_back_is_not_mailed(mail_server, ticket, agent):
    with transaction.atomic():
        create_ticket()
        reply(ticket, agent)
        transaction.set_rollback(True)
    assert not Email.objects.exists()
    assert not mail_jobs().exists()


def test_a_stranger_cannot_flood_a_mailbox(mail_server):
    addresses = ["kim@example.org", "KIM@Example.org", "kim+news@example.org", "kim@example.org"]
    for number in range(8):
        create_ticket(requester_email=addresses[number % 4])
    create_ticket(requester_email="other@example.org")
    work()
    assert Ticket.objects.count() == 9
    assert len(mail_server.messages) == 6
    assert states().count(MailState.HELD) == 3
