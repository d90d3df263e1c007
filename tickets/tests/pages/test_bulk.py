"""One change to several tickets of the list."""

import json
from urllib.parse import urlencode

import pytest

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.pages.views import bulk
from tickets.querysets.cursors import Cursor
from tickets.services.tickets import update_ticket
from tickets.tests.factories import AgentFactory, TicketFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def tickets(db):
    return TicketFactory.create_batch(3)


def ids(tickets):
    return [ticket.pk for ticket in tickets]


def events_of(response):
    return json.loads(response["HX-Trigger"])


def values(name):
    return list(Ticket.objects.order_by("pk").values_list(name, flat=True))


def test_only_the_selected_tickets_change(agent, tickets):
    data = {"ticket": ids(tickets[:2]), "status": "closed", "priority": "low"}
    agent.post("/tickets/bulk/", data)
    assert values("status") == ["closed", "closed", "open"]
    assert values("priority") == ["low", "low", "medium"]
    assert values("category") == ["general"] * 3


def test_assigning_and_unassigning(agent, tickets):
    hanna = AgentFactory(username="hanna")
    agent.post("/tickets/bulk/", {"ticket": ids(tickets), "assignee": "hanna"})
    assert values("assignee") == [hanna.pk] * 3
    agent.post("/tickets/bulk/", {"ticket": ids(tickets)[:1], "assignee": "none"})
    assert values("assignee") == [None, hanna.pk, hanna.pk]


def test_without_scripts_it_redirects_back_and_offers_undo(agent, tickets):
    data = {"ticket": ids(tickets), "status": "closed", "next": "/tickets/?status=open"}
    response = agent.post("/tickets/bulk/", data, follow=True)
    assert response.redirect_chain == [("/tickets/?status=open", 302)]
    page = response.content.decode()
    assert "3 tickets changed." in page
    changes = ",".join(f"{ticket.pk}:2" for ticket in tickets)
    assert f'value="{changes}"' in page
    agent.post("/tickets/undo/", {"changes": changes})
    assert values("status") == ["open"] * 3


def test_it_never_redirects_to_another_site(agent, ticket):
    data = {"ticket": ticket.pk, "status": "closed", "next": "//evil.example/"}
    assert agent.post("/tickets/bulk/", data).url == "/tickets/"


def test_htmx_gets_an_event_that_refreshes_the_list(agent, tickets):
    data = {"ticket": ids(tickets[:2]), "status": "closed"}
    response = agent.post("/tickets/bulk/", data, headers=HTMX)
    assert response.status_code == 204
    events = events_of(response)
    assert "tickets-changed" in events
    first, second = tickets[:2]
    assert events["toast"] == {
        "message": "Status closed: 2 tickets changed.",
        "undo": f"{first.pk}:2,{second.pk}:2",
    }


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"priority": "high"}, "Priority high"),
        ({"status": "in_progress"}, "Status in progress"),
        ({"assignee": "hanna"}, "Assignee hanna"),
        ({"assignee": "none"}, "Unassigned"),
        ({"assignee": "none", "status": "closed"}, "Status closed, unassigned"),
        ({"priority": "low", "spam": "true"}, "Priority low, spam"),
    ],
)
def test_it_says_what_has_changed(agent, tickets, changes, what):
    hanna = AgentFactory(username="hanna")
    if changes.get("assignee") == "none":
        Ticket.objects.update(assignee=hanna)
    data = {"ticket": ids(tickets[:2]), **changes}
    events = events_of(agent.post("/tickets/bulk/", data, headers=HTMX))
    assert events["toast"]["message"] == f"{what}: 2 tickets changed."


def test_an_unchanged_ticket_has_nothing_to_undo(agent, agent_user, tickets):
    update_ticket(tickets[0].pk, {"status": "closed"}, user_actor(agent_user))
    data = {"ticket": ids(tickets[:2]), "status": "closed"}
    events = events_of(agent.post("/tickets/bulk/", data, headers=HTMX))
    assert events["toast"] == {
        "message": "Status closed: 1 ticket changed. 1 ticket was already closed.",
        "undo": f"{tickets[1].pk}:2",
    }


