"""The private link on the ticket's page: who it went to, sending it again, revoking it."""

import pytest
from django.template.loader import render_to_string

from tickets.access.actors import SYSTEM
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.pages.ticket_page import latest_emails
from tickets.services import comments
from tickets.services.splitting import split_comment
from tickets.tests.factories import TicketFactory


@pytest.fixture
def ticket(db):
    return TicketFactory(requester_email="kim@example.org")


def card(ticket):
    return render_to_string(
        "tickets/_private_link.html", {"ticket": ticket, "emails": latest_emails(ticket)}
    )


def post(client, ticket, action):
    return client.post(f"/tickets/{ticket.pk}/link/{action}/")


def test_sending_redirects_back_with_a_message(agent, ticket):
    response = post(agent, ticket, "send")
    assert response.url == f"/tickets/{ticket.pk}/#private-link"
    assert Email.objects.get().event.startswith(f"link {ticket.pk} ")
    assert b"on its way to the requester" in agent.get(f"/tickets/{ticket.pk}/").content


def test_revoking_closes_the_requesters_page(agent, visitor, ticket):
    path = ticket.private_link_path()
    post(agent, ticket, "revoke")
    assert visitor.get(path).status_code == 404
    page = agent.get(f"/tickets/{ticket.pk}/").content
    assert b"revoked the private link" in page


def test_revoking_names_the_tickets_to_which_the_page_led(agent, visitor, ticket):
    """Whoever had the link has those as well, so they may have to be revoked, too."""
    comments.add_reply(ticket, {"body": "And another thing"})
    split = split_comment(ticket.pk, ticket.comments.get().pk, SYSTEM).ticket
    assert split.private_link_path() in visitor.get(ticket.private_link_path()).content.decode()
    post(agent, ticket, "revoke")
    page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f"The page also led to #{split.pk}, which can still be read" in page
    post(agent, split, "revoke")
    assert "also led to" not in agent.get(f"/tickets/{split.pk}/").content.decode()


def test_without_an_email_address_nothing_is_sent(agent):
    ticket = TicketFactory()
    response = post(agent, ticket, "send")
    assert response.status_code == 400
    assert not Email.objects.exists()
    assert "no email address" in card(ticket)
    assert f"/tickets/{ticket.pk}/link/send/" not in card(ticket)


@pytest.mark.parametrize("action", ["send", "revoke"])
@pytest.mark.parametrize("role", ["visitor", "user"])
def test_only_agents_can_send_or_revoke(action, role, ticket, request):
    digest = ticket.link_digest
    assert post(request.getfixturevalue(role), ticket, action).status_code in (302, 403)
    assert Ticket.objects.get().link_digest == digest
    assert not Email.objects.exists()


@pytest.mark.parametrize("action", ["send", "revoke"])
def test_a_missing_ticket_is_not_found(action, agent):
    assert agent.post(f"/tickets/999999/link/{action}/").status_code == 404


def test_revoking_needs_a_confirmation(ticket):
    html = card(ticket)
    before, _, details = html.rpartition("<details")
    assert "link/revoke" not in before
    assert "Revoke link" in details
    assert "<details open" not in html


def test_a_revoked_link_can_be_replaced(ticket):
    Ticket.objects.update(link_digest=None)
    html = card(Ticket.objects.get())
    assert "link is revoked" in html
    assert "Send a new link" in html
    assert "link/revoke" not in html


def test_the_card_lists_the_latest_emails(ticket):
    for number, (kind, state, error) in enumerate(
        [
            ("received", "sent", ""),
            ("reply", "failed", "550 no such <mailbox>"),
            ("resolved", "uncertain", "timed out"),
            ("link", "waiting", ""),
        ]
    ):
        ticket.emails.create(kind=kind, state=state, error=error, event=str(number))
    html = card(ticket)
    assert "Confirmation" not in html
    assert html.index("Private link</strong> queued") < html.index("possibly sent")
    assert "Reply</strong> could not be sent" in html
    assert "550 no such &lt;mailbox&gt;" in html


def test_the_card_takes_one_query(ticket, django_assert_num_queries):
    for number in range(9):
        ticket.emails.create(kind="link", event=str(number))
    with django_assert_num_queries(1):
        card(ticket)


def test_the_card_does_not_show_the_secret(ticket):
    assert ticket.link_secret not in card(ticket)


def test_a_reply_while_the_link_is_revoked_warns_that_it_is_not_visible(agent, ticket):
    agent.post(f"/tickets/{ticket.pk}/link/revoke/")
    path = f"/tickets/{ticket.pk}/comments/"
    page = agent.post(path, {"body": "Hello", "public": "true"}, follow=True).content.decode()
    assert "the requester cannot see it: the private link is revoked" in page
    assert "Reply sent" not in page
