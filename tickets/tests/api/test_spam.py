"""Spam in the API: the key `spam`, and the list's parameter of that name."""

import pytest

from tickets.models.spam import BlockedAddress
from tickets.tests.factories import AgentFactory, TicketFactory, TokenFactory

from .client import NEW, TICKETS, Api, assert_problem, one

BLOCKED = NEW | {"requester_email": "Kim+x@gmail.com"}


def ids(response):
    return [row["id"] for row in response.json()]


def test_agents_mark_spam_and_take_it_back(agent, ticket):
    changed = agent.send("PATCH", one(ticket.pk), {"spam": True}).json()
    assert (changed["spam"], changed["version"], changed["waiting_for"]) == (True, 2, None)
    assert agent.get(one(ticket.pk)).json()["spam"] is True
    assert ids(agent.get(TICKETS)) == []
    assert ids(agent.get(TICKETS, {"spam": "true"})) == [ticket.pk]
    assert agent.send("PATCH", one(ticket.pk), {"spam": False}).json()["spam"] is False
    assert ids(agent.get(TICKETS)) == [ticket.pk]
    assert ids(agent.get(TICKETS, {"spam": "true"})) == []
    history = agent.get(one(ticket.pk, "history/")).json()
    assert [entry["changes"].get("spam") for entry in history[1:]] == [[False, True], [True, False]]


def test_one_ticket_and_the_list_agree_on_what_is_unread(db):
    agent = Api(TokenFactory(user=AgentFactory()).secret)
    ticket = TicketFactory(spam=True)
    [listed] = agent.get(TICKETS, {"spam": "true"}).json()
    assert agent.get(one(ticket.pk)).json()["unread"] is listed["unread"] is True


def test_spam_waits_for_nobody_in_filters_and_figures(agent):
    TicketFactory(spam=True, waiting_since=None)
    assert ids(agent.get(TICKETS, {"spam": "true", "waiting_for": "us,requester"})) == []
    stats = agent.get(f"{TICKETS}stats/", {"spam": "true"}).json()
    assert stats["waiting_for_breakdown"] == {"us": 0, "requester": 0}


def test_put_sets_it_and_keeps_it_if_it_is_left_out(agent, ticket):
    assert agent.send("PUT", one(ticket.pk), NEW | {"spam": True}).json()["spam"] is True
    assert agent.send("PUT", one(ticket.pk), NEW).json()["spam"] is True
    assert agent.send("PUT", one(ticket.pk), NEW | {"spam": False}).json()["spam"] is False


@pytest.mark.parametrize("wrong", ["true", 1, None, "", []])
def test_it_is_true_or_false(agent, ticket, wrong):
    response = agent.send("PATCH", one(ticket.pk), {"spam": wrong})
    assert_problem(response, 400, "validation_error", "spam")


def test_the_parameter_is_true_or_false(agent):
    assert_problem(agent.get(TICKETS, {"spam": "yes"}), 400, "validation_error", "spam")


def test_nobody_creates_spam(agent, anonymous):
    for caller in (agent, anonymous):
        response = caller.send("POST", TICKETS, NEW | {"spam": True})
        assert_problem(response, 400, "validation_error", "spam")


def test_a_visitor_may_not_mark_spam(anonymous, ticket):
    response = anonymous.send("PATCH", one(ticket.pk), {"spam": True})
    assert_problem(response, 401, "authentication_required")


def test_nothing_tells_a_blocked_sender(anonymous, agent):
    plain = anonymous.create()
    BlockedAddress.objects.create(address="kim@gmail.com")
    blocked = anonymous.send("POST", TICKETS, BLOCKED)
    assert blocked.status_code == 201
    assert blocked.json().keys() == plain.keys()
    assert anonymous.get(blocked.json()["track_url"]).status_code == 200
    assert ids(agent.get(TICKETS)) == [plain["id"]]
    assert agent.get(one(blocked.json()["id"])).json()["spam"] is True


def test_the_answer_tells_an_agent(agent):
    BlockedAddress.objects.create(address="kim@gmail.com")
    assert agent.send("POST", TICKETS, BLOCKED).json()["spam"] is True
    assert agent.send("POST", TICKETS, NEW).json()["spam"] is False


def test_pages_of_spam_have_cursors(agent):
    tickets = [TicketFactory(spam=True) for _ in range(3)]
    first = agent.get(TICKETS, {"spam": "true", "limit": 2})
    second = agent.get(first["Link"].split(">")[0].removeprefix("<"))
    assert [*ids(first), *ids(second)] == [ticket.pk for ticket in reversed(tickets)]
