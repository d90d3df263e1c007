"""Where an agent sees within a minute what happened: `docs/agents.md` promises it.

Each test does what happens, lets the worker do what is due within a minute, and looks. The events
are: a requester writes, a ticket reopens, a ticket is assigned to me, the assignee leaves, two
agents answer at once, triage fails, mail does not go out.
"""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tickets.access.actors import user_actor
from tickets.models.mail import Email
from tickets.models.ticket import Comment
from tickets.models.workplace import PendingReply
from tickets.services import comments, tickets
from tickets.services.leavers import find_leavers
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.worker import work
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def zoe():
    return AgentFactory(username="zoe")


@pytest.fixture
def maria():
    return AgentFactory(username="maria")


def let_a_minute_pass():
    """Run what comes every minute, and the jobs that are due by then."""
    find_leavers.defer(timestamp=0)
    for _ in range(2):  # a job may queue another
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL"
                " WHERE status = 'todo' AND scheduled_at <= %s",
                [timezone.now() + timedelta(minutes=1)],
            )
        work()


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def listed(user, query):
    """Return the numbers of the tickets in a view of the list."""
    html = signed_in(user).get(f"/tickets/?{query}").content.decode()
    return {int(number) for number in re.findall(r'href="/tickets/(\d+)/"', html)}


def unread(user):
    rows = signed_in(user).get("/api/tickets/").json()
    return {row["id"] for row in rows if row["unread"]}


def history(user, ticket):
    return signed_in(user).get(f"/tickets/{ticket.pk}/").content.decode()


def subjects(mail_server, user):
    return [message["Subject"] for message in mail_server.messages if message["To"] == user.email]


def answered_ticket(agent, **values):
    ticket = TicketFactory(title="Broken door", assignee=agent, **values)
    comments.add_comment(ticket, {"body": "Lift it.", "public": True}, user_actor(agent))
    return ticket


def test_a_requester_writes(mail_server, zoe, maria):
    ticket = answered_ticket(zoe)
    assert listed(maria, "waiting_for=us") == set()
    comments.add_reply(ticket, {"body": "It is still broken."})
    let_a_minute_pass()
    assert listed(maria, "waiting_for=us") == {ticket.pk}
    assert ticket.pk in unread(zoe) & unread(maria)
    assert subjects(mail_server, zoe) == [f"[#{ticket.pk}] New answer: Broken door"]
    assert subjects(mail_server, maria) == []


def test_a_ticket_reopens(mail_server, zoe, maria):
    ticket = answered_ticket(zoe)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, user_actor(zoe))
    assert listed(maria, "status=open") == set()
    comments.add_reply(ticket, {"body": "It is broken again."})
    let_a_minute_pass()
    assert listed(maria, "status=open") == listed(maria, "waiting_for=us") == {ticket.pk}
    assert ticket.pk in unread(zoe) & unread(maria)
    assert "changed status from resolved to open" in history(maria, ticket)
    assert subjects(mail_server, zoe) == [f"[#{ticket.pk}] New answer: Broken door"]


def test_a_ticket_is_assigned_to_me(mail_server, zoe, maria):
    ticket = TicketFactory(title="Broken door")
    tickets.update_ticket(ticket.pk, {"assignee": zoe}, user_actor(maria))
    let_a_minute_pass()
    assert listed(zoe, "assignee=me") == {ticket.pk}
    assert "changed assignee from unassigned to zoe" in history(zoe, ticket)
    assert subjects(mail_server, zoe) == [f"[#{ticket.pk}] Assigned to you: Broken door"]


def test_the_assignee_leaves(mail_server, zoe, maria):
    """In whatever way, here outside the back office. See test_users.py for the notice there."""
    signed_in(maria).post(
        "/account/",
        {
            "email": maria.email,
            "notify_unassigned": "at_once",
            "notify_mention": "off",
            "notify_assigned": "off",
            "notify_answer": "off",
        },
    )
    ticket = TicketFactory(assignee=zoe)
    zoe.groups.clear()
    let_a_minute_pass()
    assert listed(maria, "assignee=none") == {ticket.pk}
    assert "changed assignee from zoe to unassigned" in history(maria, ticket)
    assert subjects(mail_server, maria) == ["1 ticket of zoe is now unassigned"]


