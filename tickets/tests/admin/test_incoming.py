"""Mail that came in, in the back office."""

import pytest

from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import BouncedAddress
from tickets.models.ticket import Ticket
from tickets.services.mail.incoming import handling
from tickets.tests.incoming.messages import answer_to, deliver, letter, ticket_of_kim
from tickets.vocabulary import InboundState

LIST = "/admin/tickets/inboundmessage/"
BOUNCED = "/admin/tickets/bouncedaddress/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def messages():
    """Return a message in each state, by state."""
    rows = {
        state: deliver(letter(f"Text {state}", subject=f"Subject {state}"))
        for state in InboundState.values
    }
    for state, row in rows.items():
        row.state = state
        row.save()
    return rows


def act(client, action, rows):
    data = {"action": action, "index": "0", "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, data)


def results(response):
    return list(response.context["cl"].result_list)


def test_it_lists_and_shows_each_message(admin, messages):
    html = admin.get(LIST).content.decode()
    for state, row in messages.items():
        assert f"Subject {state}" in html
        page = admin.get(f"{LIST}{row.pk}/change/").content.decode()
        assert f"Text {state}" in page
        assert "Message-Id: &lt;letter-" in page
        assert "Download as a file" in page


def test_a_page_for_every_message_that_can_come(admin):
    for raw in (b"", b"\xff\x00", b"Subject: \x00x\n\n", b"A" * 100_000):
        row = deliver(raw)
        assert admin.get(f"{LIST}{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("state", InboundState.values)
def test_it_is_filtered_by_state(admin, messages, state):
    assert results(admin.get(f"{LIST}?state__exact={state}")) == [messages[state]]


def test_it_is_filtered_by_kind_and_mailbox(admin, messages):
    assert results(admin.get(f"{LIST}?kind__exact=bounce")) == []
    box = Mailbox.objects.create(name="Sales", address="sales@desk.example")
    row = deliver(letter(), box)
    assert results(admin.get(f"{LIST}?mailbox={box.pk}")) == [row]
    assert len(results(admin.get(f"{LIST}?mailbox=none"))) == len(messages)
    assert admin.get(f"{LIST}?mailbox=x").status_code == 200


def test_it_is_searched_by_subject_sender_and_id(admin):
    row = deliver(letter(sender="ann@example.net", subject="Red door"))
    deliver(letter())
    for term in ("red", "ANN@example", row.message_id):
        assert results(admin.get(LIST, {"q": term})) == [row]
    assert results(admin.get(LIST, {"q": "%"})) == []


def test_a_failed_message_is_tried_again(admin, messages):
    row = messages["failed"]
    InboundMessage.objects.filter(pk=row.pk).update(ticket=None, rule="", kind="", message_id="")
    InboundMessage.objects.filter(pk=messages["stored"].pk).update(message_id="")
    before = Ticket.objects.count()
    assert "Try again" in admin.get(f"{LIST}{row.pk}/change/").content.decode()
    act(admin, "try_again", messages.values())
    handling.handle(row.pk)
    row.refresh_from_db()
    assert row.state == InboundState.HANDLED
    assert Ticket.objects.count() == before + 1 + 1  # the one that waited, too


def test_held_messages_without_a_ticket_are_decided_here(admin):
    rows = [deliver(letter(f"Away {number}."), envelope_from="") for number in range(2)]
    page = admin.get(f"{LIST}{rows[0].pk}/change/").content.decode()
    assert "Open a ticket" in page
    assert "Discard" in page
    act(admin, "open_ticket", rows[:1])
    act(admin, "discard", rows[1:])
    ticket = Ticket.objects.get()
    assert ticket.description == "Away 0."
    assert InboundMessage.objects.get(pk=rows[1].pk).state == InboundState.DISCARDED
    act(admin, "open_ticket", rows[1:])
    assert Ticket.objects.count() == 2


def test_a_message_is_downloaded_as_it_came(admin):
    raw = letter("<script>alert(1)</script>")
    row = deliver(raw)
    response = admin.get(f"{LIST}{row.pk}/raw/")
    assert response.content == raw
    assert response["Content-Disposition"] == f'attachment; filename="message-{row.pk}.eml"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert admin.get(f"{LIST}999/raw/").status_code == 404


def test_agents_and_strangers_read_nothing_here(agent, client):
    row = deliver(letter())
    for path in ("", f"{row.pk}/change/"):
        assert agent.get(LIST + path).status_code == 403
        assert client.get(LIST + path).status_code == 302
    assert agent.get(f"{LIST}{row.pk}/raw/").status_code == 404
    assert client.get(f"{LIST}{row.pk}/raw/").status_code == 302
    assert act(agent, "discard", [row]).status_code == 403


def test_addresses_that_bounce_are_listed_and_cleared(admin, agent):
    row = BouncedAddress.objects.create(
        address="kim@example.org", folded="kim@example.org", diagnostic="550 User unknown"
    )
    html = admin.get(BOUNCED).content.decode()
    assert "kim@example.org" in html
    assert "550 User unknown" in html
    data = {"action": "clear", "index": "0", "_selected_action": [row.pk]}
    assert agent.post(BOUNCED, data).status_code == 403
    admin.post(BOUNCED, data)
    assert not BouncedAddress.objects.exists()


def test_the_dashboard_counts_what_waits_and_links_there(admin, agent):
    assert "mail-to-decide" not in agent.get("/dashboard/").content.decode()
    ticket = ticket_of_kim()
    deliver(letter(to=answer_to(ticket), sender="lou@example.net"))
    deliver(letter("Away."), envelope_from="")
    InboundMessage.objects.create(state=InboundState.FAILED, raw=b"", sha256="x")
    html = admin.get("/dashboard/").content.decode()
    assert "2 messages that came by mail wait for a decision." in html
    assert "1 message that came by mail could not be read." in html
    assert f'href="{LIST}?state__exact=failed"' in html
    html = agent.get("/dashboard/").content.decode()
    assert 'href="/tickets/held/"' in html
    assert LIST not in html


def test_the_dashboard_shows_it_though_its_figures_are_the_same(agent):
    etag = agent.get("/dashboard/")["ETag"]
    assert agent.get("/dashboard/", headers={"If-None-Match": etag}).status_code == 304
    InboundMessage.objects.create(state=InboundState.FAILED, raw=b"", sha256="x")
    assert agent.get("/dashboard/", headers={"If-None-Match": etag}).status_code == 200
