"""What came by mail, on the ticket's page and on the requester's."""

import re

import pytest
from django.test import Client

from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import BouncedAddress
from tickets.models.participants import Participant
from tickets.models.ticket import Comment, Ticket
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import (
    AUTHSERV,
    DESK,
    answer_to,
    checked,
    deliver,
    letter,
    sent_email,
    ticket_of_kim,
)
from tickets.tests.incoming.test_loops import AUTOMATIC, bounce
from tickets.vocabulary import MAX_MAIL_BYTES, AuthorRole, InboundState, Status

pytestmark = pytest.mark.django_db

QUOTING = "It still smokes.\r\n\r\nOn 5 Jan 2026 at 10:00, D <d@x.org> wrote:\r\n> Try again.\r\n"


@pytest.fixture(autouse=True)
def mailbox(db):
    return Mailbox.objects.create(name="Support", address=DESK, authserv_id=AUTHSERV)


@pytest.fixture
def ticket():
    return ticket_of_kim()


@pytest.fixture
def held(ticket):
    return deliver(letter("Me too.", to=answer_to(ticket), sender="Lou <lou@example.net>"))


def text(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page_of(client, ticket):
    response = client.get(ticket.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def requesters_page(ticket):
    return Client().get(ticket.private_link_path()).content.decode()


def decide(client, message, decision, ticket=None):
    ticket_id = (ticket or message.ticket).pk
    return client.post(f"/tickets/{ticket_id}/messages/{message.pk}/", {"decision": decision})


# --- the conversation ------------------------------------------------------------------------


def test_a_mailed_message_says_why_it_is_here_and_whether_its_sender_is_verified(
    agent, ticket, mailbox
):
    deliver(letter(to=answer_to(ticket), authentication_results=checked("fail")), mailbox)
    page = text(page_of(agent, ticket))
    assert "failed: possibly forged" in page
    assert "by the signed address that it was sent to" in page


@pytest.mark.parametrize("opens", [True, False])
def test_quotes_are_folded_for_both_sides(agent, ticket, opens):
    row = deliver(letter(QUOTING, **({} if opens else {"to": answer_to(ticket)})))
    for page in (page_of(agent, row.ticket), requesters_page(row.ticket)):
        folded = re.search(r'<details class="quote">(.*?)</details>', page, re.S)[1]
        assert "Try again." in folded
        assert "It still smokes." not in folded


def test_an_edited_description_is_no_longer_folded_by_positions(agent):
    ticket = deliver(letter(QUOTING)).ticket
    Ticket.objects.filter(pk=ticket.pk).update(description="Short")
    assert "Short" in page_of(agent, ticket)


def test_a_participants_message_has_their_name(agent, ticket):
    Participant.objects.create(ticket=ticket, address="lou@example.net", folded="lou@example.net")
    deliver(letter("Me too.", to=answer_to(ticket), sender="Lou <lou@example.net>"))
    assert "Lou replied" in text(page_of(agent, ticket))
    assert "Lou just now Me too." in text(requesters_page(ticket))


def test_markup_in_mail_is_escaped(agent):
    script = "<script>alert(1)</script>"
    row = deliver(letter(script + QUOTING, sender=f'"{script}" <kim@example.org>', subject=script))
    deliver(letter(script, to=answer_to(row.ticket), sender=f'"{script}" <eve@example.net>'))
    for page in (page_of(agent, row.ticket), requesters_page(row.ticket)):
        assert "<script>alert" not in page


def test_the_original_of_a_sender_without_a_name_has_no_brackets(agent, ticket):
    row = deliver(letter(to=answer_to(ticket), sender="kim@example.org"))
    page = agent.get(f"/tickets/{ticket.pk}/messages/{row.pk}/original/").content.decode()
    assert "kim@example.org" in page
    assert "&lt;kim@example.org" not in page


def test_the_composer_says_who_gets_the_reply_if_the_requester_bounces(agent, ticket, settings):
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    Participant.objects.create(ticket=ticket, address="lou@example.net", folded="lou@example.net")
    BouncedAddress.objects.create(address="kim@example.org", folded="kim@example.org")
    page = text(page_of(agent, ticket))
    assert "Replies are emailed to kim@example.org" not in page
    assert "shown on the requester's page, and emailed to lou@example.net only." in page


def test_a_requester_whose_mail_came_back_is_asked_for_another_address(ticket, sends_mail):
    link = ticket.private_link_path()
    before = Client().get(link)
    assert "we will email it to you" in text(before.content.decode())
    BouncedAddress.objects.create(address="kim@example.org", folded="kim@example.org")
    response = Client().get(link, headers={"If-None-Match": before["ETag"]})
    page = text(response.content.decode())
    assert "we will email it to you" not in page
    assert "We email our replies" not in page
    assert "came back. Confirm another address" in page


@pytest.mark.parametrize(
    ("raw", "english", "german"),
    [
        (letter(""), "(no text)", "(kein Text)"),
        (
            letter("x" * MAX_MAIL_BYTES),
            "This message was too large to be received.",
            "Diese Nachricht war zu groß, um empfangen zu werden.",
        ),
    ],
)
@pytest.mark.parametrize("opens", [True, False])
def test_what_stands_for_a_text_is_in_the_readers_language(
    agent, ticket, raw, english, german, opens
):
    if not opens:
        raw = raw.replace(b"To: support@desk.example", f"To: {answer_to(ticket)}".encode())
    row = deliver(raw.replace(b"Subject: Printer", b"Subject: Der Drucker ist kaputt und brennt"))
    if not opens:
        Ticket.objects.update(language="de")
    assert (row.ticket == ticket) is not opens
    assert english in page_of(agent, row.ticket)
    assert german in requesters_page(row.ticket)
    assert english not in requesters_page(row.ticket)


# --- held messages ---------------------------------------------------------------------------


def test_only_agents_see_a_held_message(agent, ticket, held):
    page = page_of(agent, ticket)
    assert "Me too." in page
    assert "Only agents see it" in page
    public = requesters_page(ticket)
    assert "Me too." not in public
    assert "lou@example.net" not in public


def test_an_accepted_sender_takes_part(agent, ticket, held):
    ticket.status = Status.RESOLVED
    ticket.waiting_since = None
    ticket.save()
    response = decide(agent, held, "accept")
    assert response.status_code == 302
    comment = Comment.objects.get()
    assert (comment.body, comment.public, comment.author_role) == (
        "Me too.",
        True,
        AuthorRole.REQUESTER,
    )
    held.refresh_from_db()
    assert (held.state, held.comment) == (InboundState.HANDLED, comment)
    participant = Participant.objects.get()
    assert (participant.name, participant.address) == ("Lou", "lou@example.net")
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN
    assert "Me too." in requesters_page(ticket)
    assert deliver(letter("More.", to=answer_to(ticket), sender="lou@example.net")).comment


def test_a_held_message_becomes_a_ticket_of_its_own(agent, ticket, held):
    decide(agent, held, "open")
    new = Ticket.objects.exclude(pk=ticket.pk).get()
    assert (new.requester_email, new.description) == ("lou@example.net", "Me too.")
    assert not ticket.comments.exists()
    assert "Me too." not in page_of(agent, ticket)
    assert "Me too." in page_of(agent, new)


def test_a_discarded_message_leaves_the_page_and_stays_stored(agent, ticket, held):
    decide(agent, held, "discard")
    assert "Me too." not in page_of(agent, ticket)
    held.refresh_from_db()
    assert held.state == InboundState.DISCARDED
    assert bytes(held.raw)


def test_two_agents_do_not_decide_twice(agent, ticket, held):
    decide(agent, held, "accept")
    assert decide(agent, held, "accept").status_code == 400
    assert decide(agent, held, "open").status_code == 400
    assert Comment.objects.count() == 1
    assert Ticket.objects.count() == 1


def test_a_message_is_decided_on_its_own_ticket_only(agent, ticket, held):
    other = ticket_of_kim()
    assert decide(agent, held, "accept", other).status_code == 404
    assert agent.get(f"/tickets/{other.pk}/messages/{held.pk}/original/").status_code == 404
    assert not Comment.objects.exists()


@pytest.mark.parametrize("decision", ["", "publish"])
def test_an_unknown_decision_is_refused(agent, ticket, held, decision):
    assert decide(agent, held, decision).status_code == 400


def test_an_agents_unverified_reply_is_published_by_whoever_confirms_it(agent, agent_user, ticket):
    AgentFactory(email="maria@desk.example")
    row = deliver(letter("Done.", to=answer_to(ticket), sender="maria@desk.example"))
    assert "Confirm as my reply" in page_of(agent, ticket)
    decide(agent, row, "accept")
    comment = Comment.objects.get()
    assert (comment.author, comment.author_role) == (agent_user, AuthorRole.AGENT)
    assert not Participant.objects.exists()


def test_visitors_decide_nothing(visitor, user, ticket, held):
    for client, status in ((visitor, 302), (user, 403)):
        for path in ("", "original/"):
            url = f"/tickets/{ticket.pk}/messages/{held.pk}/{path}"
            method = client.get if path else client.post
            assert method(url, {"decision": "accept"}).status_code == status
        assert client.post(f"/tickets/{ticket.pk}/participants/").status_code == status
        assert client.post(f"/tickets/{ticket.pk}/bounced/").status_code == status
    assert not Comment.objects.exists()


# --- automatic messages and bounces ----------------------------------------------------------


def test_an_automatic_answer_is_shown_to_agents_only_and_can_be_added(agent, ticket):
    row = deliver(letter("I am away.", to=answer_to(ticket), **AUTOMATIC))
    assert "answered automatically" in text(page_of(agent, ticket))
    assert "I am away." not in requesters_page(ticket)
    decide(agent, row, "accept")
    assert "I am away." in requesters_page(ticket)


def test_a_bounce_is_shown_with_the_servers_words_and_an_agent_clears_it(agent, ticket):
    sent_email(ticket)
    deliver(bounce())
    page = text(page_of(agent, ticket))
    assert "An email came back" in page
    assert "User unknown" in page
    assert "Mail to kim@example.org cannot be delivered, so none is sent to it." in page
    agent.post(f"/tickets/{ticket.pk}/bounced/", {"address": "kim@example.org"})
    assert not BouncedAddress.objects.exists()
    assert "cannot be delivered, so none" not in text(page_of(agent, ticket))
    assert "User unknown" not in requesters_page(ticket)


def test_an_open_page_is_told_about_held_messages_and_bounces(agent, ticket):
    sent_email(ticket)
    report = {"window": "0" * 16, "version": ticket.version, "comment": 0, "replies": ""}
    deliver(letter(to=answer_to(ticket), sender="lou@example.net"))
    deliver(bounce())
    answer = agent.post(f"/tickets/{ticket.pk}/presence/", report).content.decode()
    assert "held a message that came by mail" in answer
    assert "noted that an email came back" in answer


# --- the original ----------------------------------------------------------------------------

HTML = """\
From: Kim <kim@example.org>
To: support@desk.example
Subject: Look
Message-ID: <html@example.org>
Content-Type: text/html; charset=utf-8

<h1 onclick="alert(1)">Hello</h1><script>alert(2)</script><style>body{display:none}</style>
<img src="https://tracker.example/pixel.gif"><img src="cid:x"><svg onload="alert(3)"></svg>
<a href="javascript:alert(4)">one</a><a href="https://example.org/">two</a>
<iframe src="https://evil.example"></iframe><form action="/sign-out/"><button>Go</button></form>
<p style="background:url(https://tracker.example/b)">Text</p><base href="https://evil.example/">
<meta http-equiv="refresh" content="0;url=https://evil.example/">
"""


def test_the_original_is_shown_without_what_could_do_harm(agent):
    row = deliver(HTML.encode())
    response = agent.get(f"/tickets/{row.ticket_id}/messages/{row.pk}/original/")
    page = response.content.decode()
    body = page.partition("<main>")[2]
    assert "Hello" in body
    for harmful in ("script", "alert", "tracker", " src=", "svg", "iframe", "<form", "style="):
        assert harmful not in body, harmful
    assert "evil" not in body
    assert 'href="https://example.org/"' in body
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "no-store" in response["Cache-Control"]
    assert InboundMessage.objects.count() == 1


def test_the_original_of_a_plain_message_is_its_text(agent):
    row = deliver(letter("a <b> c"))
    response = agent.get(f"/tickets/{row.ticket_id}/messages/{row.pk}/original/")
    assert "a &lt;b&gt; c" in response.content.decode()


def test_the_original_whose_html_would_stop_the_desk_is_its_text(agent):
    """The <b>s are opened again in each paragraph: 40 KB would become 60 MB."""
    head = HTML.partition("\n\n")[0]
    bomb = "".join(f"<p><b title={number}>word" for number in range(6000))
    row = deliver(f"{head}\n\n{bomb}".encode())
    response = agent.get(f"/tickets/{row.ticket_id}/messages/{row.pk}/original/")
    body = response.content.decode().partition("<main>")[2]
    assert "too large to be shown" in body
    assert "word" in body
    assert len(body) < 200_000


# --- participants ----------------------------------------------------------------------------


def change_participants(client, ticket, **data):
    return client.post(f"/tickets/{ticket.pk}/participants/", data)


def test_participants_are_added_ticked_and_removed(agent, agent_user, ticket):
    change_participants(agent, ticket, address="Lou@Example.net")
    lou = Participant.objects.get()
    assert (lou.address, lou.folded, lou.is_active) == ("Lou@Example.net", "lou@example.net", True)
    change_participants(agent, ticket, participant=lou.pk, action="untick")
    lou.refresh_from_db()
    assert not lou.is_active
    assert "Gets no replies" in page_of(agent, ticket)
    change_participants(agent, ticket, participant=lou.pk, action="tick")
    change_participants(agent, ticket, participant=lou.pk, action="remove")
    assert not Participant.objects.exists()
    history = text(page_of(agent, ticket).partition('id="history"')[2])
    name = agent_user.username
    for act in (
        "added Lou@Example.net to the conversation",
        "stopped public replies to Lou@Example.net",
        "resumed public replies to Lou@Example.net",
        "removed Lou@Example.net from the conversation",
    ):
        assert f"{name} {act}" in history


@pytest.mark.parametrize("address", ["", "lou", "kim@example.org", "KIM@example.org", "a@b\r\nc"])
def test_an_address_that_cannot_take_part_is_refused(agent, ticket, address):
    assert change_participants(agent, ticket, address=address).status_code == 400
    assert not Participant.objects.exists()


def test_a_ticket_has_at_most_twenty_participants(agent, ticket):
    for number in range(20):
        assert change_participants(agent, ticket, address=f"p{number}@x.org").status_code == 302
    assert change_participants(agent, ticket, address="late@x.org").status_code == 400
    assert Participant.objects.count() == 20


def test_another_tickets_participant_is_not_found(agent, ticket):
    other = ticket_of_kim()
    change_participants(agent, other, address="lou@example.net")
    lou = Participant.objects.get()
    assert (
        change_participants(agent, ticket, participant=lou.pk, action="remove").status_code == 404
    )
    assert Participant.objects.exists()


def hint_of(client, ticket):
    return text(page_of(client, ticket).partition('id="body-hint">')[2].partition("</p>")[0])


def test_the_composer_says_who_gets_the_reply(agent, ticket, settings):
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    start = "Replies are emailed to kim@example.org"
    assert f"{start} and shown on" in hint_of(agent, ticket)
    change_participants(agent, ticket, address="lou@example.net")
    assert f"{start} and lou@example.net , and shown on" in hint_of(agent, ticket)
    for name in ("ann", "gone", "back"):
        change_participants(agent, ticket, address=f"{name}@example.net")
    assert f"{start} and 4 participants , and shown on" in hint_of(agent, ticket)
    stopped = Participant.objects.get(address="gone@example.net")
    change_participants(agent, ticket, participant=stopped.pk, action="untick")
    BouncedAddress.objects.create(folded="back@example.net", address="back@example.net")
    assert f"{start} and 2 participants , and shown on" in hint_of(agent, ticket)
    Ticket.objects.filter(pk=ticket.pk).update(requester_email="")
    assert "Replies are emailed to 2 participants , and shown on" in hint_of(agent, ticket)


def test_the_composer_counts_the_participants_of_a_merged_ticket(agent, ticket, settings):
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    source = ticket_of_kim()
    for number in (1, 2):
        change_participants(agent, source, address=f"p{number}@example.net")
    agent.post(f"/tickets/{source.pk}/merge/", {"into": ticket.pk})
    assert "and 2 participants , and shown on" in hint_of(agent, ticket)
