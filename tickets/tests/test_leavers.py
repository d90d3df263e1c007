"""Agents who leave: what becomes of their tickets, and who is told."""

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM, user_actor
from tickets.audit.trail import audit_trail
from tickets.models.mail import Notification
from tickets.models.ticket import Ticket
from tickets.models.workplace import AgentProfile
from tickets.services import leavers
from tickets.services.leavers import find_leavers, hand_over
from tickets.services.mail.notifications import send_digests
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory, UserFactory
from tickets.tests.worker import work, work_now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin():
    return AdminFactory(username="boss")


@pytest.fixture
def maria():
    return AgentFactory(username="maria")


def unassigned():
    return set(Ticket.objects.filter(assignee=None))


def look():
    """Do what happens once a minute."""
    find_leavers.defer(timestamp=0)
    work()


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: user.groups.clear(),
        lambda user: user.groups.get().delete(),
    ],
    ids=["deactivated", "out of the group", "without the group"],
)
def test_whoever_left_in_whatever_way_is_found_within_a_minute(maria, leave):
    active = [TicketFactory(assignee=maria, status=status) for status in ("open", "in_progress")]
    finished = TicketFactory(assignee=maria, status="resolved")
    leave(maria)
    look()
    assert unassigned() == set(active)
    for ticket in active:
        [entry] = [entry for entry in audit_trail(ticket) if entry.event == "changed"]
        assert (entry.actor, entry.changes) == ("system", {"assignee": ("maria", None)})
    finished.refresh_from_db()
    assert finished.assignee == maria
    look()
    assert {ticket.version for ticket in unassigned()} == {2}


def test_agents_admins_and_superusers_keep_their_tickets(maria, admin):
    for user in (maria, admin, UserFactory(is_superuser=True)):
        TicketFactory(assignee=user)
    look()
    assert unassigned() == set()


def test_a_returning_agent_keeps_the_tickets(maria):
    ticket = TicketFactory(assignee=maria)
    User.objects.filter(pk=maria.pk).update(is_active=False)
    leavers._queue(maria.pk, SYSTEM)
    User.objects.filter(pk=maria.pk).update(is_active=True)
    work()
    ticket.refresh_from_db()
    assert ticket.assignee == maria


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(leavers, "BATCH", 2)


def close(user, actor, heir=None):
    user.is_active = False
    user.save()
    return hand_over(user, user_actor(actor), heir)


def test_many_tickets_are_a_jobs_work(small_batches, maria, admin):
    heir = AgentFactory(username="zoe")
    tickets = [TicketFactory(assignee=maria) for _ in range(5)]
    handover = close(maria, admin, heir)
    assert (handover.count, handover.is_queued) == (5, True)
    assert heir.tickets.count() == 0
    find_leavers.defer(timestamp=0)  # in the meantime: it does not take what the heir gets
    work()
    assert set(heir.tickets.all()) == set(tickets)
    [entry] = [entry for entry in audit_trail(tickets[4]) if entry.event == "changed"]
    assert entry.actor == "boss"
    assert entry.changes["assignee"] == ("maria", "zoe")


def test_an_heir_who_left_meanwhile_inherits_nothing(small_batches, maria, admin):
    heir = AgentFactory()
    for _ in range(3):
        TicketFactory(assignee=maria)
    close(maria, admin, heir)
    heir.groups.clear()
    work()
    assert len(unassigned()) == 3


