"""The list of deleted tickets in the back office."""

import pytest
from django.urls import reverse

from tickets.access.actors import user_actor
from tickets.models.events import Erasure
from tickets.services.tickets import delete_ticket
from tickets.tests.factories import TicketFactory

LIST = "/admin/tickets/erasure/"


@pytest.fixture
def deleted(admin_user):
    """Return the numbers of three tickets that the admin has deleted, oldest first."""
    numbers = [ticket.pk for ticket in TicketFactory.create_batch(3)]
    for number in numbers:
        delete_ticket(number, user_actor(admin_user))
    return numbers


def listed(client, query=""):
    response = client.get(f"{LIST}{query}")
    return [row.ticket_number for row in response.context["cl"].result_list]


def test_it_says_which_tickets_were_deleted_by_whom_newest_first(admin, admin_user, deleted):
    assert listed(admin) == deleted[::-1]
    html = admin.get(LIST).content.decode()
    assert f"#{deleted[0]}" in html
    assert html.count(f">{admin_user.username}</td>") == 3


@pytest.mark.parametrize("query", ["{}", "%23{}", "+{}+"])
def test_a_ticket_is_found_by_its_number(admin, deleted, query):
    assert listed(admin, f"?q={query.format(deleted[1])}") == [deleted[1]]


@pytest.mark.parametrize("text", ["0", "kim", "1%25", "9" * 30, "-1", "1 or 1"])
def test_what_was_not_deleted_is_said_in_words(admin, deleted, text):
    html = admin.get(LIST, {"q": text}).content.decode()
    assert "No ticket with the number" in html
    assert f"#{deleted[0]}" not in html


def test_an_empty_list_says_what_it_is_for(admin):
    assert "No ticket was deleted yet." in admin.get(LIST).content.decode()


def test_nobody_changes_it(admin, deleted):
    row = Erasure.objects.first()
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin.post(LIST, data)
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert admin.post(f"{LIST}{row.pk}/change/", {"actor": "x"}).status_code == 403
    assert Erasure.objects.count() == len(deleted)


def test_agents_do_not_see_it(agent, deleted):
    assert agent.get(LIST).status_code == 403
    assert LIST not in agent.get("/admin/tickets/ticket/").content.decode()
    path = reverse("admin:tickets_ticket_change", args=[deleted[0]])
    assert agent.get(path).url == "/admin/"


def test_admins_come_to_it_from_the_tickets(admin, admin_user, deleted):
    assert f'href="{LIST}"' in admin.get("/admin/tickets/ticket/").content.decode()
    path = reverse("admin:tickets_ticket_change", args=[deleted[0]])
    response = admin.get(path, follow=True)
    assert response.redirect_chain == [(f"{LIST}?q={deleted[0]}", 302)]
    assert f"Ticket #{deleted[0]} was deleted." in response.content.decode()
    # One that never was is no deleted one.
    assert admin.get(reverse("admin:tickets_ticket_change", args=[10**9])).url == "/admin/"
