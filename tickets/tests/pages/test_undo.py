"""The Undo button of a toast."""

import json
import re

import pytest

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.services.tickets import update_ticket
from tickets.services.undo import undo_token
from tickets.tests.factories import TicketFactory


@pytest.fixture
def closed(ticket, agent_user):
    return update_ticket(ticket.pk, {"status": "closed"}, user_actor(agent_user)).ticket


def test_without_scripts_it_redirects_back(closed, agent):
    values = {"changes": undo_token([closed]), "next": "/tickets/?status=open"}
    response = agent.post("/tickets/undo/", values, follow=True)
    assert response.redirect_chain == [("/tickets/?status=open", 302)]
    assert b"is as it was before." in response.content
    assert Ticket.objects.get().status == "open"


def test_each_message_keeps_its_own_button_and_is_shown_once(agent, ticket):
    path = f"/tickets/{ticket.pk}/"
    button = f'name="changes" value="{ticket.pk}:2"'
    agent.post(path, {"version": 1, "status": "closed"})
    assert button in agent.get(path).content.decode()
    assert button not in agent.get(path).content.decode()
    agent.post(path, {"version": 2, "priority": "low"})
    agent.post(f"{path}comments/", {"body": "A note"})
    page = agent.get(path).content.decode()
    toasts = re.findall(r'<div class="toast"><p>(.*?)</p>(.*?)</div>', page, re.S)
    assert [f'value="{ticket.pk}:3"' in undo for _, undo in toasts] == [True, False]


def test_it_says_that_later_changes_stand(closed, agent, agent_user):
    update_ticket(closed.pk, {"priority": "low"}, user_actor(agent_user))
    page = agent.post(
        "/tickets/undo/", {"changes": undo_token([closed])}, follow=True
    ).content.decode()
    assert f"#{closed.pk}: that change was undone. Later changes stand." in page


def test_it_never_redirects_to_another_site(closed, agent):
    values = {"changes": undo_token([closed]), "next": "//evil.example/"}
    assert agent.post("/tickets/undo/", values).url == "/tickets/"


def test_htmx_gets_an_event_that_refreshes_the_list(closed, agent):
    headers = {"HX-Request": "true"}
    response = agent.post("/tickets/undo/", {"changes": undo_token([closed])}, headers=headers)
    assert response.status_code == 204
    events = json.loads(response["HX-Trigger"])
    assert "tickets-changed" in events
    assert events["toast"] == {"message": f"#{closed.pk} is as it was before.", "undo": ""}


def test_it_names_tickets_that_could_not_be_undone(closed, agent, agent_user):
    other = TicketFactory()
    update_ticket(closed.pk, {"status": "open"}, user_actor(agent_user))
    edit = update_ticket(other.pk, {"status": "closed"}, user_actor(agent_user))
    changes = undo_token([closed, edit.ticket])
    page = agent.post("/tickets/undo/", {"changes": changes}, follow=True).content.decode()
    assert f"#{other.pk} is as it was before." in page
    assert f"Not undone, because changed since or deleted: #{closed.pk}." in page
    assert Ticket.objects.get(pk=closed.pk).status == "open"


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
def test_an_invalid_token_is_refused(closed, agent, changes):
    response = agent.post("/tickets/undo/", {"changes": changes})
    assert response.status_code == (400 if changes != "1:2 " else 302)


def test_too_many_changes_are_refused(closed, agent):
    changes = ",".join(f"{n}:1" for n in range(1, 502))
    assert agent.post("/tickets/undo/", {"changes": changes}).status_code == 400
