"""The page of held mail: what waits for a decision of any agent, on a ticket or on none."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.ticket import Comment, Ticket
from tickets.services.mail.incoming.handling import handle
from tickets.services.mail.incoming.receive import receive
from tickets.services.spam import mark_spam
from tickets.services.tickets import delete_ticket
from tickets.tests.incoming.messages import DESK, answer_to, deliver, letter, ticket_of_kim
from tickets.tests.pages.test_mailed import HTML, text
from tickets.vocabulary import MAX_MAILED_TICKETS_PER_HOUR, InboundState

pytestmark = pytest.mark.django_db

PATH = "/tickets/held/"


@pytest.fixture(autouse=True)
def mailbox(db):
    return Mailbox.objects.create(name="Support", address=DESK)


def nobodys(body="I am away.", **headers):
    """Deliver what no ticket is opened for: automatic, with a null return path."""
    headers = {"subject": "Out of office", "auto_submitted": "auto-replied"} | headers
    receipt = receive(letter(body, **headers), envelope_from="")
    handle(receipt.message.pk)
    row = InboundMessage.objects.get(pk=receipt.message.pk)
    assert (row.state, row.ticket) == (InboundState.HELD, None)
    return row


def listed(client):
    response = client.get(PATH)
    assert response.status_code == 200
    return text(response.content.decode())


def decide(client, row, decision):
    return client.post(f"{PATH}{row.pk}/", {"decision": decision})


def test_an_agent_opens_a_ticket_with_what_belongs_to_none(agent):
    row = nobodys(sender="Kim <kim@example.org>")
    assert "1 message that came by mail waits for a decision. Decide" in text(
        agent.get("/dashboard/").content.decode()
    )
    page = listed(agent)
    assert "Out of office Kim · kim@example.org just now" in page
    assert "I am away." in page
    assert "It belongs to no ticket, and nobody could be answered." in page
    assert "Accept" not in page  # into which conversation?
    response = decide(agent, row, "open")
    assert (response.status_code, response.url) == (302, PATH)
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.requester_email) == ("Out of office", "kim@example.org")
    assert f"The message is #{ticket.pk} now. " in listed(agent)
    assert "mail-to-decide" not in agent.get("/dashboard/").content.decode()


def test_what_passes_the_limit_of_an_address_is_there(agent):
    for number in range(MAX_MAILED_TICKETS_PER_HOUR + 1):
        deliver(letter(f"Order {number}", sender="shop@example.org"))
    page = listed(agent)
    assert f"Order {MAX_MAILED_TICKETS_PER_HOUR}" in page
    assert "This address has opened many tickets in this hour." in page
    assert "Order 3" not in page


def test_what_is_held_on_a_ticket_is_there_too(agent):
    ticket = ticket_of_kim()
    row = deliver(letter("Me too.", to=answer_to(ticket), sender="Lou <lou@example.net>"))
    page = listed(agent)
    assert f"On #{ticket.pk}" in page
    assert "Somebody else wrote it" in page
    assert decide(agent, row, "accept").url == PATH
    assert Comment.objects.get().body == "Me too."
    assert f"The message is part of #{ticket.pk} now." in listed(agent)


def test_what_was_discarded_comes_back(agent):
    ticket = ticket_of_kim()
    rows = [nobodys(), deliver(letter("Me too.", to=answer_to(ticket), sender="lou@example.net"))]
    for row in rows:
        decide(agent, row, "discard")
    page = listed(agent)
    assert "No message waits for a decision. Discarded in the last 30 days" in page
    assert "Me too." in page
    decide(agent, rows[0], "open")
    decide(agent, rows[1], "accept")
    assert Ticket.objects.count() == 2
    assert Comment.objects.get().body == "Me too."
    assert "Discarded in" not in listed(agent)


def test_what_was_discarded_long_ago_is_not_listed(agent):
    row = nobodys()
    decide(agent, row, "discard")
    InboundMessage.objects.update(received_at=timezone.now() - timedelta(days=31))
    assert "Discarded" not in listed(agent).partition("is discarded.")[2]


def test_two_agents_do_not_decide_twice(agent):
    row = nobodys()
    assert decide(agent, row, "open").status_code == 302
    assert decide(agent, row, "open").status_code == 404
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("decision", ["", "publish", "accept"])
def test_what_cannot_be_decided_is_refused(agent, decision):
    row = nobodys()
    assert decide(agent, row, decision).status_code == 400
    assert InboundMessage.objects.get().state == InboundState.HELD


@pytest.mark.parametrize("path", ["", "original/"])
def test_a_handled_message_is_not_found(agent, path):
    row = deliver(letter())
    method = agent.get if path else agent.post
    assert method(f"{PATH}{row.pk}/{path}", {"decision": "discard"}).status_code == 404
    assert method(f"{PATH}{row.pk + 1}/{path}", {"decision": "discard"}).status_code == 404


def test_what_is_held_for_spam_waits_for_nobody(agent):
    ticket = ticket_of_kim()
    deliver(letter("Me too.", to=answer_to(ticket), sender="lou@example.net"))
    mark_spam(ticket.pk, SYSTEM)
    assert "Me too." not in listed(agent)
    assert "mail-to-decide" not in agent.get("/dashboard/").content.decode()


def test_what_was_held_for_a_deleted_ticket_waits_for_nobody(agent):
    ticket = ticket_of_kim()
    deliver(letter("Me too.", to=answer_to(ticket), sender="lou@example.net"))
    delete_ticket(ticket.pk, SYSTEM)
    assert "No message waits for a decision." in listed(agent)
    assert "mail-to-decide" not in agent.get("/dashboard/").content.decode()


def test_the_original_is_as_harmless_as_on_a_ticket(agent):
    row = nobodys()
    InboundMessage.objects.filter(pk=row.pk).update(raw=HTML.encode())
    response = agent.get(f"{PATH}{row.pk}/original/")
    page = response.content.decode()
    assert "Hello" in page
    assert "script" not in page
    assert "tracker" not in page
    assert "sandbox" in response["Content-Security-Policy"]
    assert 'href="/tickets/held/"' in page


def test_markup_is_escaped(agent):
    script = "<script>alert(1)</script>"
    nobodys(script, sender=f'"{script}" <eve@example.net>', subject=script)
    assert "<script>alert" not in agent.get(PATH).content.decode()


def test_queries_do_not_grow_with_the_messages(agent, django_assert_num_queries):
    ticket = ticket_of_kim()
    for number in range(3):
        nobodys(f"Text {number}")
        deliver(letter(to=answer_to(ticket), sender=f"lou{number}@example.net"))
        decide(agent, nobodys(f"Old text {number}"), "discard")
    agent.get(PATH)
    # Session, user and groups; what is held, and what was discarded.
    with django_assert_num_queries(5):
        agent.get(PATH)


def test_failed_messages_are_for_admins(agent):
    row = nobodys()
    InboundMessage.objects.filter(pk=row.pk).update(state=InboundState.FAILED)
    page = text(agent.get("/dashboard/").content.decode())
    assert "1 message that came by mail could not be read. An admin can try again" in page
