"""Who else is looking at a ticket, and what they have done since the page was read."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tickets.access.actors import TRIAGE, user_actor
from tickets.models.workplace import Presence
from tickets.services.comments import add_comment, add_reply
from tickets.services.editing import editing
from tickets.services.housekeeping import purge_expired
from tickets.services.tickets import update_ticket
from tickets.tests.factories import AgentFactory, TicketFactory

from .conftest import signed_in

WINDOW, OTHER_WINDOW = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def maria(db):
    return AgentFactory(username="maria", first_name="Maria", last_name="Keller")


def report(client, ticket, status=200, **values):
    data = {"window": WINDOW, "version": ticket.version, "comment": 0} | values
    response = client.post(f"/tickets/{ticket.pk}/presence/", data)
    assert response.status_code == status
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_without_other_viewers_nothing_is_shown(agent, ticket):
    assert report(agent, ticket) == ""
    assert report(agent, ticket) == ""


def test_another_agent_is_seen_until_they_leave(agent, maria, ticket):
    other = signed_in(maria)
    report(other, ticket)
    assert "Maria Keller is viewing" in report(agent, ticket)
    report(other, ticket, writing="true")
    assert "Maria Keller is writing" in report(agent, ticket)
    report(other, ticket, status=204, leaving="true")
    assert report(agent, ticket) == ""


def test_a_viewer_who_stops_reporting_has_left(agent, maria, ticket):
    report(signed_in(maria), ticket)
    Presence.objects.update(seen_at=timezone.now() - timedelta(seconds=41))
    assert report(agent, ticket) == ""


def test_two_windows_of_one_account_are_one_viewer(agent, maria, ticket):
    other = signed_in(maria)
    report(other, ticket)
    assert report(other, ticket, window=OTHER_WINDOW) == ""
    assert report(agent, ticket).count("Maria") == 1


def test_in_open_mode_each_window_is_a_viewer(open_mode, visitor, ticket):
    report(visitor, ticket)
    assert report(visitor, ticket, window=OTHER_WINDOW) == "S Somebody is viewing"


def test_viewers_of_other_tickets_are_not_shown(agent, maria, ticket):
    report(signed_in(maria), TicketFactory())
    assert report(agent, ticket) == ""


def test_newer_changes_are_summarized(agent, maria, ticket):
    actor = user_actor(maria)
    update_ticket(ticket.pk, {"status": "closed", "title": "New"}, actor)
    add_comment(ticket, {"body": "Hello", "public": True}, actor)
    summary = "maria edited the title, changed status from open to closed and replied. Show"
    assert report(agent, ticket) == summary


def test_changes_on_the_page_are_not_summarized(agent, maria, ticket):
    changed = update_ticket(ticket.pk, {"status": "closed"}, user_actor(maria)).ticket
    comment = add_comment(ticket, {"body": "Hello"}, user_actor(maria))
    assert report(agent, changed, comment=comment.pk) == ""


def test_the_summary_names_everybody_who_did_something(agent, agent_user, maria, ticket):
    update_ticket(ticket.pk, {"status": "closed"}, user_actor(agent_user))
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.category = "billing"
        edit.ticket.decide("category", "llm", 0.91)
    add_reply(ticket, {"body": "Hello?"})
    summary = report(agent, ticket)
    assert summary.startswith("You changed status from open to closed. Triage changed category")
    assert "from general to billing (model, 91% confident). The requester" in summary


def test_many_changes_are_summarized_briefly(agent, maria, ticket):
    for status in ("closed", "open") * 4:
        update_ticket(ticket.pk, {"status": status}, user_actor(maria))
    assert report(agent, ticket).endswith("and made 4 more changes. Show")


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
def test_invalid_values_are_refused(agent, ticket, values):
    report(agent, ticket, status=400, **values)
    assert not Presence.objects.exists()


def test_an_unknown_version_has_no_summary(agent, ticket):
    assert report(agent, ticket, version=999) == ""


def test_markup_in_a_name_is_escaped(agent, ticket):
    eve = AgentFactory(first_name="<b>Eve</b>")
    report(signed_in(eve), ticket)
    page = agent.post(
        f"/tickets/{ticket.pk}/presence/", {"window": WINDOW, "version": 1, "comment": 0}
    ).content
    assert b"<b>" not in page


def test_it_needs_the_csrf_token(maria, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(maria)
    report(client, ticket, status=403)
    assert not Presence.objects.exists()


def test_a_deleted_ticket_is_not_found(agent, ticket):
    ticket.delete()
    ticket.pk = 1
    report(agent, ticket, status=404)


def test_queries_are_few(agent, maria, ticket, django_assert_max_num_queries):
    update_ticket(ticket.pk, {"status": "closed"}, user_actor(maria))
    # Session, user, groups; ticket, own presence, viewers; newer events and comments.
    with django_assert_max_num_queries(12):
        report(agent, ticket)


def test_old_rows_are_purged(agent, maria, ticket):
    report(agent, ticket)
    Presence.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    report(signed_in(maria), ticket)
    purge_expired()
    assert Presence.objects.get().name == "Maria Keller"