def answer(user, ticket, body, **more):
    """Send a reply from a page that shows none of the others' answers."""
    form = {"body": body, "public": "true", "seen_comment": "0", "seen_replies": "", **more}
    return signed_in(user).post(f"/tickets/{ticket.pk}/comments/", form)


def presence_line(user, ticket):
    """Return what the open page of a ticket says about others. It asks every 15 seconds."""
    seen = {"window": "0" * 24, "version": "1", "comment": "0", "replies": "", "writing": "true"}
    return signed_in(user).post(f"/tickets/{ticket.pk}/presence/", seen).content.decode()


@pytest.mark.parametrize("delay", [0, 10])
def test_two_agents_answer_at_once(settings, zoe, maria, delay):
    """The second is asked first; the first sees on the open page what the second did."""
    settings.REPLY_DELAY_SECONDS = delay
    ticket = TicketFactory()
    answer(zoe, ticket, "Lift it.")
    second = answer(maria, ticket, "Push it.", form_key="1")
    assert second.status_code == 409
    page = second.content.decode()
    assert "Somebody wrote while you were writing, so your reply wasn't sent." in page
    assert '<strong dir="auto">zoe</strong>: <q dir="auto">Lift it.</q>' in page
    PendingReply.objects.update(due_at=timezone.now())  # the time for Undo is over
    let_a_minute_pass()
    assert [comment.body for comment in Comment.objects.all()] == ["Lift it."]
    assert "zoe replied" in presence_line(maria, ticket)
    newest = Comment.objects.get().pk
    assert answer(maria, ticket, "Push it.", form_key="1", seen_comment=newest).status_code == 302
    PendingReply.objects.update(due_at=timezone.now())
    let_a_minute_pass()
    assert "maria replied" in presence_line(zoe, ticket)
    assert ticket.pk in unread(zoe)


@pytest.fixture
def failing_model(settings):
    settings.LLM_TIMEOUT, settings.GEMINI_API_KEY = 5.0, "test-key"
    with FakeLLM() as server:
        settings.GEMINI_BASE_URL = server.url
        server.control(fault="500")
        yield server


def test_triage_fails(failing_model, zoe):
    """The ticket has the offline classifier's values, and the pages about triage say why."""
    agent = signed_in(zoe)
    assert "hasn't answered" not in agent.get("/dashboard/").content.decode()
    etag = agent.get("/dashboard/")["ETag"]
    text = "You charge me twice for one invoice. This is ridiculous, really."
    ticket = tickets.create_ticket({"title": "Charged", "description": text}, user_actor(zoe))
    let_a_minute_pass()
    for path in ("/tickets/review/", "/dashboard/", "/dashboard/triage/"):
        page = agent.get(path, headers={"If-None-Match": etag}).content.decode()
        assert "The model hasn't answered since" in page, path
    assert "Suggested by the offline classifier" in history(zoe, ticket)


def test_agents_see_all_of_it_without_a_mail_server(zoe, maria):
    ticket = answered_ticket(zoe)
    comments.add_reply(ticket, {"body": "It is still broken."})
    zoe.groups.clear()
    let_a_minute_pass()
    assert listed(maria, "assignee=none") == listed(maria, "waiting_for=us") == {ticket.pk}
    assert ticket.pk in unread(maria)


def test_the_mail_server_refuses_the_password(mail_server, settings, zoe):
    """The dashboard says so, not only the tickets whose mail does not go out."""
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "wrong"
    agent = signed_in(zoe)
    ticket = answered_ticket(zoe, requester_email="kim@example.org")
    let_a_minute_pass()
    assert mail_server.messages == []
    Email.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    page = agent.get("/dashboard/").content.decode()
    [notice] = re.findall(r'<p [^>]*id="mail-undelivered">.*?</p>', page)
    assert "1 email did not go out" in notice
    assert "The mail server cannot be reached" in notice
    assert f"#{ticket.pk}</a>" in notice
