"""Which email is not sent: what bounces, what could loop, and what strangers could abuse."""

import time

import pytest
from django.core import signing
from django.test import Client

from tickets.access.actors import user_actor
from tickets.forms.fields import RENDERED_AT_SALT
from tickets.mail.addresses import folded_address
from tickets.models.mail import BouncedAddress, Email
from tickets.models.ticket import Ticket
from tickets.services import private_links, tickets
from tickets.tests.correspondence import create_mailbox, ticket_by_mail, written
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.mailing import create_ticket, mail_jobs, reply, states
from tickets.tests.worker import work, work_now
from tickets.vocabulary import (
    MAX_AUTOMATIC_MAILS_PER_HOUR,
    InboundKind,
    MailState,
    Verified,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe.agent"))


@pytest.fixture
def ticket(mail_server):
    return TicketFactory(title="Broken door", requester_email="kim@example.org")


# --- addresses that bounce --------------------------------------------------------------


def bounced(address, **values):
    return BouncedAddress.objects.create(address=address, folded=folded_address(address), **values)


def test_nothing_is_sent_to_an_address_that_bounces(mail_server, ticket, agent):
    row = bounced("Kim@Example.org", diagnostic="550 no such user")
    reply(ticket, agent)
    work()
    email = Email.objects.get()
    assert (email.state, mail_server.messages) == (MailState.DROPPED, [])
    assert email.error == "Email to this address came back. 550 no such user"
    row.delete()
    reply(ticket, agent, "Again")
    work()
    assert len(mail_server.messages) == 1


def test_agents_and_participants_are_no_exception(mail_server, ticket, agent):
    bounced("lou@example.org")
    ticket.participants.create(address="lou@example.org", folded="lou@example.org")
    reply(ticket, agent)
    colleague = AgentFactory(email="lou@example.org")
    tickets.update_ticket(ticket.pk, {"assignee": colleague}, agent)
    work_now()
    work_now()
    assert [message["To"] for message in mail_server.messages] == ["kim@example.org"]
    assert states().count(MailState.DROPPED) == 2


# --- automatic email --------------------------------------------------------------------


def test_an_address_gets_five_automatic_emails_an_hour(mail_server, agent):
    addresses = ("kim.lee@gmail.com", "kimlee+a@googlemail.com", "K.I.M.Lee@Gmail.com")
    for number in range(9):
        create_ticket(requester_email=addresses[number % 3])
    create_ticket(requester_email="other@example.org")
    work()
    assert len(mail_server.messages) == 6
    held = Email.objects.filter(state=MailState.HELD)
    assert held.count() == 4
    assert "already received several automatic emails" in held[0].error
    reply(Ticket.objects.earliest("pk"), agent)  # what a person writes always goes out
    work()
    assert len(mail_server.messages) == 7


@pytest.mark.parametrize(
    "address",
    [
        *("MAILER-DAEMON@example.org", "postmaster@example.org", "no-reply@example.org"),
        *("noreply@shop.example", "support@example.org", "Support+anything@Example.org"),
    ],
)
def test_programs_and_the_desk_itself_get_nothing_automatic(mail_server, agent, address):
    create_mailbox()
    ticket = create_ticket(requester_email=address)
    private_links.send_private_link(ticket, agent)
    work()
    assert mail_server.messages == []
    assert states() == [MailState.DROPPED] * 2
    assert not mail_jobs().exists()
    reply(ticket, agent)
    work()
    assert len(mail_server.messages) == 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"verified": Verified.FAILED}, "The sender's address is possibly forged."),
        ({"kind": InboundKind.AUTOMATIC}, "A program wrote the message."),
    ],
)
def test_a_message_that_must_not_be_answered_is_not_confirmed(mail_server, values, reason):
    ticket_by_mail(written("Hello"), create_mailbox(), **values)
    work()
    assert mail_server.messages == []
    assert Email.objects.get().error == reason


def test_a_possibly_forged_sender_gets_no_link_unless_an_agent_sends_it(mail_server, agent):
    ticket = ticket_by_mail(written("Hello"), create_mailbox(), verified=Verified.FAILED)
    reply(ticket, agent)
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    work_now()
    [answer] = mail_server.messages
    assert "/t/" not in "".join(part.get_content() for part in list(answer.walk())[1:])
    assert Email.objects.get(kind="resolved").error == "The sender's address is possibly forged."
    private_links.send_private_link(ticket, agent)
    work()
    text = mail_server.messages[-1].get_body(["plain"]).get_content()
    assert ticket.private_link_path() in text


def test_a_message_is_confirmed_in_its_conversation(mail_server):
    message = written("Buy cheap pills")
    ticket = ticket_by_mail(message, create_mailbox())
    work()
    [confirmation] = mail_server.messages
    assert confirmation["In-Reply-To"] == message["Message-ID"]
    assert confirmation["Auto-Submitted"] == "auto-replied"
    assert confirmation["Subject"] == f"[#{ticket.pk}] We have your request"
    assert "pills" not in confirmation.as_string()


# --- confirmations of the whole desk ----------------------------------------------------


def test_past_the_limit_of_the_desk_confirmations_are_held(mail_server, agent, settings):
    settings.CONFIRMATION_LIMIT = 2
    *_, last = [create_ticket(requester_email=f"kim{n}@example.org") for n in range(4)]
    work()
    assert [message["To"] for message in mail_server.messages] == [
        "kim0@example.org",
        "kim1@example.org",
    ]
    assert states() == ["sent", "sent", "held", "held"]
    reply(last, agent, "INTERNAL", public=False)
    assert states().count("held") == 2
    reply(last, agent)
    work()
    assert len(mail_server.messages) == 3
    assert last.private_link_path() in mail_server.messages[-1].get_body(["plain"]).get_content()
    assert states() == ["sent", "sent", "held", "dropped", "sent"]
    assert mail_server.messages[-1]["Subject"] == f"Re: [#{last.pk}] Broken door"


