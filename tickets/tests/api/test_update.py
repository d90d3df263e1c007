"""PATCH /api/tickets/<id>/"""

import pytest

from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory, TicketFactory, TokenFactory

from .client import Api, assert_problem, one

ALL = ["open", "in_progress", "resolved", "closed"]


@pytest.mark.parametrize("after", ALL)
@pytest.mark.parametrize("before", ALL)
def test_every_change_of_status_is_allowed(agent, before, after):
    ticket = TicketFactory(status=before)
    response = agent.send("PATCH", one(ticket.pk), {"status": after})
    assert response.status_code == 200
    assert response.json()["status"] == after


def test_only_the_keys_sent_change(agent):
    ticket = TicketFactory(requester_email="ada@example.org", assignee=AgentFactory())
    before = agent.get(one(ticket.pk)).json()
    after = agent.send("PATCH", one(ticket.pk), {"status": "closed"}).json()
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"status", "version", "updated_at", "waiting_for", "waiting_since"}
    assert agent.get(one(ticket.pk)).json() == after


def test_every_change_makes_a_new_version(agent, ticket):
    for version, status in enumerate(ALL[1:], start=2):
        response = agent.send("PATCH", one(ticket.pk), {"status": status})
        assert response.json()["version"] == version
        assert response["ETag"] == f'"{version}"'


@pytest.mark.parametrize("body", [{}, {"status": "open"}, {"description": "  Same.\r\n"}])
def test_unchanged_values_leave_the_version(agent, body):
    ticket = TicketFactory(description="Same.")
    before = agent.get(one(ticket.pk)).json()
    response = agent.send("PATCH", one(ticket.pk), body)
    assert response.status_code == 200
    assert response.json() == before


def test_a_category_that_is_sent_is_a_persons_decision(agent):
    ticket = TicketFactory(category="billing", category_source="offline", category_confidence=0.5)
    updated = agent.send("PATCH", one(ticket.pk), {"category": "billing"}).json()
    assert updated["triage"]["category"] == {"source": "human", "confidence": None}
    assert updated["version"] == 2


def test_a_new_text_is_scored_again(agent):
    ticket = TicketFactory(sentiment="calm", urgency_score=1, sentiment_source="offline")
    text = "This is outrageous!!! Everything is down, we lose money every minute. URGENT!"
    updated = agent.send("PATCH", one(ticket.pk), {"description": text}).json()
    assert updated["urgency_score"] > 50
    assert updated["category"] == "general"  # was not sent


@pytest.mark.parametrize(
    "body", [{"status": "closed"}, {"priority": "critical"}, {"requester_email": "a@example.org"}]
)
def test_sentiment_and_urgency_stay_while_the_text_does(agent, body):
    ticket = TicketFactory(sentiment="calm", urgency_score=1, sentiment_source="llm")
    updated = agent.send("PATCH", one(ticket.pk), body).json()
    assert (updated["sentiment"], updated["urgency_score"]) == ("calm", 1)
    assert updated["triage"]["tone"]["source"] == "llm"


@pytest.mark.parametrize("nobody", [None, ""])
def test_an_assignee_comes_and_goes(agent, ticket, nobody):
    colleague = AgentFactory()
    updated = agent.send("PATCH", one(ticket.pk), {"assignee": colleague.username}).json()
    assert updated["assignee"] == colleague.username
    assert agent.send("PATCH", one(ticket.pk), {"assignee": nobody}).json()["assignee"] is None


@pytest.mark.parametrize("nothing", [None, ""])
def test_the_requester_email_can_be_removed(agent, nothing):
    ticket = TicketFactory(requester_email="ada@example.org")
    updated = agent.send("PATCH", one(ticket.pk), {"requester_email": nothing}).json()
    assert updated["requester_email"] is None


@pytest.mark.parametrize("tag", ['"1"', '"7", "1"', "*"])
def test_the_current_version_may_be_written(agent, ticket, tag):
    response = agent.send("PATCH", one(ticket.pk), {"status": "closed"}, if_match=tag)
    assert response.status_code == 200


@pytest.mark.parametrize("tag", ['"2"', 'W/"1"', "1", "", '"x"', '"0"', '"2", "3"', '"\u0661"'])
def test_a_stale_version_is_refused(agent, ticket, tag):
    response = agent.send("PATCH", one(ticket.pk), {"status": "closed"}, if_match=tag)
    assert_problem(response, 412, "precondition_failed")
    assert Ticket.objects.get().status == "open"


def test_the_second_of_two_agents_gets_an_error(agent, ticket):
    tag = agent.get(one(ticket.pk))["ETag"]
    first = agent.send("PATCH", one(ticket.pk), {"title": "First"}, if_match=tag)
    second = agent.send("PATCH", one(ticket.pk), {"title": "Second"}, if_match=tag)
    assert first.status_code == 200
    assert_problem(second, 412, "precondition_failed")
    assert Ticket.objects.get().title == "First"


def test_a_missing_ticket_is_not_found(agent):
    for headers in ({}, {"if_match": '"1"'}, {"if_match": "*"}):
        response = agent.send("PATCH", one(10**18), {"status": "open"}, **headers)
        assert_problem(response, 404, "not_found")


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 403), (["write"], 204)])
def test_a_token_needs_write(ticket, scopes, status):
    api = Api(TokenFactory(scopes=scopes).secret)
    response = api.send("PATCH", one(ticket.pk), {"status": "closed"})
    assert response.status_code == status
    assert Ticket.objects.get().status == ("closed" if status == 204 else "open")


def test_an_anonymous_caller_changes_nothing(anonymous, ticket):
    response = anonymous.send("PATCH", one(ticket.pk), {"status": "closed"})
    assert_problem(response, 401, "authentication_required")
    assert Ticket.objects.get().status == "open"