def test_a_job_that_is_killed_goes_on(small_batches, mail_server, maria, admin, monkeypatch):
    dispatcher(notify_unassigned="at_once")
    for _ in range(5):
        TicketFactory(assignee=maria)
    close(maria, admin)
    tell, calls = leavers.notifications.tell_of_leaver, []

    def die_in_the_second_batch(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise RuntimeError("killed")
        tell(*arguments)

    monkeypatch.setattr(leavers.notifications, "tell_of_leaver", die_in_the_second_batch)
    work()
    assert len(unassigned()) == 2
    work_now()
    assert len(unassigned()) == 5
    assert Notification.objects.count() == 1
    work_now()
    [message] = mail_server.messages
    assert message["Subject"] == "5 tickets of maria are now unassigned"


def test_a_change_that_is_rolled_back_moves_nothing(maria, admin):
    ticket = TicketFactory(assignee=maria)
    with transaction.atomic():
        close(maria, admin)
        transaction.set_rollback(True)
    ticket.refresh_from_db()
    assert ticket.assignee == maria


def test_a_batch_takes_few_queries(maria, admin):
    for _ in range(50):
        TicketFactory(assignee=maria)
    with CaptureQueriesContext(connection) as queries:
        close(maria, admin)
    assert len(queries) < 20
    assert len(unassigned()) == 50


# --- who is told ------------------------------------------------------------------------


def dispatcher(**choices):
    user = AgentFactory()
    AgentProfile.objects.create(user=user, **choices)
    return user


def text(message):
    return message.get_body(["plain"]).get_content().replace("\r\n", "\n")


def test_those_who_want_unassigned_tickets_get_one_mail(mail_server, maria, admin):
    wants, hourly = dispatcher(notify_unassigned="at_once"), dispatcher(notify_unassigned="hourly")
    dispatcher(notify_unassigned="off")
    for _ in range(12):
        TicketFactory(assignee=maria)
    close(maria, admin)
    work_now()
    [message] = mail_server.messages
    assert message["To"] == wants.email
    assert message["Subject"] == "12 tickets of maria are now unassigned"
    assert message["Auto-Submitted"] == "auto-generated"
    link = "http://127.0.0.1:8000/tickets/?assignee=none&status=open,in_progress"
    assert f"maria is no longer an agent. Changed by boss.\n{link}\n" in text(message)
    send_digests.defer(timestamp=0)
    work_now()
    digest = mail_server.messages[1]
    assert digest["To"] == hourly.email
    assert "12 tickets of maria are now unassigned" in text(digest)


def test_the_heir_gets_one_mail(mail_server, maria, admin):
    heir = AgentFactory(username="zoe")
    dispatcher(notify_unassigned="at_once")
    for _ in range(12):
        TicketFactory(assignee=maria)
    close(maria, admin, heir)
    work_now()
    [message] = mail_server.messages
    assert (message["To"], message["Subject"]) == (
        "zoe@example.org",
        "12 tickets of maria are now assigned to you",
    )
    assert "/tickets/?assignee=me" in text(message)


def start_page(user):
    client = Client()
    client.force_login(user)
    return client.get("/admin/").content.decode()


def test_the_back_office_names_leavers_whom_the_job_found(maria, admin):
    User.objects.update(is_staff=True)
    admin.refresh_from_db()
    clerk = AgentFactory(is_staff=True)
    assert "Agents who left" not in start_page(admin)
    for _ in range(3):
        TicketFactory(assignee=maria)
    maria.groups.clear()
    look()
    look()
    page = start_page(admin)
    link = f'<a href="/admin/auth/user/{maria.pk}/change/">maria</a>'
    assert page.count(link) == 1
    assert "No longer an agent: 3 active tickets were unassigned." in page
    assert "Agents who left" not in start_page(clerk)  # who may not see accounts


def test_the_back_office_does_not_repeat_what_an_admin_did(maria, admin):
    User.objects.update(is_staff=True)
    admin.refresh_from_db()
    TicketFactory(assignee=maria)
    close(maria, admin)
    look()
    assert "Agents who left" not in start_page(admin)


def test_an_account_without_active_tickets_leaves_quietly(mail_server, maria, admin):
    dispatcher(notify_unassigned="at_once")
    TicketFactory(assignee=maria, status="closed")
    assert close(maria, admin).count == 0
    look()
    work_now()
    assert mail_server.messages == []
    assert not ProcrastinateJob.objects.exclude(status="succeeded").exists()