def test_unknown_tickets_are_named(agent, ticket):
    data = {"ticket": [ticket.pk, 999_999], "status": "closed"}
    events = events_of(agent.post("/tickets/bulk/", data, headers=HTMX))
    assert events["toast"]["message"] == "Status closed: 1 ticket changed. Not found: #999999."
    assert values("status") == ["closed"]


def test_a_ticket_listed_twice_changes_once(agent, ticket):
    agent.post("/tickets/bulk/", {"ticket": [ticket.pk, ticket.pk], "status": "closed"})
    assert values("version") == [2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"status": "closed"}, "Select at least one ticket."),
        ({"ticket": ["1"]}, "Choose what to change."),
        ({"ticket": ["1"], "assignee": " "}, "Choose what to change."),
        ({"ticket": ["1x"], "status": "closed"}, "This is not a ticket number."),
        ({"ticket": ["9" * 30], "status": "closed"}, "This is not a ticket number."),
        ({"ticket": ["\u0663"], "status": "closed"}, "This is not a ticket number."),
        ({"ticket": ["1"], "status": "lost"}, "Select a valid choice."),
        (
            {"ticket": ["1"], "assignee": "nobody-of-this-name"},
            "There is no agent with this username.",
        ),
        ({"ticket": [str(n) for n in range(501)], "status": "closed"}, "at most 500 tickets"),
    ],
)
def test_invalid_input_is_explained(agent, ticket, data, message):
    events = events_of(agent.post("/tickets/bulk/", data, headers=HTMX))
    assert message in events["toast"]["message"]
    response = agent.post("/tickets/bulk/", data)
    assert response.status_code == 400
    assert message in response.content.decode()
    assert values("version") == [1]


def test_only_agents_can_change_tickets(visitor, user, ticket):
    for client in (visitor, user):
        client.post("/tickets/bulk/", {"ticket": ticket.pk, "status": "closed"})
    assert values("status") == ["open"]


# --- all that match ---


def test_all_that_match_a_filter_change(agent, tickets):
    other = TicketFactory(category="billing")
    agent.post("/tickets/bulk/", {"matching": "category=general", "status": "closed"})
    assert values("status") == ["closed"] * 3 + ["open"]
    agent.post("/tickets/bulk/", {"matching": "?category=billing", "priority": "high"})
    other.refresh_from_db()
    assert (other.status, other.priority) == ("open", "high")


def test_tickets_that_arrived_since_do_not_change(agent, tickets):
    seen = Cursor.at(tickets[-1], backwards=True).write()
    TicketFactory()
    query = urlencode({"status": "open", "seen": seen})
    agent.post("/tickets/bulk/", {"matching": query, "status": "closed"})
    assert values("status") == ["closed"] * 3 + ["open"]


def test_many_that_match_change_in_steps(agent, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_BULK_TICKETS", 2)
    tickets = TicketFactory.create_batch(5)
    data = {"matching": "status=open", "status": "closed"}
    steps = []
    while True:
        events = events_of(agent.post("/tickets/bulk/", data, headers=HTMX))
        steps.append(events["toast"]["message"])
        if "bulk-continues" not in events:
            break
        data["below"] = events["bulk-continues"]["below"]
    counts = ["2 tickets", "2 tickets", "1 ticket"]
    assert steps == [f"Status closed: {count} changed." for count in counts]
    assert "tickets-changed" in events
    assert values("status") == ["closed"] * 5
    assert events["toast"]["undo"] == f"{tickets[0].pk}:2"


@pytest.mark.parametrize("query", ["status=lost", "assignee=nobody-of-this-name", "seen=x"])
def test_an_invalid_filter_changes_nothing(agent, ticket, query):
    data = {"matching": query, "status": "closed"}
    assert agent.post("/tickets/bulk/", data).status_code == 400
    assert values("status") == ["open"]
