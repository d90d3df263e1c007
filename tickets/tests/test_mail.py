"""Messages to requesters, sent by a real worker to a real mail server on loopback."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import REQUESTER, Actor, user_actor
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services import comments, private_links, tickets
from tickets.services.mail import delivery, outbox
from tickets.services.undo import undo
from tickets.tasks import MailRetry
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.tests.test_tasks import stall, work
from tickets.vocabulary import MailState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe.agent"))


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


def make(**values):
    data = {"title": "Broken door", "description": "It does not close.", **values}
    return tickets.create_ticket({"requester_email": "kim@example.org", **data}, REQUESTER)


def work_now():
    """Have the jobs that wait for later done now, and all others."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    work()


def states():
    return list(Email.objects.order_by("pk").values_list("state", flat=True))


def mail_jobs():
    return ProcrastinateJob.objects.filter(queue_name="mail")


def reply(ticket, actor, body="We are on our way.", public=True):
    return comments.add_comment(ticket, {"body": body, "public": public}, actor)


# --- which events make one ------------------------------------------------------------


def test_a_new_ticket_is_confirmed(mail_server):
    make()
    assert mail_server.messages == []  # nobody waits for a mail server
    work()
    [message] = mail_server.messages
    assert message["To"] == "kim@example.org"
    email = Email.objects.get()
    assert (email.state, email.address, email.error) == ("sent", "kim@example.org", "")
    assert email.sent_at is not None


def test_a_ticket_without_an_address_makes_no_message(mail_server, agent):
    ticket = make(requester_email="")
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
def test_a_resolved_ticket_is_told_of_after_a_moment(mail_server, ticket, agent, resolve):
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


def test_undo_costs_nobody_a_message(mail_server, ticket, agent):
    saved = tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    undo.undo([(saved.pk, saved.version)], agent)
    work_now()
    assert mail_server.messages == []
    assert states() == [MailState.DROPPED]


def test_reopening_taken_back_tells_nobody_who_was_never_told(mail_server, agent):
    ticket = TicketFactory(requester_email="kim@example.org", status="resolved")
    saved = tickets.update_ticket(ticket.pk, {"status": "open"}, agent)
    undo.undo([(saved.pk, saved.version)], agent)
    work_now()
    assert mail_server.messages == []


def test_closing_at_once_what_was_resolved_is_no_reopening(mail_server, ticket, agent):
    for status in ("resolved", "closed"):
        tickets.update_ticket(ticket.pk, {"status": status}, agent)
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


@pytest.mark.parametrize("told_before", [True, False])
def test_reopening_taken_back_tells_nobody_twice(mail_server, ticket, agent, told_before):
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    if told_before:
        work_now()
    saved = tickets.update_ticket(ticket.pk, {"status": "open"}, agent)
    if not told_before:
        work_now()
    undo.undo([(saved.pk, saved.version)], agent)
    work_now()
    assert len(mail_server.messages) == 1


def test_a_ticket_that_is_resolved_twice_at_once_is_told_of_once(mail_server, ticket, agent):
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


def test_what_was_rolled_back_is_not_mailed(mail_server, ticket, agent):
    with transaction.atomic():
        make()
        reply(ticket, agent)
        transaction.set_rollback(True)
    assert not Email.objects.exists()
    assert not mail_jobs().exists()


def test_a_stranger_cannot_flood_a_mailbox(mail_server):
    addresses = ["kim@example.org", "KIM@Example.org", "kim+news@example.org", "kim@example.org"]
    for number in range(8):
        make(requester_email=addresses[number % 4])
    make(requester_email="other@example.org")
    work()
    assert Ticket.objects.count() == 9
    assert len(mail_server.messages) == 6
    assert states().count(MailState.DROPPED) == 3


# --- never twice ------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", ["451 try again later", "421 too busy"])
def test_a_refusal_for_now_is_tried_again_until_it_is_taken(mail_server, refusal):
    mail_server.answers = [refusal]
    make()
    work()
    email = Email.objects.get()
    assert (email.state, email.error) == (MailState.WAITING, refusal)
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


def test_an_address_that_is_refused_for_now_is_tried_again(mail_server):
    mail_server.refusals = ["450 greylisted"]
    make()
    work()
    assert states() == [MailState.WAITING]
    work_now()
    assert len(mail_server.messages) == 1


