"""The composer of a ticket's page: replies that wait, and what others wrote meanwhile."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import PendingReply
from tickets.services.comments import add_reply
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

from .conftest import signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def waits(settings):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 10, True


def send(client, ticket, headers=None, **values):
    data = {"body": "Lift it", "public": "true", "form_key": "a"} | values
    return client.post(f"/tickets/{ticket.pk}/comments/", data, headers=headers)


def make_due():
    PendingReply.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def page_of(client, ticket, query=""):
    return client.get(f"/tickets/{ticket.pk}/{query}").content.decode()


def test_a_reply_that_waits_is_on_the_agents_page_only(waits, agent, visitor, ticket):
    send(agent, ticket)
    assert "Not sent yet" in page_of(agent, ticket)
    assert b"Lift it" not in visitor.get(ticket.private_link_path()).content
    assert agent.get(f"/api/tickets/{ticket.pk}/comments/").json() == []
    assert agent.get(f"/api/tickets/{ticket.pk}/").json()["waiting_for"] == "us"


@pytest.mark.parametrize("reader", ["requester", "page", "poll", "api"])
def test_the_next_reader_sends_what_is_due(waits, agent, visitor, ticket, reader):
    send(agent, ticket)
    make_due()
    other = signed_in(AgentFactory())
    if reader == "requester":
        assert b"Lift it" in visitor.get(ticket.private_link_path()).content
    elif reader == "page":
        assert "Not sent yet" not in page_of(other, ticket)
    elif reader == "poll":
        values = {"window": "0" * 16, "version": 1, "comment": 0}
        response = other.post(f"/tickets/{ticket.pk}/presence/", values)
        assert b"replied" in response.content
    else:
        [comment] = other.get(f"/api/tickets/{ticket.pk}/comments/").json()
        assert comment["body"] == "Lift it"
    assert Comment.objects.count() == 1


def test_undo_leads_to_the_page_with_the_text_in_the_box(waits, agent, ticket):
    token = json.loads(send(agent, ticket, HTMX)["HX-Trigger"])["toast"]["undo"]
    response = agent.post("/tickets/undo/", {"changes": token})
    assert response.status_code == 302
    page = agent.get(response.url).content.decode()
    assert re.search(r"<textarea[^>]*>\s*Lift it</textarea>", page)
    assert "Lift it" not in signed_in(AgentFactory()).get(response.url).content.decode()


def test_undo_comes_too_late_or_is_not_ours(waits, agent, ticket):
    token = json.loads(send(agent, ticket, HTMX)["HX-Trigger"])["toast"]["undo"]
    stranger = signed_in(AgentFactory())
    assert stranger.post("/tickets/undo/", {"changes": token}).status_code == 404
    make_due()
    page_of(agent, ticket)
    response = agent.post("/tickets/undo/", {"changes": token}, headers=HTMX)
    assert "sent already" in response["HX-Trigger"]
    page = agent.post("/tickets/undo/", {"changes": token}, follow=True).content.decode()
    assert "sent already" in page


def test_the_page_is_told_that_its_reply_was_sent(waits, agent, ticket):
    send(agent, ticket)
    make_due()
    reply = PendingReply.objects.get()
    response = agent.get(f"/tickets/{ticket.pk}/?sent={reply.pk}", headers=HTMX)
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast == {"message": "Reply sent.", "undo": f"{ticket.pk}:{reply.taken_in}"}


def test_it_asks_before_it_sends_past_what_others_wrote(agent, ticket):
    add_reply(ticket, {"body": "It works again!"})
    response = send(agent, ticket, seen_comment="0", seen_replies="")
    page = response.content.decode()
    assert response.status_code == 409
    assert "Send anyway" in page
    assert re.search(r"<textarea[^>]*>\s*Lift it</textarea>", page)
    newest = Comment.objects.get().pk
    assert f'name="seen_comment" value="{newest}"' in page
    assert send(agent, ticket, seen_comment=newest).status_code == 302


@pytest.mark.parametrize("values", [{"seen_comment": "x"}, {"seen_replies": "1,x"}])
def test_a_page_that_reports_nonsense_is_refused(agent, ticket, values):
    assert send(agent, ticket, **values).status_code == 400
    assert not Comment.objects.exists()


def test_the_middle_of_a_long_conversation_is_folded(agent, ticket):
    CommentFactory.create_batch(36, ticket=ticket)
    assert "31 earlier" in page_of(agent, ticket)
    assert "earlier" not in page_of(agent, TicketFactory())


@pytest.mark.parametrize("query", ["?list=status%3Dlost", "?list=" + "x" * 9000, "?list=%00&at=x"])
def test_an_address_with_a_broken_list_still_shows_the_ticket(agent, ticket, query):
    response = agent.get(f"/tickets/{ticket.pk}/{query}")
    assert response.status_code == 200


def test_the_list_is_known_from_the_link_that_was_followed(agent, ticket):
    other = TicketFactory(created_at=ticket.created_at - timedelta(hours=1))
    headers = {"Referer": "http://testserver/tickets/?status=open"}
    page = agent.get(f"/tickets/{ticket.pk}/", headers=headers).content.decode()
    assert f'href="/tickets/{other.pk}/?list=status%3Dopen" id="next-ticket"' in page
    headers = {"Referer": "http://evil.example/tickets/?status=open"}
    page = agent.get(f"/tickets/{ticket.pk}/", headers=headers).content.decode()
    assert "next-ticket" not in page


@pytest.mark.parametrize("until", ["later", "tomorrow", "next_week", "moment"])
def test_snoozing_and_waking(agent, ticket, until):
    path = f"/tickets/{ticket.pk}/snooze/"
    values = {"until": until, "moment": "2090-01-01T09:00", "zone": "Europe/Berlin"}
    toast = json.loads(agent.post(path, values, headers=HTMX)["HX-Trigger"])["toast"]
    assert toast["undo"] == f"{ticket.pk}:2"
    ticket.refresh_from_db()
    assert ticket.is_snoozed
    if until != "later":
        assert ticket.snoozed_until.minute == 0
    agent.post(path, {"until": "now"})
    assert Ticket.objects.get().snoozed_until is None


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"until": "never"},
        {"until": "moment"},
        {"until": "moment", "moment": "2000-01-01T09:00"},
        {"until": "moment", "moment": "soon"},
        # The year 10000 in UTC, which would make every list with the ticket fail.
        {"until": "moment", "moment": "9999-12-31T23:59", "zone": "America/New_York"},
        {"until": "moment", "moment": "9999-12-31T23:59", "zone": "UTC"},
    ],
)
def test_a_snooze_without_a_time_to_come_is_refused(agent, ticket, values):
    assert agent.post(f"/tickets/{ticket.pk}/snooze/", values).status_code == 302
    assert Ticket.objects.get().version == 1


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 99])
def test_an_unknown_zone_is_the_desks(agent, ticket, zone):
    agent.post(f"/tickets/{ticket.pk}/snooze/", {"until": "tomorrow", "zone": zone})
    assert Ticket.objects.get().snoozed_until.hour == 9
