"""An address that no mail reaches, as an earlier release stored some, stands in nobody's way."""

import pytest

from tickets.access.actors import REQUESTER, user_actor
from tickets.exceptions import InvalidInput
from tickets.models.incoming import Mailbox
from tickets.models.spam import BlockedAddress
from tickets.services.comments import add_reply
from tickets.services.mail.incoming.people import sender_of
from tickets.services.mail.limits import refusal
from tickets.services.mail.mailboxes import mailbox_of
from tickets.services.merging import Requesters, compare_requesters
from tickets.services.participants import add_participant
from tickets.services.spam import mark_spam
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.vocabulary import MailKind, Sender

pytestmark = pytest.mark.django_db
ODD = "kim@☃.example"


@pytest.fixture
def ticket():
    return TicketFactory(requester_email=ODD)


def test_agents_see_the_ticket(client, ticket):
    client.force_login(AgentFactory())
    response = client.get(ticket.get_absolute_url())
    assert response.status_code == 200
    assert ODD in response.content.decode()


def test_its_owner_writes_on_the_requesters_page(ticket):
    assert add_reply(ticket, {"body": "It is me."}).body == "It is me."


def test_others_take_part(ticket):
    participant = add_participant(ticket, "lou@example.org", REQUESTER)
    assert participant.folded == "lou@example.org"


def test_no_sender_of_mail_is_its_owner(ticket):
    assert sender_of(ticket, ODD) == Sender.OTHER


def test_it_cannot_be_blocked(ticket):
    with pytest.raises(InvalidInput, match="no email address to block"):
        mark_spam(ticket.pk, user_actor(AgentFactory()), blocks_sender=True)
    assert not BlockedAddress.objects.exists()


def test_two_of_its_tickets_are_one_requesters(ticket):
    other = TicketFactory(requester_email=ODD.upper())
    assert compare_requesters(ticket, other) == Requesters.SAME


def test_other_mailboxes_go_on_beside_one_with_such_an_address():
    Mailbox.objects.create(name="Odd", address=ODD)
    support = Mailbox.objects.create(name="Support", address="support@example.org")
    assert mailbox_of("support+1@example.org") == support
    assert refusal(MailKind.RECEIVED, "kim@example.org") == ""
    assert "the desk itself" in refusal(MailKind.RECEIVED, support.address)