@pytest.mark.parametrize("where", ["answers", "refusals"])
def test_a_refusal_for_good_is_kept_with_the_servers_words(mail_server, where):
    setattr(mail_server, where, ["550 no such mailbox here"])
    make()
    work_now()
    work_now()
    email = Email.objects.get()
    assert (email.state, email.error) == (MailState.FAILED, "550 no such mailbox here")
    assert mail_server.messages == []
    assert not mail_jobs().exists()


def test_a_mail_server_that_is_away_is_waited_for(mail_server):
    mail_server.stop()
    make()
    work()
    email = Email.objects.get()
    assert email.state == MailState.WAITING
    assert email.error.startswith("The mail server cannot be used: ")
    work_now()
    assert states() == [MailState.WAITING]
    mail_server.start()
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


def test_a_mail_server_that_swallows_connections_holds_up_nothing_for_long(
    mail_server, settings, monkeypatch
):
    rest = delivery.Rest()
    rest.SLOW, settings.EMAIL_TIMEOUT = 0.1, 0.5
    monkeypatch.setattr(mail, "rest", rest)
    mail_server.stop()
    make()
    make()
    with socket.create_server(("127.0.0.1", mail_server.port)) as silent:
        work()
        assert asked(silent) == 1
    assert states() == [MailState.WAITING, MailState.WAITING]
    mail_server.start()
    work_now()
    assert mail_server.messages == []
    rest.until = 0.0  # a minute later
    work_now()
    assert states() == [MailState.SENT, MailState.SENT]


def asked(server):
    """How many connections wait to be accepted."""
    server.settimeout(0)
    count = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_it_is_given_up_after_some_hours(mail_server):
    mail_server.stop()
    make()
    assert 4 * 3600 < sum(MailRetry.waits) < 24 * 3600
    for _ in range(len(MailRetry.waits) + 2):
        work_now()
    email = Email.objects.get()
    assert email.state == MailState.FAILED
    assert "Given up after many tries." in email.error
    assert not mail_jobs().exists()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_is_lost_before_the_message_is_tried_again(mail_server, command):
    """Nothing of it has left by then: the server has not said yet that it takes it."""
    mail_server.hang_ups = [command]
    make()
    work()
    email = Email.objects.get()
    assert (email.state, mail_server.messages) == (MailState.WAITING, [])
    assert "Connection unexpectedly closed" in email.error
    work_now()
    assert len(mail_server.messages) == 1
    assert states() == [MailState.SENT]


@pytest.mark.parametrize("answer", ["drop", "take and drop"])
def test_a_connection_that_is_lost_after_the_message_is_never_repeated(mail_server, answer):
    """Nobody can know whether it was taken, so it is not sent again by itself."""
    mail_server.answers = [answer]
    make()
    work_now()
    work_now()
    work_now()
    assert states() == [MailState.UNCERTAIN]
    assert mail_server.connections == 1
    assert not mail_jobs().exists()


def test_a_worker_that_was_killed_between_leaves_it_uncertain(mail_server):
    make()
    Email.objects.update(state=MailState.SENDING)  # as it stands while it is handed over
    stall(mail_jobs().get())
    app.configure_task("tickets.tasks.retry_stalled", queue="housekeeping").defer(timestamp=0)
    work()
    work_now()
    assert states() == [MailState.UNCERTAIN]
    assert mail_server.messages == []


def test_a_worker_that_was_killed_before_loses_nothing(mail_server):
    make()
    stall(mail_jobs().get())
    app.configure_task("tickets.tasks.retry_stalled", queue="housekeeping").defer(timestamp=0)
    work()
    work_now()
    assert len(mail_server.messages) == 1


def test_two_workers_with_the_same_message_send_it_once(mail_server):
    make()
    email = Email.objects.get()
    mail_server.hold = threading.Event()

    def send():
        try:
            return delivery.send_email(email.pk)
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
    make()
    email = Email.objects.get()
    task = app.configure_task("tickets.tasks.send_email", queue="mail")
    for _ in range(3):
        task.defer(email_id=email.pk, ticket_id=email.ticket_id)
    work()
    assert len(mail_server.messages) == 1


def test_an_event_has_one_message(mail_server, ticket, agent):
    comment = reply(ticket, agent)
    services.mail.comment_added(comment)
    work()
    assert len(mail_server.messages) == 1


def test_only_what_failed_or_is_uncertain_is_sent_again_on_demand(mail_server, ticket):
    for state in MailState.values:
        email = Email.objects.create(ticket=ticket, kind="link", event=state, state=state)
        assert outbox.resend_email(email) is (state in ("failed", "uncertain"))
    assert mail_jobs().count() == 2
    work()
    assert len(mail_server.messages) == 2


