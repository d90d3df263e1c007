"""GET /api/tickets/<id>/"""

import pytest

from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory, TicketFactory

from .client import assert_problem, one


def test_an_agent_reads_every_documented_key(agent):
    colleague = AgentFactory()
    ticket = TicketFactory(
        category="billing",
        category_source="offline",
        category_confidence=0.5,
        requester_email="ada@example.org",
        assignee=colleague,
    )
    response = agent.get(one(ticket.pk))
    assert response.status_code == 200
    assert response["ETag"] == '"1"'
    assert response.json() == {
        "id": ticket.pk,
        "title": ticket.title,
        "description": ticket.description,
        "category": "billing",
        "priority": "medium",
        "status": "open",
        "sentiment": "neutral",
        "urgency_score": 50,
        "requester_email": "ada@example.org",
        "assignee": colleague.username,
        "triage": {
            "category": {"source": "offline", "confidence": 0.5},
            "priority": {"source": "default", "confidence": None},
            "tone": {"source": "default", "confidence": None},
        },
        "version": 1,
        "created_at": ticket.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": ticket.updated_at.isoformat().replace("+00:00", "Z"),
        "waiting_for": "us",
        "waiting_since": ticket.created_at.isoformat().replace("+00:00", "Z"),
        "last_activity_at": ticket.created_at.isoformat().replace("+00:00", "Z"),
        "snoozed_until": None,
        "spam": False,
        "unread": False,
        "merged_into": None,
    }


def test_an_empty_address_and_no_assignee_are_null(agent, ticket):
    answer = agent.get(one(ticket.pk)).json()
    assert answer["requester_email"] is None
    assert answer["assignee"] is None


def test_an_anonymous_caller_reads_nothing(anonymous, ticket):
    response = anonymous.get(one(ticket.pk))
    assert_problem(response, 401, "authentication_required")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 10**19 - 1, 10**19, "9" * 5000])
def test_a_number_without_a_ticket_is_not_found(agent, ticket, number):
    assert_problem(agent.get(one(number)), 404, "not_found")


@pytest.mark.parametrize("word", ["-1", "x", "1.0", "1e3", "%31%0a", "\u0661", "1/x", "0x1", "%20"])
def test_anything_but_a_number_is_not_found(agent, ticket, word):
    assert_problem(agent.get(f"/api/tickets/{word}/"), 404, "not_found")


def test_head_is_answered_without_a_body(agent, ticket):
    response = agent.head(one(ticket.pk))
    assert (response.status_code, response.content, response["ETag"]) == (200, b"", '"1"')


def test_other_methods_are_refused_by_name(agent, ticket):
    response = agent.send("POST", one(ticket.pk), {})
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "DELETE, GET, HEAD, PATCH, PUT"
    assert Ticket.objects.get().version == 1


@pytest.mark.parametrize("known", ['"1"', 'W/"1"', '"0", "1"', "*"])
def test_a_version_that_the_caller_has_is_not_sent_again(agent, ticket, known):
    response = agent.get(one(ticket.pk), headers={"If-None-Match": known})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("known", ['"2"', "1", ""])
def test_another_version_is_sent(agent, ticket, known):
    response = agent.get(one(ticket.pk), headers={"If-None-Match": known})
    assert response.status_code == 200


def test_reading_takes_two_queries(agent, ticket, django_assert_num_queries):
    agent.get(one(ticket.pk))  # records the use of the token, once a minute
    with django_assert_num_queries(2):  # the token, the ticket
        agent.get(one(ticket.pk))
