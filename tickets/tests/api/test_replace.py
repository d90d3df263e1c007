"""PUT /api/tickets/<id>/"""

import pytest

from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory, TicketFactory

from .client import NEW, assert_problem, one


def test_keys_left_out_return_to_their_defaults(agent):
    ticket = TicketFactory(
        status="closed",
        category="billing",
        category_source="human",
        requester_email="ada@example.org",
        assignee=AgentFactory(),
    )
    response = agent.send("PUT", one(ticket.pk), NEW)
    assert response.status_code == 200
    replaced = response.json()
    assert (replaced["title"], replaced["description"]) == (NEW["title"], NEW["description"])
    assert replaced["status"] == "open"
    assert replaced["triage"]["category"]["source"] != "human"
    assert (replaced["version"], response["ETag"]) == (2, '"2"')


def test_the_people_stay_unless_they_are_sent(agent):
    grace = AgentFactory()
    ticket = TicketFactory(requester_email="ada@example.org", assignee=grace)
    replaced = agent.send("PUT", one(ticket.pk), NEW).json()
    assert (replaced["requester_email"], replaced["assignee"]) == (
        "ada@example.org",
        grace.username,
    )
    body = NEW | {"requester_email": None, "assignee": None}
    replaced = agent.send("PUT", one(ticket.pk), body).json()
    assert (replaced["requester_email"], replaced["assignee"]) == (None, None)


def test_every_writable_key_is_stored(agent, ticket):
    values = NEW | {
        "category": "account",
        "priority": "critical",
        "status": "resolved",
        "requester_email": "ada@example.org",
        "assignee": AgentFactory().username,
    }
    replaced = agent.send("PUT", one(ticket.pk), values).json()
    assert replaced | values == replaced
    assert replaced["triage"]["category"]["source"] == "human"
    assert replaced["triage"]["priority"]["source"] == "human"


def test_sentiment_and_urgency_stay_while_the_text_does(agent):
    ticket = TicketFactory(**NEW, sentiment="angry", urgency_score=99, sentiment_source="llm")
    replaced = agent.send("PUT", one(ticket.pk), NEW | {"priority": "low"}).json()
    assert (replaced["sentiment"], replaced["urgency_score"]) == ("angry", 99)


def test_a_new_text_is_scored_again(agent):
    ticket = TicketFactory(sentiment="angry", urgency_score=99, sentiment_source="llm")
    replaced = agent.send("PUT", one(ticket.pk), NEW).json()
    assert replaced["triage"]["tone"]["source"] != "llm"


def test_the_same_values_leave_the_version(agent, ticket):
    values = NEW | {"category": "billing", "priority": "low"}
    first = agent.send("PUT", one(ticket.pk), values).json()
    assert agent.send("PUT", one(ticket.pk), values).json() == first


@pytest.mark.parametrize("missing", ["title", "description"])
def test_title_and_description_are_required(agent, ticket, missing):
    values = {key: value for key, value in NEW.items() if key != missing}
    response = agent.send("PUT", one(ticket.pk), values)
    assert_problem(response, 400, "validation_error", missing)
    assert Ticket.objects.get().version == 1


def test_a_stale_version_is_refused(agent, ticket):
    assert agent.send("PUT", one(ticket.pk), NEW, if_match='"1"').status_code == 200
    response = agent.send("PUT", one(ticket.pk), NEW | {"title": "Late"}, if_match='"1"')
    assert_problem(response, 412, "precondition_failed")
    assert Ticket.objects.get().title == NEW["title"]


def test_a_missing_ticket_is_not_created(agent):
    assert_problem(agent.send("PUT", one(5), NEW), 404, "not_found")
    assert not Ticket.objects.exists()
