"""An agent sends an email again that did not arrive."""

import pytest

from tickets.access.actors import user_actor
from tickets.models.mail import BouncedAddress, Email
from tickets.models.participants import Participant
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import deliver, sent_email, ticket_of_kim
from tickets.tests.incoming.test_loops import bounce
from tickets.tests.mailing import reply
from tickets.tests.pages.test_mailed import page_of, text
from tickets.tests.worker import work_now
from tickets.vocabulary import MailState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket():
    return ticket_of_kim()


def replied(ticket, agent_user, body="Lift it."):
    """Reply, and send it. Return the email."""
    reply(ticket, user_actor(agent_user), body)
    work_now()
    return Email.objects.filter(ticket=ticket).latest("pk")


def resend(client, email, ticket=None):
    return client.post(f"/tickets/{(ticket or email.ticket).pk}/emails/{email.pk}/")


@pytest.mark.parametrize(("status", "is_blocked"), [("5.2.2", True), ("4.2.2", False)])
def test_a_mailbox_that_was_full_yesterday_is_reached_without_an_admin(
    mail_server, agent, agent_user, ticket, status, is_blocked
):
    email = replied(ticket, agent_user)
    assert len(mail_server.messages) == 1
    deliver(bounce(email.message_id, status=status, action="failed"))
    assert BouncedAddress.objects.exists() == is_blocked
    page = page_of(agent, ticket)
    assert "Reply came back, sent just now" in text(page)
    assert "Send again" in page
    assert resend(agent, email).status_code == 302
    work_now()
    assert not BouncedAddress.objects.exists()
    first, second = mail_server.messages
    assert second["To"] == first["To"] == "kim@example.org"
    assert second["Message-ID"] == first["Message-ID"]
    email.refresh_from_db()
    assert (email.state, email.bounced_at, email.bounce_kind) == (MailState.SENT, None, "")
    assert "Send again" not in page_of(agent, ticket)


def test_what_was_not_sent_because_of_a_bounce_is_sent_again(
    mail_server, agent, agent_user, ticket
):
    deliver(bounce(replied(ticket, agent_user).message_id))
    second = replied(ticket, agent_user, "Or push it.")
    assert (second.state, len(mail_server.messages)) == (MailState.DROPPED, 1)
    agent.post(f"/tickets/{ticket.pk}/bounced/", {"address": "kim@example.org"})
    assert page_of(agent, ticket).count("Send again") == 2
    resend(agent, second)
    work_now()
    assert "Or push it." in mail_server.messages[-1].get_body(("plain",)).get_content()


def test_a_participants_copy_is_sent_again(agent, ticket):
    lou = Participant.objects.create(
        ticket=ticket, address="lou@example.net", folded="lou@example.net"
    )
    email = sent_email(ticket, participant=lou, address=lou.address, state=MailState.BOUNCED)
    BouncedAddress.objects.create(folded=lou.folded, address=lou.address)
    resend(agent, email)
    email.refresh_from_db()
    assert email.state == MailState.WAITING
    assert not BouncedAddress.objects.exists()


@pytest.mark.parametrize("state", MailState.values)
def test_only_what_did_not_arrive_is_sent_again(agent, ticket, state):
    email = sent_email(ticket, state=state)
    is_resent = state in (MailState.BOUNCED, MailState.FAILED, MailState.UNCERTAIN)
    assert ("Send again" in page_of(agent, ticket)) == is_resent
    assert resend(agent, email).status_code == (302 if is_resent else 400)
    email.refresh_from_db()
    assert email.state == (MailState.WAITING if is_resent else state)


def test_no_other_email_is_sent_again(agent, ticket):
    own = sent_email(ticket, state=MailState.FAILED)
    assert resend(agent, own, ticket_of_kim()).status_code == 404
    to_agent = sent_email(ticket, "<2@x>", state=MailState.FAILED, recipient=AgentFactory())
    assert resend(agent, to_agent).status_code == 404
    assert set(Email.objects.values_list("state", flat=True)) == {MailState.FAILED}
