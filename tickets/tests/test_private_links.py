"""The private link: sending it again, revoking it, and what the audit trail says."""

import pytest

from tickets.access.actors import Actor, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import InvalidInput
from tickets.models.mail import Email
from tickets.services import private_links
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.mailing import reply
from tickets.tests.worker import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe.agent"))


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


def test_a_revoked_link_opens_nothing_until_a_new_one_is_sent(mail_server, ticket, agent, client):
    old = ticket.private_link_path()
    private_links.revoke_private_link(ticket, agent)
    assert client.get(old).status_code == 404
    assert client.post(old, {"body": "Hello"}).status_code == 404
    sent = private_links.send_private_link(ticket, agent)
    work()
    assert client.get(old).status_code == 404
    assert client.get(sent.private_link_path()).status_code == 200
    assert sent.private_link_path() in mail_server.messages[0].get_body(["plain"]).get_content()


def test_a_link_that_works_is_sent_unchanged(mail_server, ticket, agent, client):
    private_links.send_private_link(ticket, agent)
    work()
    assert ticket.private_link_path() in mail_server.messages[0].get_body(["plain"]).get_content()
    assert client.get(ticket.private_link_path()).status_code == 200


def test_two_clicks_send_one_link_and_a_later_click_another(mail_server, ticket, agent):
    private_links.send_private_link(ticket, agent)
    private_links.send_private_link(ticket, agent)
    assert Email.objects.count() == 1
    Email.objects.update(created_at="2024-01-01T00:00Z")
    private_links.send_private_link(ticket, agent)
    work()
    assert len(mail_server.messages) == 2


def test_the_audit_trail_says_who_sent_and_revoked_the_link(ticket, agent):
    private_links.send_private_link(ticket, agent)
    private_links.revoke_private_link(ticket, agent)
    private_links.revoke_private_link(ticket, agent)  # it is revoked already, so nothing happens
    entries = [(entry.event, entry.actor, entry.changes) for entry in audit_trail(ticket)]
    assert entries[1:] == [("link sent", "zoe.agent", {}), ("link revoked", "zoe.agent", {})]
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_a_link_cannot_be_sent_without_an_address(agent):
    ticket = TicketFactory()
    with pytest.raises(InvalidInput):
        private_links.send_private_link(ticket, agent)
    assert not Email.objects.exists()
    assert len(audit_trail(ticket)) == 1


def test_a_link_made_under_another_key_is_replaced_by_one_that_works(
    mail_server, ticket, agent, settings, client
):
    settings.SECRET_KEY = "another key of the same desk, long enough to sign with"
    reply(ticket, agent)
    work()
    text = mail_server.messages[0].get_body(["plain"]).get_content()
    ticket.refresh_from_db()
    assert ticket.private_link_path() in text
    assert client.get(ticket.private_link_path()).status_code == 200


def test_the_audit_trail_names_the_token_of_a_program(ticket):
    private_links.revoke_private_link(ticket, Actor("token nightly"))
    assert audit_trail(ticket)[-1].actor == "token nightly"
