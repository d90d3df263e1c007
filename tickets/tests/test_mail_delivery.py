"""Each email is sent once, and never twice. By a real worker to a mail server on loopback."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.db import connections

from tickets.access.actors import user_actor
from tickets.circuit_breaker import CircuitBreaker
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services import private_links, rescue, tickets
from tickets.services.mail import delivery, outbox
from tickets.services.mail.delivery import MailRetry
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.tests.mailing import create_ticket, mail_jobs, reply, states
from tickets.tests.worker import stall, work, work_now
from tickets.vocabulary import MailState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe.agent"))


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


@pytest.mark.parametrize("refusal", ["451 try again later", "421 too busy"])
def test_a_temporary_refusal_is_tried_again_until_it_is_accepted(mail_server, refusal):
    mail_server.answers = [refusal]
    create_ticket()
    work()
    email = Email.objects.get()
    assert (email.state, email.error) == (MailState.WAITING, refusal)
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


def test_a_temporarily_refused_address_is_tried_again(mail_server):
    mail_server.refusals = ["450 greylisted"]
    create_ticket()
    work()
    assert states() == [MailState.WAITING]
    work_now()
    assert len(mail_server.messages) == 1


@pytest.mark.parametrize("where", ["answers", "refusals"])
def test_a_permanent_refusal_is_stored_with_the_servers_answer(mail_server, where):
    setattr(mail_server, where, ["550 no such mailbox here"])
    create_ticket()
    work_now()
    work_now()
    email = Email.objects.get()
    assert (email.state, email.error) == (MailState.FAILED, "550 no such mailbox here")
    assert mail_server.messages == []
    assert not mail_jobs().exists()


def test_a_mail_server_that_is_down_is_waited_for(mail_server):
    mail_server.stop()
    create_ticket()
    work()
    email = Email.objects.get()
    assert email.state == MailState.WAITING
    assert email.error.startswith("The mail server cannot be reached: ")
    work_now()
    assert states() == [MailState.WAITING]
    mail_server.start()
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


@pytest.fixture
def clock(settings, monkeypatch):
    """Return the clock of the circuit breaker. A tenth of a second is slow."""
    clock = SimpleNamespace(now=0.0)
    breaker = CircuitBreaker(1, delivery.PAUSE_SECONDS, lambda: clock.now)
    monkeypatch.setattr(delivery, "breaker", breaker)
    monkeypatch.setattr(delivery, "SLOW_SECONDS", 0.1)
    settings.EMAIL_TIMEOUT = 0.5
    return clock


def test_a_mail_server_that_never_answers_holds_up_nothing_for_long(mail_server, clock):
    mail_server.stop()
    create_ticket()
    create_ticket()
    with socket.create_server(("127.0.0.1", mail_server.port)) as silent:
        work()
        assert waiting_connections(silent) == 1
    assert states() == [MailState.WAITING, MailState.WAITING]
    mail_server.start()
    work_now()
    assert mail_server.messages == []
    clock.now += delivery.PAUSE_SECONDS
    work_now()
    assert states() == [MailState.SENT, MailState.SENT]


def test_a_mail_server_that_refuses_at_once_holds_up_nothing(mail_server, clock):
    mail_server.stop()
    create_ticket()
    create_ticket()
    with socket.create_server(("127.0.0.1", mail_server.port)):
        work()
    clock.now += delivery.PAUSE_SECONDS
    work_now()
    for email in Email.objects.all():
        assert email.error.startswith("The mail server cannot be reached: ")


def waiting_connections(server):
    """Return how many connections wait to be accepted."""
    server.settimeout(0)
    count = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_the_desk_gives_up_after_some_hours(mail_server):
    mail_server.stop()
    create_ticket()
    assert 4 * 3600 < sum(MailRetry.waits) < 24 * 3600
    for _ in range(len(MailRetry.waits) + 2):
        work_now()
    email = Email.objects.get()
    assert email.state == MailState.FAILED
    assert "Gave up after many attempts." in email.error
    assert not mail_jobs().exists()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_is_lost_before_the_message_is_tried_again(mail_server, command):
    """Nothing of the email has left by then: the server has not answered DATA yet."""
    mail_server.hang_ups = [command]
    create_ticket()
    work()
    email = Email.objects.get()
    assert (email.state, mail_server.messages) == (MailState.WAITING, [])
    assert "Connection unexpectedly closed" in email.error
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


@pytest.mark.parametrize("answer", ["drop", "take and drop"])
def test_a_connection_that_is_lost_after_the_message_is_never_repeated(mail_server, answer):
    """Nobody can know whether it was accepted, so it is not sent again by itself."""
    mail_server.answers = [answer]
    create_ticket()
    work_now()
    work_now()
    work_now()
    assert states() == [MailState.UNCERTAIN]
    assert mail_server.connections == 1
    assert not mail_jobs().exists()


def test_a_server_that_is_too_slow_to_take_a_message_may_have_taken_it(mail_server, settings):
    settings.EMAIL_TIMEOUT = 0.5
    mail_server.hold = threading.Event()
    create_ticket()
    work()
    mail_server.hold.set()
    work_now()
    email = Email.objects.get()
    assert email.state == MailState.UNCERTAIN
    assert "timed out" in email.error
    assert email.message_id
    assert mail_server.connections == 1


def test_a_server_that_is_slow_but_answers_in_time_has_taken_it(mail_server):
    mail_server.hold = threading.Event()
    threading.Timer(1, mail_server.hold.set).start()
    create_ticket()
    work()
    assert states() == [MailState.SENT]


def test_a_worker_that_was_killed_between_leaves_it_uncertain(mail_server):
    create_ticket()
    Email.objects.update(state=MailState.SENDING)  # as while it is handed over
    stall(mail_jobs().get())
    rescue.retry_stalled.defer(timestamp=0)
    work()
    work_now()
    assert states() == [MailState.UNCERTAIN]
    assert mail_server.messages == []


def test_a_worker_that_was_killed_before_loses_nothing(mail_server):
    create_ticket()
    stall(mail_jobs().get())
    rescue.retry_stalled.defer(timestamp=0)
    work()
    work_now()
    assert len(mail_server.messages) == 1


def test_two_workers_with_the_same_message_send_it_once(mail_server):
    create_ticket()
    email = Email.objects.get()
    mail_server.hold = threading.Event()

    def send():
        try:
            return delivery.deliver(email.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        first = workers.submit(send)
        assert mail_server.holding.wait(60)
        assert workers.submit(send).result() is False  # comes again later
        assert states() == [MailState.SENDING]
        mail_server.hold.set()
        assert first.result() is True
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


def test_a_job_that_runs_twice_sends_once(mail_server):
    create_ticket()
    email = Email.objects.get()
    for _ in range(3):
        delivery.send_email.defer(email_id=email.pk, ticket_id=email.ticket_id)
    work()
    assert len(mail_server.messages) == 1


def test_an_event_has_one_email(mail_server, ticket, agent):
    comment = reply(ticket, agent)
    outbox.comment_added(comment)
    work()
    assert len(mail_server.messages) == 1


def test_only_what_was_not_delivered_is_sent_again_on_demand(mail_server, ticket):
    undelivered = ("bounced", "failed", "uncertain")
    for state in MailState.values:
        email = Email.objects.create(ticket=ticket, kind="link", event=state, state=state)
        assert outbox.resend_email(email) is (state in undelivered)
    assert mail_jobs().count() == 3
    work()
    assert len(mail_server.messages) == 3


# --- rendered when it is sent -----------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ticket: ticket.comments.update(public=False), "no longer public"),
        (lambda ticket: Ticket.objects.update(requester_email=""), "no longer has an email"),
        (lambda ticket: Ticket.objects.update(link_digest=None), "link was revoked"),
    ],
    ids=["note", "address", "link"],
)
def test_an_obsolete_email_is_not_sent(mail_server, ticket, agent, change, reason):
    reply(ticket, agent)
    change(ticket)
    work()
    email = Email.objects.get()
    assert mail_server.messages == []
    assert email.state == MailState.DROPPED
    assert reason in email.error


def test_an_email_about_something_deleted_is_not_sent(mail_server, agent):
    deleted, emptied = create_ticket(), TicketFactory(requester_email="kim@example.org")
    comment = reply(emptied, agent)
    tickets.delete_ticket(deleted.pk, agent)
    comment.delete()
    work()
    assert mail_server.messages == []
    assert not mail_jobs().exists()


def test_nothing_is_mailed_while_the_link_is_revoked(mail_server, ticket, agent):
    private_links.revoke_private_link(ticket, agent)
    reply(ticket, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    assert not Email.objects.exists()


def test_it_has_the_address_and_the_text_of_the_moment(mail_server, ticket, agent):
    comment = reply(ticket, agent, "Come to room 12.")
    Ticket.objects.update(requester_email="new@example.org")
    comment.body = "Come to room 14."
    comment.save()
    work()
    [message] = mail_server.messages
    assert message["To"] == "new@example.org"
    assert "room 14" in message.as_string()
    assert Email.objects.get().address == "new@example.org"


def test_a_comment_of_another_ticket_is_not_mixed_in(mail_server, ticket, agent):
    CommentFactory(body="Somebody else's business", public=True)
    reply(ticket, agent, "Yours")
    work()
    assert "business" not in mail_server.messages[0].as_string()
