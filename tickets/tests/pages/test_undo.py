"""The Undo of a toast."""

import json

import pytest

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.tests.factories import TicketFactory


@pytest.fixture
def change(ticket, agent_user):
    return tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(agent_user))


def named(ticket):
    return f"{ticket.pk}:{ticket.version}"


def test_without_a_script_it_leads_back_to_where_one_was(change, agent):
    values = {"changes": named(change), "next": "/tickets/?status=open"}
    response = agent.post("/tickets/undo/", values, follow=True)
    assert response.redirect_chain == [("/tickets/?status=open", 302)]
    assert b"is as it was before." in response.content
    assert Ticket.objects.get().status == "open"


def test_what_others_changed_since_is_not_claimed_to_be_as_it_was(change, agent, agent_user):
    tickets.update_ticket(change.pk, {"priority": "low"}, user_actor(agent_user))
    page = agent.post("/tickets/undo/", {"changes": named(change)}, follow=True).content.decode()
    assert f"#{change.pk} takes that change back; later ones stay." in page


def test_it_leads_to_no_other_site(change, agent):
    values = {"changes": named(change), "next": "//evil.example/"}
    assert agent.post("/tickets/undo/", values).url == "/tickets/"


def test_with_htmx_the_page_is_told_to_bring_itself_up_to_date(change, agent):
    headers = {"HX-Request": "true"}
    response = agent.post("/tickets/undo/", {"changes": named(change)}, headers=headers)
    assert response.status_code == 204
    events = json.loads(response["HX-Trigger"])
    assert "tickets-changed" in events
    assert events["toast"] == {"words": f"#{change.pk} is as it was before.", "undo": ""}


def test_what_could_not_be_taken_back_is_told(change, agent, agent_user):
    other = TicketFactory()
    tickets.update_ticket(change.pk, {"status": "open"}, user_actor(agent_user))
    saved = tickets.update_ticket(other.pk, {"status": "closed"}, user_actor(agent_user))
    changes = f"{named(change)},{named(saved)}"
    page = agent.post("/tickets/undo/", {"changes": changes}, follow=True).content.decode()
    assert f"#{other.pk} is as it was before." in page
    assert f"left alone: #{change.pk}" in page
    assert Ticket.objects.get(pk=change.pk).status == "open"


@pytest.mark.parametrize(
    "changes",
    [
        "",
        "1",
        "1:",
        ":1",
        "1:2,",
        "a:b",
        "1:2;3:4",
        "1:-1",
        "1:2 ",
        "9" * 30 + ":1",
        "1:1\0",
        "²:1",
    ],
)
def test_nonsense_is_refused(change, agent, changes):
    response = agent.post("/tickets/undo/", {"changes": changes})
    assert response.status_code == (400 if changes != "1:2 " else 302)


def test_not_more_than_a_list_can_hold(change, agent):
    changes = ",".join(f"{n}:1" for n in range(1, 502))
    assert agent.post("/tickets/undo/", {"changes": changes}).status_code == 400
