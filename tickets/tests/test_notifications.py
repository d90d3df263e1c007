"""Which event tells which agent by email. Sent by a real worker to a server on loopback."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from tickets.access.actors import REQUESTER, user_actor
from tickets.models.mail import Email, Notification
from tickets.models.ticket import Ticket
from tickets.models.workplace import AgentProfile, PendingReply
from tickets.services import comments, replies, tickets
from tickets.services.mail.notifications import send_digests, send_waiting, tell_agents
from tickets.services.merging import merge_tickets
from tickets.services.undo import undo
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory, UserFactory
from tickets.tests.mailing import mail_jobs
from tickets.tests.worker import stall, work, work_now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def maria():
    return AgentFactory(username="maria")


@pytest.fixture
def zoe():
    return AgentFactory(username="zoe")


@pytest.fixture
def ticket(mail_server, zoe):
    return TicketFactory(title="Broken door", assignee=zoe)


def choose(user, **choices):
    AgentProfile.objects.update_or_create(user=user, defaults=choices)
    user.refresh_from_db()


def assign(ticket, user, by):
    return tickets.update_ticket(ticket.pk, {"assignee": user}, user_actor(by))


def answer(ticket, body="Any news?"):
    return comments.add_reply(ticket, {"body": body})


def note(ticket, body, by):
    return comments.add_comment(ticket, {"body": body, "public": False}, user_actor(by))


def received(mail_server, user):
    return [message for message in mail_server.messages if message["To"] == user.email]


def text(message):
    return message.get_body(["plain"]).get_content().replace("\r\n", "\n")


# --- the events -------------------------------------------------------------------------


def test_an_assignee_is_told(mail_server, maria, zoe):
    ticket = TicketFactory(title="Broken door")
    assign(ticket, zoe, by=maria)
    work()
    assert mail_server.messages == []  # Undo has a moment
    work_now()
    [message] = mail_server.messages
    assert message["To"] == "zoe@example.org"
    assert message["Subject"] == f"[#{ticket.pk}] Assigned to you: Broken door"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Assigned to you by maria." in text(message)
    assert f"http://127.0.0.1:8000/tickets/{ticket.pk}/" in text(message)
    email = Email.objects.get(recipient=zoe)
    assert (email.state, email.address) == ("sent", "zoe@example.org")


def test_an_assignee_of_a_new_ticket_is_told(mail_server, maria, zoe):
    data = {"title": "Broken door", "description": "Shut.", "assignee": zoe}
    tickets.create_ticket(data, user_actor(maria))
    work_now()
    assert len(received(mail_server, zoe)) == 1


def test_a_requesters_answer_is_told_to_the_assignee_only(mail_server, ticket, maria, zoe):
    answer(ticket)
    work_now()
    [message] = mail_server.messages
    assert message["To"] == zoe.email
    assert message["Subject"] == f"[#{ticket.pk}] New answer: Broken door"


def test_a_reopened_ticket_is_told_to_its_assignee(mail_server, zoe):
    ticket = TicketFactory(assignee=zoe, status="resolved")
    answer(ticket)
    work_now()
    assert len(received(mail_server, zoe)) == 1


def test_a_new_unassigned_ticket_is_told_to_those_who_want_it(mail_server, maria, zoe):
    choose(maria, notify_unassigned="at_once")
    tickets.create_ticket({"title": "Broken door", "description": "Shut."}, REQUESTER)
    work_now()
    [message] = mail_server.messages
    assert message["To"] == maria.email
    assert "New ticket: Broken door" in message["Subject"]


def test_a_mentioned_agent_is_told(mail_server, ticket, maria):
    note(
        ticket,
        "Could @Maria have a look? kim@zoe is an address, @nobody is nobody.",
        by=ticket.assignee,
    )
    work_now()
    [message] = mail_server.messages
    assert message["To"] == maria.email
    assert "You are mentioned in a note by zoe." in text(message)


def test_a_public_reply_mentions_nobody(mail_server, ticket, maria, zoe):
    comments.add_comment(ticket, {"body": "Ask @maria", "public": True}, user_actor(zoe))
    work_now()
    assert mail_server.messages == []


# --- whom ---------------------------------------------------------------------------------


def test_nobody_is_told_about_their_own_act(mail_server, ticket, maria):
    assign(ticket, maria, by=maria)
    note(ticket, "@maria, remember the key", by=maria)
    choose(maria, notify_unassigned="at_once")
    tickets.create_ticket({"title": "Door", "description": "Shut."}, user_actor(maria))
    work_now()
    assert mail_server.messages == []


@pytest.mark.parametrize("choice", ["assigned", "answer", "mention"])
def test_each_kind_can_be_turned_off(mail_server, maria, zoe, choice):
    choose(zoe, **{f"notify_{choice}": "off"})
    ticket = TicketFactory()
    assign(ticket, zoe, by=maria)
    answer(ticket)
    note(ticket, "@zoe", by=maria)
    work_now()
    [message] = received(mail_server, zoe)
    lines = {"assigned": "Assigned to you", "answer": "answered", "mention": "mentioned"}
    for name, line in lines.items():
        assert (line in text(message)) == (name != choice)


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: user.groups.clear(),
        lambda user: type(user).objects.filter(pk=user.pk).update(is_active=False),
        lambda user: type(user).objects.filter(pk=user.pk).update(email=""),
    ],
    ids=["no longer an agent", "deactivated", "without an address"],
)
@pytest.mark.parametrize("is_early", [True, False])
def test_a_leaver_gets_no_mail(mail_server, ticket, zoe, leave, is_early):
    answer(ticket)
    if not is_early:  # the email is in the outbox already
        send_waiting(is_hourly=False)
    leave(zoe)
    work_now()
    assert mail_server.messages == []


def test_nothing_is_stored_without_a_mail_server(settings, maria, zoe):
    settings.EMAIL_BACKEND = "tickets.services.mail.console.EmailBackend"
    ticket = TicketFactory(assignee=zoe)
    answer(ticket)
    note(ticket, "@maria", by=zoe)
    assert not Notification.objects.exists()
    assert not mail_jobs().exists()


def test_an_account_that_is_no_agent_is_not_mentioned(mail_server, ticket, zoe):
    UserFactory(username="vera")
    note(ticket, "@vera", by=zoe)
    work_now()
    assert mail_server.messages == []


# --- once -----------------------------------------------------------------------------------


def test_events_of_one_ticket_within_a_moment_join_one_mail(mail_server, maria, zoe):
    ticket = TicketFactory(title="Broken door")
    assign(ticket, zoe, by=maria)
    answer(ticket, "Hello?")
    answer(ticket, "Anybody?")
    work_now()
    [message] = mail_server.messages
    assert message["Subject"] == f"[#{ticket.pk}] Assigned to you, New answer: Broken door"
    assert "The requester answered 2 times." in text(message)


def test_many_tickets_at_once_join_one_mail(mail_server, maria, zoe):
    ids = [TicketFactory().pk for _ in range(8)]
    tickets.update_tickets(ids, {"assignee": zoe}, user_actor(maria))
    work_now()
    [message] = mail_server.messages
    assert message["Subject"].startswith("8 answers owed, the oldest for")
    for number in ids:
        assert f"/tickets/{number}/" in text(message)


def test_an_event_is_told_once_whatever_restarts(mail_server, ticket):
    answer(ticket)
    work_now()
    tell_agents.defer()
    tell_agents.defer()
    stall(mail_jobs().first())
    work_now()
    assert len(mail_server.messages) == 1


def test_a_worker_that_dies_before_queueing_tells_later(mail_server, ticket, monkeypatch):
    answer(ticket)
    with monkeypatch.context() as patch:
        patch.setattr("tickets.services.mail.notifications.queue_email", _die)
        with pytest.raises(RuntimeError):
            send_waiting(is_hourly=False)
    assert not Email.objects.filter(kind="notice").exists()
    work_now()
    assert len(mail_server.messages) == 1


def _die(*_):
    raise RuntimeError("killed")


def test_a_change_that_is_rolled_back_is_not_told(mail_server, ticket):
    with transaction.atomic():
        answer(ticket)
        transaction.set_rollback(True)
    work_now()
    assert mail_server.messages == []


def test_an_undone_assignment_is_not_told(mail_server, maria, zoe):
    edit = assign(TicketFactory(), zoe, by=maria)
    undo([(edit.ticket.pk, edit.ticket.version)], user_actor(maria))
    work_now()
    assert mail_server.messages == []
    assert not Notification.objects.exists()


def test_an_answer_that_was_answered_at_once_is_not_told(mail_server, ticket, maria):
    answer(ticket)
    comments.add_comment(ticket, {"body": "Done.", "public": True}, user_actor(maria))
    work_now()
    assert mail_server.messages == []


def test_spam_is_not_told(mail_server, ticket, maria, zoe):
    answer(ticket)
    tickets.update_ticket(ticket.pk, {"spam": True}, user_actor(maria))  # while the email waits
    note(ticket, "@zoe look at this", maria)
    work_now()
    assert received(mail_server, zoe) == []


def test_a_merged_ticket_is_told_as_the_one_that_it_is_part_of(mail_server, ticket, maria, zoe):
    source = TicketFactory(title="Door again", assignee=zoe)
    target = TicketFactory(title="All doors", assignee=zoe)
    for each in (source, target):
        answer(each)
    merge_tickets(source.pk, target.pk, user_actor(maria), same_requester=True)
    work_now()
    [message] = received(mail_server, zoe)
    assert f"#{target.pk}" in message["Subject"]
    assert f"/tickets/{source.pk}/" not in text(message)


def test_a_deleted_ticket_is_not_told(mail_server, ticket):
    answer(ticket)
    tickets.delete_ticket(ticket.pk, user_actor(AdminFactory()))
    work_now()
    assert mail_server.messages == []


def test_the_demo_tells_nobody(mail_server, maria):
    choose(maria, notify_unassigned="at_once")
    call_command("seed", verbosity=0)
    assert not Notification.objects.exists()


# --- the digest -------------------------------------------------------------------------------


def test_a_digest_writes_waits_as_the_pages_do(mail_server, maria, zoe):
    choose(zoe, notify_assigned="hourly")
    TicketFactory(assignee=zoe, created_at=timezone.now() - timedelta(days=3, minutes=1))
    assign(TicketFactory(), zoe, by=maria)
    send_digests.defer(timestamp=0)
    work_now()
    [message] = mail_server.messages
    assert message["Subject"] == "2 answers owed, the oldest for 3 d"


def test_a_digest_says_what_is_owed_and_what_is_new(mail_server, maria, zoe):
    choose(zoe, notify_assigned="hourly", notify_answer="hourly")
    since = timezone.now() - timedelta(hours=2, minutes=10, seconds=5)
    oldest = TicketFactory(title="Oldest", assignee=zoe, created_at=since)
    TicketFactory(assignee=zoe)
    TicketFactory(assignee=maria, created_at=since - timedelta(days=1))
    TicketFactory(assignee=zoe, status="closed")
    snoozed = TicketFactory(assignee=zoe, snoozed_until=timezone.now() + timedelta(days=1))
    new = TicketFactory(title="Broken door")
    assign(new, zoe, by=maria)
    work_now()
    assert mail_server.messages == []
    send_digests.defer(timestamp=0)
    work_now()
    [message] = mail_server.messages
    assert message["Subject"] == "3 answers owed, the oldest for 2 h 10 min"
    assert message["Auto-Submitted"] == "auto-generated"
    body = text(message)
    assert body.startswith("3 answers owed, the oldest for 2 h 10 min.\n")
    assert f"#{new.pk} Broken door\nAssigned to you by maria.\n" in body
    assert f"#{oldest.pk} Oldest\nWaiting for 2 h 10 min.\n" in body
    assert f"/tickets/{oldest.pk}/" in body
    assert f"/tickets/{snoozed.pk}/" not in body
    send_digests.defer(timestamp=1)
    work_now()
    assert len(mail_server.messages) == 1


def test_there_is_no_digest_without_news(mail_server, zoe):
    choose(zoe, notify_answer="hourly")
    TicketFactory(assignee=zoe)
    send_digests.defer(timestamp=0)
    work_now()
    assert mail_server.messages == []


# --- what it says -------------------------------------------------------------------------------


def test_no_mail_to_an_agent_contains_a_private_link_or_a_message(mail_server, maria, zoe):
    ticket = TicketFactory(assignee=zoe, requester_email="kim@example.org")
    secret = ticket.private_link_path()
    Ticket.objects.filter(pk=ticket.pk).update(title=f"See http://127.0.0.1:8000{secret} please")
    ticket.refresh_from_db()
    answer(ticket, f"My password is hunter2, my link {secret}")
    note(ticket, "@maria the password is hunter2", by=zoe)
    work_now()
    for user in (maria, zoe):
        [message] = received(mail_server, user)
        raw = message.as_string() + text(message) + message.get_body(["html"]).get_content()
        assert "/t/" not in raw
        assert ticket.link_secret not in raw
        assert "hunter2" not in raw
        assert "See [private link] please" in text(message)


def test_mail_about_one_ticket_forms_a_thread(mail_server, ticket):
    answer(ticket, "Hello?")
    work_now()
    answer(ticket, "Anybody?")
    work_now()
    first, second = mail_server.messages
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_agents_mail_is_not_shown_as_the_requesters(mail_server, ticket, client, maria):
    answer(ticket)
    work_now()
    client.force_login(maria)
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "notice to an agent" not in page


# --- replies that wait ------------------------------------------------------------------


def test_a_reply_that_waits_leaves_the_answer_owed_until_it_is_sent(
    mail_server, ticket, maria, zoe, settings
):
    settings.REPLY_DELAY_SECONDS = 60
    answer(ticket)
    data = {"body": "@maria is on her way.", "public": True, "resolve": False}
    sent = replies.send_message(ticket, data, user_actor(zoe), "form 1", None)
    send_waiting(is_hourly=False)
    assert Notification.objects.get().email.recipient == zoe
    PendingReply.objects.update(due_at=timezone.now())
    replies.send_reply(sent.pending.pk, ticket.pk)
    assert ticket.comments.count() == 2
    # Nobody is told about what an agent tells the requester.
    assert Notification.objects.count() == 1


def test_a_reply_that_takes_the_ticket_tells_nobody(mail_server, maria, settings):
    settings.REPLY_TAKES_TICKET = True
    data = {"body": "On our way.", "public": True, "resolve": False}
    replies.send_message(TicketFactory(), data, user_actor(maria), "form 1", None)
    assert Ticket.objects.get().assignee == maria
    assert not Notification.objects.exists()


def test_an_answer_is_forgotten_once_a_reply_is_sent(mail_server, ticket, maria, settings):
    settings.REPLY_DELAY_SECONDS = 60
    answer(ticket)
    data = {"body": "On our way.", "public": True, "resolve": False}
    sent = replies.send_message(ticket, data, user_actor(maria), "form 1", None)
    PendingReply.objects.update(due_at=timezone.now())
    replies.send_reply(sent.pending.pk, ticket.pk)
    send_waiting(is_hourly=False)
    assert not Notification.objects.exists()
