"""What the next page tells the user, on the desk's pages and in the back office."""

import re

import pytest
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import Client, RequestFactory

from tickets.models.ticket import Ticket
from tickets.tests.factories import AdminFactory, TicketFactory

pytestmark = pytest.mark.django_db
PAGES = ["/tickets/?sort=newest", "/admin/tickets/ticket/"]


@pytest.fixture
def agent():
    client = Client()
    client.force_login(AdminFactory(is_staff=True))
    return client


@pytest.fixture
def ticket():
    return TicketFactory()


def close(client, ticket):
    data = {"ticket": ticket.pk, "status": "closed"}
    assert client.post("/tickets/bulk/", data).status_code == 302


def undo_tokens(html):
    return re.findall(r'name="changes" value="([^"]+)"', html)


@pytest.mark.parametrize("path", PAGES)
def test_a_notice_appears_once_with_its_undo(agent, ticket, path):
    close(agent, ticket)
    html = agent.get(path).content.decode()
    assert "1 ticket changed." in html
    assert undo_tokens(html) == [f"{ticket.pk}:2"]
    html = agent.get(path).content.decode()
    assert "1 ticket changed." not in html
    assert undo_tokens(html) == []


def test_notices_of_several_requests_wait_together(agent, ticket):
    other = TicketFactory()
    close(agent, ticket)
    close(agent, other)
    html = agent.get("/tickets/?sort=newest").content.decode()
    assert undo_tokens(html) == [f"{ticket.pk}:2", f"{other.pk}:2"]
    [first, _] = undo_tokens(html)
    agent.post("/tickets/undo/", {"changes": first})
    assert Ticket.objects.get(pk=ticket.pk).status == "open"
    assert Ticket.objects.get(pk=other.pk).status == "closed"


def test_a_notice_without_undo_needs_no_session():
    client = Client()
    data = {"title": "Printer", "description": "It smokes.", "requester_email": "kim@example.org"}
    response = client.post("/", data, follow=True)
    assert "We have received your ticket" in response.content.decode()
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize("path", PAGES)
def test_a_message_of_the_previous_release_still_appears(agent, path):
    storage = CookieStorage(RequestFactory().get("/"))
    agent.cookies["messages"] = storage._encode([Message(25, "Status: closed.", "12:3")])
    html = agent.get(path).content.decode()
    assert "Status: closed." in html
    assert undo_tokens(html) == []


def test_a_link_in_djangos_message_stays_a_link(agent, ticket):
    path = f"/admin/tickets/ticket/{ticket.pk}/change/"
    form = agent.get(path).context["adminform"].form
    data = {field.html_name: field.value() or "" for field in form} | {"title": "Other <title>"}
    inline = {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
    html = agent.post(path, data | inline, follow=True).content.decode()
    [message] = re.findall(r'<li class="success">(.*?)</li>', html, re.DOTALL)
    assert f'<a href="{path}">' in message
    assert "Other &lt;title&gt;" in message
