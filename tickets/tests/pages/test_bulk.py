"""One change to several tickets of the list."""

import json

import pytest

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.tests.factories import AgentFactory, TicketFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def tickets(db):
    return TicketFactory.create_batch(3)


def numbers(tickets):
    return [ticket.pk for ticket in tickets]


def told(response):
    return json.loads(response["HX-Trigger"])


def values(name):
    return list(Ticket.objects.order_by("pk").values_list(name, flat=True))


def test_the_selected_tickets_change_and_no_other(agent, tickets):
    chosen = {"ticket": numbers(tickets[:2]), "status": "closed", "priority": "low"}
    agent.post("/tickets/bulk/", chosen)
    assert values("status") == ["closed", "closed", "open"]
    assert values("priority") == ["low", "low", "medium"]
    assert values("category") == ["general"] * 3


def test_an_assignee_is_set_and_taken_away(agent, tickets):
    hanna = AgentFactory(username="hanna")
    ids = numbers(tickets)
    agent.post("/tickets/bulk/", {"ticket": ids, "assignee": "hanna"})
    assert values("assignee") == [hanna.pk] * 3
    agent.post("/tickets/bulk/", {"ticket": ids[:1], "assignee": "none"})
    assert values("assignee") == [None, hanna.pk, hanna.pk]


def test_without_a_script_it_leads_back_and_offers_undo(agent, tickets):
    chosen = {"ticket": numbers(tickets), "status": "closed", "next": "/tickets/?status=open"}
    response = agent.post("/tickets/bulk/", chosen, follow=True)
    assert response.redirect_chain == [("/tickets/?status=open", 302)]
    page = response.content.decode()
    assert "3 tickets changed." in page
    changes = ",".join(f"{ticket.pk}:2" for ticket in tickets)
    assert f'value="{changes}"' in page
    agent.post("/tickets/undo/", {"changes": changes})
    assert values("status") == ["open"] * 3


def test_it_leads_to_no_other_site(agent, ticket):
    chosen = {"ticket": ticket.pk, "status": "closed", "next": "//evil.example/"}
    assert agent.post("/tickets/bulk/", chosen).url == "/tickets/"


def test_with_htmx_the_page_is_told_to_bring_itself_up_to_date(agent, tickets):
    chosen = {"ticket": numbers(tickets[:2]), "status": "closed"}
    response = agent.post("/tickets/bulk/", chosen, headers=HTMX)
    assert response.status_code == 204
    events = told(response)
    assert "tickets-changed" in events
    first, second = tickets[:2]
    assert events["toast"] == {
        "words": "2 tickets changed.",
        "undo": f"{first.pk}:2,{second.pk}:2",
    }


def test_what_was_so_already_has_nothing_to_undo(agent, agent_user, tickets):
    tickets.update_ticket(tickets[0].pk, {"status": "closed"}, user_actor(agent_user))
    chosen = {"ticket": numbers(tickets[:2]), "status": "closed"}
    events = told(agent.post("/tickets/bulk/", chosen, headers=HTMX))
    assert events["toast"] == {
        "words": "1 ticket changed. 1 was so already.",
        "undo": f"{tickets[1].pk}:2",
    }


def test_unknown_tickets_are_told(agent, ticket):
    chosen = {"ticket": [ticket.pk, 999_999], "status": "closed"}
    events = told(agent.post("/tickets/bulk/", chosen, headers=HTMX))
    assert events["toast"]["words"] == "1 ticket changed. There is no #999999."
    assert values("status") == ["closed"]


def test_a_ticket_that_is_named_twice_changes_once(agent, ticket):
    agent.post("/tickets/bulk/", {"ticket": [ticket.pk, ticket.pk], "status": "closed"})
    assert values("version") == [2]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"status": "closed"}, "Select at least one ticket."),
        ({"ticket": ["1"]}, "Choose what to change."),
        ({"ticket": ["1"], "assignee": " "}, "Choose what to change."),
        ({"ticket": ["1x"], "status": "closed"}, "This is not the number of a ticket."),
        ({"ticket": ["9" * 30], "status": "closed"}, "This is not the number of a ticket."),
        ({"ticket": ["\u0663"], "status": "closed"}, "This is not the number of a ticket."),
        ({"ticket": ["1"], "status": "lost"}, "Select a valid choice."),
        ({"ticket": ["1"], "assignee": "nobody-of-this-name"}, "There is no agent of this name."),
        ({"ticket": [str(n) for n in range(501)], "status": "closed"}, "At most 500 tickets"),
    ],
)
def test_what_is_wrong_is_named(agent, ticket, chosen, words):
    assert words in told(agent.post("/tickets/bulk/", chosen, headers=HTMX))["toast"]["words"]
    response = agent.post("/tickets/bulk/", chosen)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert values("version") == [1]


def test_only_agents_may(visitor, user, ticket):
    for client in (visitor, user):
        client.post("/tickets/bulk/", {"ticket": ticket.pk, "status": "closed"})
    assert values("status") == ["open"]
