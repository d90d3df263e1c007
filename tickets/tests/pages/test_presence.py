"""Who else is looking at a ticket, and what they did meanwhile."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tickets.access.actors import TRIAGE, user_actor
from tickets.models.workplace import Presence
from tickets.services import comments, editing, housekeeping, tickets
from tickets.tests.factories import AgentFactory, TicketFactory

from .conftest import signed_in

WINDOW, OTHER_WINDOW = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def maria(db):
    return AgentFactory(username="maria", first_name="Maria", last_name="Keller")


def look(client, ticket, status=200, **values):
    data = {"window": WINDOW, "version": ticket.version, "comment": 0} | values
    response = client.post(f"/tickets/{ticket.pk}/presence/", data)
    assert response.status_code == status
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_one_is_alone(agent, ticket):
    assert look(agent, ticket) == ""
    assert look(agent, ticket) == ""


def test_another_agent_is_seen_until_they_leave(agent, maria, ticket):
    other = signed_in(maria)
    look(other, ticket)
    assert "Maria Keller is viewing" in look(agent, ticket)
    look(other, ticket, writing="true")
    assert "Maria Keller is writing" in look(agent, ticket)
    look(other, ticket, status=204, leaving="true")
    assert look(agent, ticket) == ""


def test_whoever_tells_no_more_has_left(agent, maria, ticket):
    look(signed_in(maria), ticket)
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=41))
    assert look(agent, ticket) == ""


def test_two_windows_of_one_account_are_one_person(agent, maria, ticket):
    other = signed_in(maria)
    look(other, ticket)
    assert look(other, ticket, window=OTHER_WINDOW) == ""
    assert look(agent, ticket).count("Maria") == 1


def test_in_the_open_demo_every_window_is_somebody(open_mode, visitor, ticket):
    look(visitor, ticket)
    assert look(visitor, ticket, window=OTHER_WINDOW) == "S Somebody is viewing"


def test_other_tickets_are_not_told(agent, maria, ticket):
    look(signed_in(maria), TicketFactory())
    assert look(agent, ticket) == ""


def test_what_happened_since_is_told_in_words(agent, maria, ticket):
    actor = user_actor(maria)
    tickets.update_ticket(ticket.pk, {"status": "closed", "title": "New"}, actor)
    comments.add_comment(ticket, {"body": "Hello", "public": True}, actor)
    told = "maria edited the title, changed status from open to closed and replied. Show"
    assert look(agent, ticket) == told


def test_what_the_page_shows_is_no_news(agent, maria, ticket):
    changed = tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(maria))
    comment = comments.add_comment(ticket, {"body": "Hello"}, user_actor(maria))
    assert look(agent, changed, comment=comment.pk) == ""


def test_each_who_did_something_is_named(agent, agent_user, maria, ticket):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(agent_user))
    with editing.editing(ticket.pk, TRIAGE) as changed:
        changed.category = "billing"
        changed.decide("category", "llm", 0.91)
    comments.add_reply(ticket, {"body": "Hello?"})
    told = look(agent, ticket).replace("\u00a0", " ")
    assert told.startswith("You changed status from open to closed. Triage changed category")
    assert "from general to billing (model, 91 % sure). The requester" in told


def test_a_long_absence_is_told_in_short(agent, maria, ticket):
    for status in ("closed", "open") * 4:
        tickets.update_ticket(ticket.pk, {"status": status}, user_actor(maria))
    assert look(agent, ticket).endswith("and did 4 things more. Show")


@pytest.mark.parametrize(
    "values",
    [
        {"window": ""},
        {"window": "x" * 16},
        {"window": "a" * 99},
        {"window": "a" * 16 + "\n"},
        {"version": ""},
        {"version": "0"},
        {"version": "9" * 30},
        {"comment": "-1"},
        {"comment": "1_0"},
    ],
)
def test_bad_values_are_refused(agent, ticket, values):
    look(agent, ticket, status=400, **values)
    assert not Presence.objects.exists()


def test_a_version_that_never_was_is_no_news(agent, ticket):
    assert look(agent, ticket, version=999) == ""


def test_markup_in_a_name_stays_text(agent, ticket):
    evil = AgentFactory(first_name="<b>Eve</b>")
    look(signed_in(evil), ticket)
    page = agent.post(
        f"/tickets/{ticket.pk}/presence/", {"window": WINDOW, "version": 1, "comment": 0}
    ).content
    assert b"<b>" not in page


def test_it_asks_for_the_csrf_token(maria, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(maria)
    look(client, ticket, status=403)
    assert not Presence.objects.exists()


def test_a_ticket_that_is_gone(agent, ticket):
    ticket.delete()
    ticket.pk = 1
    look(agent, ticket, status=404)


def test_it_asks_the_database_little(agent, maria, ticket, django_assert_max_num_queries):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(maria))
    # Session, user, groups; ticket, noting, others; what is new of ticket and talk.
    with django_assert_max_num_queries(12):
        look(agent, ticket)


def test_old_rows_are_purged(agent, maria, ticket):
    look(agent, ticket)
    Presence.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    look(signed_in(maria), ticket)
    housekeeping.purge()
    assert Presence.objects.get().name == "Maria Keller"
