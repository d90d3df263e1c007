"""PRIVATE_LINK_DAYS: private links of tickets that were finished long ago."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tickets.access.actors import SYSTEM, user_actor
from tickets.exceptions import InvalidInput, NotFound
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.services import addresses, private_links, saved_replies
from tickets.services.mail import rendering
from tickets.services.tickets import update_ticket
from tickets.tests.attachments.attaching import attach_content
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.mailing import reply
from tickets.tests.worker import work
from tickets.vocabulary import MailKind, Status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def limit(settings):
    settings.PRIVATE_LINK_DAYS = 30


@pytest.fixture
def agent():
    return user_actor(AgentFactory())


def finished(days, **values):
    moment = timezone.now() - timedelta(days=days)
    return TicketFactory(
        status=Status.CLOSED, resolved_at=moment, requester_email="kim@example.org", **values
    )


def test_it_answers_as_a_link_that_was_never_there(client):
    ticket = finished(31)
    unknown = client.get("/t/AAAAAAAAAAAAAAAAAAAAAA/")
    path = ticket.private_link_path()
    expired = client.get(path)
    assert expired.status_code == unknown.status_code == 404
    assert b"This link does not work" in expired.content
    for end, values in {
        "": {"body": "Hello"},
        "close/": {},
        "address/": {"requester_email": "kim.new@example.org"},
        "language/": {"language": "de"},
    }.items():
        assert client.post(f"{path}{end}", values).status_code == 404
    ticket.refresh_from_db()
    assert (ticket.comments.count(), ticket.status, ticket.language) == (0, "closed", "en")
    assert not Email.objects.exists()


@pytest.mark.parametrize("days", [29, 31])
def test_the_files_go_with_it(client, days):
    ticket = finished(days)
    file = attach_content(ticket, b"E 42", "log.txt")
    path = f"{ticket.private_link_path()}attachments/{file.uuid}/"
    assert client.get(path).status_code == (200 if days < 30 else 404)


def test_until_then_it_works_and_without_a_limit_for_ever(client, settings):
    assert client.get(finished(29).private_link_path()).status_code == 200
    settings.PRIVATE_LINK_DAYS = 0
    assert client.get(finished(3000).private_link_path()).status_code == 200


def test_an_active_ticket_keeps_its_link(client):
    ticket = TicketFactory(created_at=timezone.now() - timedelta(days=100))
    assert client.get(ticket.private_link_path()).status_code == 200


def test_reopening_makes_it_good_again(client):
    ticket = finished(31)
    update_ticket(ticket.pk, {"status": Status.OPEN}, SYSTEM)
    assert client.get(ticket.private_link_path()).status_code == 200
    update_ticket(ticket.pk, {"status": Status.CLOSED}, SYSTEM)
    assert client.get(ticket.private_link_path()).status_code == 200


def test_a_merged_tickets_link_follows_its_target(client):
    target, source = finished(31), finished(5)
    Ticket.with_merged.filter(pk=source.pk).update(merged_into=target)
    assert client.get(source.private_link_path()).status_code == 404
    update_ticket(target.pk, {"status": Status.OPEN}, SYSTEM)
    assert client.get(source.private_link_path()).status_code == 200


def test_a_reply_is_mailed_without_it(mail_server, agent):
    ticket = finished(31)
    reply(ticket, agent)
    work()
    [message] = mail_server.messages
    text = message.get_body(["plain"]).get_content()
    assert "We are on our way." in text
    assert "/t/" not in text


def test_no_message_has_links_that_have_expired(mail_server, agent):
    finished(31)
    private_links.request_links("kim@example.org")
    work()
    assert mail_server.messages == []
    recent = finished(5)
    private_links.request_links("kim@example.org")
    work()
    text = mail_server.messages[0].get_body(["plain"]).get_content()
    assert text.count("/t/") == 1
    assert recent.private_link_path() in text


def test_an_agent_cannot_send_it_and_the_page_says_why(agent, mail_server):
    ticket = finished(31)
    with pytest.raises(InvalidInput, match="Reopen"):
        private_links.send_private_link(ticket, agent)
    browser = Client()
    browser.force_login(agent.user)
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "The private link has expired" in page
    assert "Send the link" not in page
    assert saved_replies.fill_in("See {link}", ticket, agent) == "See"


def test_an_address_cannot_be_confirmed_by_a_link_to_it(mail_server):
    ticket = finished(29)
    addresses.request_address(ticket, "kim.new@example.org")
    email = Email.objects.get(kind=MailKind.CONFIRM)
    token = rendering.check_link(email, ticket).rstrip("/").rpartition("/")[2]
    assert addresses.find_check(token)[1] == ticket
    Ticket.objects.update(resolved_at=timezone.now() - timedelta(days=31))
    with pytest.raises(NotFound):
        addresses.find_check(token)