# --- read anew when it is sent --------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ticket: ticket.comments.update(public=False), "not public"),
        (lambda ticket: Ticket.objects.update(requester_email=""), "no e-mail address"),
        (lambda ticket: Ticket.objects.update(link_digest=None), "link was revoked"),
    ],
    ids=["note", "address", "link"],
)
def test_what_is_no_longer_called_for_is_not_sent(mail_server, ticket, agent, change, reason):
    reply(ticket, agent)
    change(ticket)
    work()
    email = Email.objects.get()
    assert mail_server.messages == []
    assert email.state == MailState.DROPPED
    assert reason in email.error


def test_what_was_deleted_is_not_sent(mail_server, agent):
    gone, emptied = make(), TicketFactory(requester_email="kim@example.org")
    comment = reply(emptied, agent)
    tickets.delete_ticket(gone.pk, agent)
    comment.delete()
    work()
    assert mail_server.messages == []
    assert not mail_jobs().exists()


def test_nothing_is_mailed_while_the_link_is_revoked(mail_server, ticket, agent):
    private_links.revoke_private_link(ticket, agent)
    reply(ticket, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    assert not Email.objects.exists()


def test_it_goes_to_the_address_and_says_the_words_of_the_moment(mail_server, ticket, agent):
    comment = reply(ticket, agent, "Come to room 12.")
    Ticket.objects.update(requester_email="new@example.org")
    comment.body = "Come to room 14."
    comment.save()
    work()
    [message] = mail_server.messages
    assert message["To"] == "new@example.org"
    assert "room 14" in message.as_string()
    assert Email.objects.get().address == "new@example.org"


# --- the private link ----------------------------------------------------------------------


def test_a_revoked_link_opens_nothing_until_a_new_one_is_sent(mail_server, ticket, agent, client):
    old = ticket.track_path()
    private_links.revoke_private_link(ticket, agent)
    assert client.get(old).status_code == 404
    assert client.post(old, {"body": "Hello"}).status_code == 404
    sent = private_links.send_private_link(ticket, agent)
    work()
    assert client.get(old).status_code == 404
    assert client.get(sent.track_path()).status_code == 200
    assert sent.track_path() in mail_server.messages[0].get_body(["plain"]).get_content()


def test_a_link_that_works_is_sent_as_it_is(mail_server, ticket, agent, client):
    private_links.send_private_link(ticket, agent)
    work()
    assert ticket.track_path() in mail_server.messages[0].get_body(["plain"]).get_content()
    assert client.get(ticket.track_path()).status_code == 200


def test_two_clicks_send_one_link_and_a_later_wish_another(mail_server, ticket, agent):
    private_links.send_private_link(ticket, agent)
    private_links.send_private_link(ticket, agent)
    assert Email.objects.count() == 1
    Email.objects.update(created_at="2024-01-01T00:00Z")
    private_links.send_private_link(ticket, agent)
    work()
    assert len(mail_server.messages) == 2


def test_the_history_says_who_sent_and_revoked_the_link(ticket, agent):
    private_links.send_private_link(ticket, agent)
    private_links.revoke_private_link(ticket, agent)
    private_links.revoke_private_link(ticket, agent)  # it was already: nothing happens
    told = [(entry.event, entry.actor, entry.changes) for entry in ticket.history()]
    assert told[1:] == [("link sent", "zoe.agent", {}), ("link revoked", "zoe.agent", {})]
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_a_link_cannot_be_sent_without_an_address(agent):
    ticket = TicketFactory()
    with pytest.raises(services.links.InvalidInput):
        private_links.send_private_link(ticket, agent)
    assert not Email.objects.exists()
    assert len(ticket.history()) == 1


def test_a_link_made_under_another_key_is_replaced_by_one_that_works(
    mail_server, ticket, agent, settings, client
):
    settings.SECRET_KEY = "another key of the same desk, long enough to sign with"
    reply(ticket, agent)
    work()
    text = mail_server.messages[0].get_body(["plain"]).get_content()
    ticket.refresh_from_db()
    assert ticket.track_path() in text
    assert client.get(ticket.track_path()).status_code == 200


def test_an_agent_through_a_token_is_named_in_the_history(ticket):
    private_links.revoke_private_link(ticket, Actor("token nightly"))
    assert ticket.history()[-1].actor == "token nightly"


def test_a_comment_of_another_ticket_is_not_mixed_in(mail_server, ticket, agent):
    CommentFactory(body="Somebody else's business", public=True)
    reply(ticket, agent, "Yours")
    work()
    assert "business" not in mail_server.messages[0].as_string()
