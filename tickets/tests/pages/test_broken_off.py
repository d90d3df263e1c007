"""The database stops what takes too long. Another connection holds locks that are waited for."""

import json

import pytest
from django.db import connection

from tickets.models.ticket import Ticket
from tickets.tests.factories import AdminFactory, TicketFactory
from tickets.tests.locks import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
READS = ["/tickets/?search=lamp&sort=newest", "/api/tickets/?search=lamp", "/dashboard/triage/"]


def lock_row(ticket):
    return f"SELECT FROM tickets_ticket WHERE id = {ticket.pk} FOR UPDATE"


def statuses():
    return list(Ticket.objects.order_by("pk").values_list("status", flat=True))


@pytest.fixture
def tickets():
    return TicketFactory.create_batch(4)


def change(client, tickets, **headers):
    data = {"ticket": [ticket.pk for ticket in tickets], "status": "closed"}
    return client.post("/tickets/bulk/", data, headers=headers)


def test_a_change_that_was_broken_off_says_so_and_can_be_undone(agent, tickets):
    with held_elsewhere(lock_row(tickets[2])):
        response = change(agent, tickets, **HTMX)
    assert response.status_code == 204
    events = json.loads(response["HX-Trigger"])
    assert events["toast"]["message"] == (
        "Status closed: 2 tickets changed. Then the database failed: 2 tickets were not changed."
    )
    assert events["tickets-changed"]["left"] == [ticket.pk for ticket in tickets[2:]]
    assert statuses() == ["closed", "closed", "open", "open"]
    agent.post("/tickets/undo/", {"changes": events["toast"]["undo"]})
    assert statuses() == ["open"] * 4


def test_without_scripts_it_says_so_on_the_next_page(agent, tickets):
    with held_elsewhere(lock_row(tickets[3])):
        response = change(agent, tickets)
    page = agent.get(response.url, follow=True).content.decode()
    assert "3 tickets changed. Then the database failed: 1 ticket was not changed." in page
    assert f'value="{",".join(f"{ticket.pk}:2" for ticket in tickets[:3])}"' in page


def test_a_change_of_all_that_match_stops_there(agent, tickets):
    """The page would go on with the next step."""
    with held_elsewhere(lock_row(tickets[0])):  # the last one: the newest come first
        data = {"matching": "status=open", "status": "closed"}
        response = agent.post("/tickets/bulk/", data, headers=HTMX)
    events = json.loads(response["HX-Trigger"])
    assert "1 ticket was not changed" in events["toast"]["message"]
    assert "bulk-continues" not in events


def test_a_change_that_changed_nothing_is_an_error(agent, tickets):
    with held_elsewhere(lock_row(tickets[0])):
        response = change(agent, tickets, **HTMX)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert statuses() == ["open"] * 4


def test_an_undo_that_was_broken_off_offers_the_rest(agent, tickets):
    events = json.loads(change(agent, tickets, **HTMX)["HX-Trigger"])
    data = {"changes": events["toast"]["undo"]}
    with held_elsewhere(lock_row(tickets[2])):
        response = agent.post("/tickets/undo/", data, headers=HTMX)
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["message"] == (
        "2 tickets are as they were before. Then the database failed. Undo again for the other 2."
    )
    assert statuses() == ["open", "open", "closed", "closed"]
    agent.post("/tickets/undo/", {"changes": toast["undo"]})
    assert statuses() == ["open"] * 4


def test_the_back_office_says_so_too(client, tickets):
    client.force_login(AdminFactory(is_staff=True, is_superuser=True))
    data = {
        "action": "status:closed",
        "index": "0",
        "_selected_action": [ticket.pk for ticket in tickets],
    }
    with held_elsewhere(lock_row(tickets[2])):
        page = client.post("/admin/tickets/ticket/", data, follow=True).content.decode()
    assert "Then the database failed. Not changed: 2." in page


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_read_that_takes_too_long_does_not_blame_the_database(agent, path, limit):
    assert agent.get(path).status_code == 200
    tables = "LOCK TABLE tickets_ticket, tickets_triagezone IN ACCESS EXCLUSIVE MODE"
    with held_elsewhere(tables, patience="1min"), connection.cursor() as cursor:
        cursor.execute(f"SET {limit} = '300ms'")
        try:
            response = agent.get(path)
        finally:
            cursor.execute(f"RESET {limit}")
    assert response.status_code == 503
    assert response["Retry-After"]
    text = response.content.decode()
    assert "This took too long, so it was stopped." in text
    assert "database" not in text