def confirmed(create, count, client):
    """Create tickets with addresses of their own. Return the states of their confirmations."""
    for number in range(count):
        assert create(f"{client.replace(':', '-')}.{number}@example.org", client).status_code < 400
    emails = Email.objects.filter(ticket__requester_email__startswith=client.replace(":", "-"))
    return list(emails.order_by("pk").values_list("state", flat=True))


def by_api(address, client):
    body = {"title": "Door", "description": "It is broken.", "requester_email": address}
    return Client(REMOTE_ADDR=client).post("/api/tickets/", body, "application/json")


def by_form(address, client):
    opened_at = signing.dumps(time.time() - 60, salt=RENDERED_AT_SALT)
    values = {"description": "It is broken.", "requester_email": address}
    return Client(REMOTE_ADDR=client).post("/", values | {"rendered_at": opened_at})


@pytest.mark.parametrize("create", [by_api, by_form])
def test_one_client_cannot_use_up_the_confirmations_of_the_desk(create, settings):
    settings.CONFIRMATION_LIMIT = 36
    settings.CREATE_LIMIT = 100
    assert confirmed(create, 40, "192.0.2.1") == 6 * ["waiting"] + 34 * ["held"]
    assert set(Email.objects.filter(state="held").values_list("error", flat=True)) == {
        "Many tickets came from one network within an hour. An agent's first answer has the link."
    }
    for number in range(2, 7):
        assert confirmed(create, 6, f"192.0.2.{number}") == 6 * ["waiting"]
    assert confirmed(create, 1, "192.0.2.7") == ["held"]  # the limit of the desk


def test_a_network_of_ipv6_is_one_client(settings):
    settings.CONFIRMATION_LIMIT = 36
    for number in range(6):
        assert confirmed(by_api, 1, f"2001:db8:7:{number}::1") == ["waiting"]
    assert confirmed(by_api, 1, "2001:db8:7:ffff::1") == ["held"]
    assert confirmed(by_api, 1, "2001:db8:8::1") == ["waiting"]


def test_a_client_has_some_confirmations_however_few_the_desk_sends(settings):
    settings.CONFIRMATION_LIMIT = 6
    assert confirmed(by_api, 6, "192.0.2.1") == 5 * ["waiting"] + ["held"]
    assert confirmed(by_api, 2, "192.0.2.2") == ["waiting", "held"]


def test_the_confirmations_of_known_callers_have_no_share(settings):
    settings.CONFIRMATION_LIMIT = 12
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.force_login(AgentFactory())
    for number in range(12):
        body = {"description": "Broken.", "requester_email": f"kim{number}@example.org"}
        assert client.post("/", body).status_code == 302
    assert states() == 12 * ["waiting"]


def test_the_dashboard_counts_what_the_share_of_a_client_holds(client, settings):
    settings.CONFIRMATION_LIMIT = 30
    client.force_login(AgentFactory())
    confirmed(by_api, 7, "192.0.2.1")
    assert b"2 automatic emails are held," in client.get("/dashboard/").content


def test_the_dashboard_says_that_the_limit_of_an_address_holds_mail(client):
    client.force_login(AgentFactory())
    for _ in range(MAX_AUTOMATIC_MAILS_PER_HOUR):
        create_ticket()
    before = client.get("/dashboard/")
    assert b"held" not in before.content
    create_ticket()
    page = client.get("/dashboard/", headers={"If-None-Match": before["ETag"]})
    assert b"1 automatic email is held," in page.content


def test_an_email_that_is_held_itself_replaces_no_held_confirmation(mail_server, agent, settings):
    """Else the requester would get neither."""
    for _ in range(MAX_AUTOMATIC_MAILS_PER_HOUR):
        create_ticket()
    last = create_ticket()
    tickets.update_ticket(last.pk, {"status": "resolved"}, agent)
    assert states().count("held") == 2
    reply(last, agent)
    assert (states().count("held"), states().count("dropped")) == (0, 2)


@pytest.mark.parametrize(
    "act",
    [
        private_links.send_private_link,
        lambda ticket, agent: tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent),
    ],
    ids=["link", "resolved"],
)
def test_what_else_has_the_link_replaces_a_held_confirmation(mail_server, agent, settings, act):
    settings.CONFIRMATION_LIMIT = 0
    act(create_ticket(), agent)
    work_now()
    assert states() == ["dropped", "sent"]


def test_the_dashboard_says_so_while_it_happens(client, settings):
    client.force_login(AgentFactory())
    settings.CONFIRMATION_LIMIT = 1
    create_ticket()
    before = client.get("/dashboard/")
    assert b"held" not in before.content
    create_ticket(requester_email="lou@example.org")
    page = client.get("/dashboard/", headers={"If-None-Match": before["ETag"]})
    assert b"1 automatic email is held," in page.content
    create_ticket(requester_email="lee@example.org")
    assert b"2 automatic emails are held," in client.get("/dashboard/").content


def test_forty_strangers_tickets_mail_no_word_of_theirs(mail_server):
    """What the desk did before: thirty strangers got the attacker's text within a minute."""
    visitor = Client()
    for number in range(40):
        body = {
            "title": "WIN a prize",
            "description": "Visit http://evil.example now",
            "requester_email": f"victim{number}@example.org",
        }
        visitor.post("/api/tickets/", body, content_type="application/json")
    work()
    assert len(mail_server.messages) == 10  # a client's share of the desk's
    for message in mail_server.messages:
        texts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        whole = message.as_string() + "".join(texts)
        assert not {word for word in ("WIN", "prize", "evil", "Visit") if word in whole}
