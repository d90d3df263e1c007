"""The contents and the headers of email."""

import re
from email.utils import getaddresses
from itertools import pairwise

import pytest
from django.test import Client

from tickets.access.actors import REQUESTER, user_actor
from tickets.forms.tickets import TicketForm
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.models.workplace import AgentProfile
from tickets.services import comments, private_links, tickets
from tickets.services.mail import rendering
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory
from tickets.tests.mailing import create_ticket
from tickets.tests.worker import work, work_now
from tickets.vocabulary import MAX_TITLE_CHARS

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ("received", "reply", "resolved", "link")


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe.agent"))


def plain(message):
    return message.get_body(["plain"]).get_content().replace("\r\n", "\n")


def html(message):
    return message.get_body(["html"]).get_content()


@pytest.fixture
def sent(mail_server, agent, settings):
    """Return a ticket with secrets, and an email of each kind about it."""
    settings.SITE_URL = "https://desk.example.org"
    settings.DEFAULT_FROM_EMAIL = "Support <desk@example.org>"
    data = {
        "title": "Broken <door> & window",
        "description": "It does not close.",
        "category": "technical",
        "priority": "critical",
        "requester_email": "kim@example.org",
        "assignee": AgentFactory(username="assigned.agent"),
    }
    ticket = tickets.create_ticket(data, REQUESTER)
    comments.add_comment(ticket, {"body": "INTERNAL nuisance", "public": False}, agent)
    comments.add_comment(
        ticket, {"body": "Lift it <b>up</b>.\n\nThen pull.", "public": True}, agent
    )
    tickets.update_ticket(ticket.pk, {"status": "resolved"}, agent)
    work_now()
    private_links.send_private_link(ticket, agent)
    work()
    return ticket, dict(zip(KINDS, mail_server.messages, strict=True))


def test_each_is_plain_text_with_an_html_part(sent):
    ticket, messages = sent
    for message in messages.values():
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
        for text in (plain(message), html(message)):
            assert f"https://desk.example.org{ticket.private_link_path()}" in text
            assert f"#{ticket.pk}" in text
    assert "Lift it <b>up</b>.\n\nThen pull." in plain(messages["reply"])
    assert "Lift it &lt;b&gt;up&lt;/b&gt;." in html(messages["reply"])


def test_a_reply_has_links_code_and_folded_quotes_in_its_html_part_only(mail_server, agent):
    body = "Run `make`, see https://example.org/a.\n\n> It broke."
    ticket = TicketFactory(requester_email="kim@example.org")
    comments.add_comment(ticket, {"body": body, "public": True}, agent)
    work()
    message = mail_server.messages[-1]
    assert body in plain(message)
    assert "<code>make</code>" in html(message)
    link = '<a href="https://example.org/a" rel="nofollow noopener" target="_blank">'
    assert link in html(message)
    assert '<details class="quote"><summary>Quoted text</summary>' in html(message)
    assert "&gt; It broke." in html(message)


def test_mail_programs_thread_a_tickets_emails(sent):
    ticket, messages = sent
    first = messages["received"]["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", first)
    assert first not in (None, "")
    assert len({message["Message-ID"] for message in messages.values()}) == 4
    assert messages["received"]["In-Reply-To"] is None
    assert messages["received"]["Subject"] == f"[#{ticket.pk}] We have your request"
    for before, kind in pairwise(KINDS):
        assert messages[kind]["In-Reply-To"] == messages[before]["Message-ID"]
        assert messages[kind]["References"].split()[0] == first
        assert messages[kind]["Subject"] == f"Re: {messages['received']['Subject']}"


def test_each_has_a_sender_and_a_date(sent):
    for message in sent[1].values():
        assert message["From"] == "Support <desk@example.org>"
        assert message["Date"]


def test_nothing_is_loaded_from_elsewhere(sent):
    ticket, messages = sent
    for message in messages.values():
        text = html(message)
        assert not re.search(r"<(img|link|script|iframe|object|base|form)|url\(|@import|src=", text)
        addresses = set(re.findall(r"https?://[^\s\"<]+", text))
        assert addresses == {f"https://desk.example.org{ticket.private_link_path()}"}


def test_it_says_nothing_that_the_requesters_page_does_not_show(sent):
    ticket, messages = sent
    page = Client().get(ticket.private_link_path()).content.decode()
    for message in messages.values():
        whole = message.as_string() + plain(message) + html(message)
        for secret in (
            *("INTERNAL", "nuisance", "zoe.agent", "assigned.agent"),
            *("critical", "technical", "neutral", "frustrated"),
        ):
            assert secret not in whole.lower().replace("internal", "INTERNAL")
    # The page shows what people wrote, as the email does.
    for text in ("Broken &lt;door&gt; &amp; window", "Lift it &lt;b&gt;up&lt;/b&gt;."):
        assert text in page
        assert text in html(messages["reply"])


def test_a_confirmation_repeats_no_text_that_a_stranger_chose(sent):
    ticket, messages = sent
    message = messages["received"]
    whole = message["Subject"] + plain(message) + html(message)
    assert f"We have your request #{ticket.pk}." in plain(message)
    for text in ("does not close", "Broken", "window", "door", "kim"):
        assert text not in whole


@pytest.mark.parametrize(
    "title",
    [
        "Hilfe 🎉🎉 für Ümläüte und 漢字",
        "🎉" * MAX_TITLE_CHARS,
        "word " * 39 + "end",
        "x" * MAX_TITLE_CHARS,
        'Quotes " and \\ and <brackets>, commas; and (more)',
        "مرحبا بالعالم",
    ],
)
def test_odd_titles_arrive_whole(mail_server, title):
    TicketFactory(title=title, requester_email="kim@example.org")
    private_links.send_private_link(Ticket.objects.get(), REQUESTER)
    work()
    [message] = mail_server.messages
    assert message["Subject"].split("] ", 1)[1] == title
    assert title in plain(message)
    [raw] = mail_server.raw
    head, _, body = raw.partition(b"\r\n\r\n")
    # Some programs show nothing of a subject that starts on the second line.
    assert re.search(rb"^Subject: \S", head, re.M)
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    assert all(len(line) <= 998 for line in body.split(b"\r\n"))


@pytest.mark.parametrize(
    "break_", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
)
def test_no_title_adds_a_header(mail_server, break_):
    title = f"Hello{break_}Bcc: victim@example.org{break_}{break_}<script>"
    TicketFactory(title=title, requester_email="kim@example.org")
    private_links.send_private_link(Ticket.objects.get(), REQUESTER)
    work()
    [message] = mail_server.messages
    assert message["Bcc"] is None
    assert mail_server.envelopes[0][1] == ["kim@example.org"]
    assert "Bcc: victim@example.org" in message["Subject"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_title_that_looks_encoded_is_not_decoded(mail_server):
    title = "=?utf-8?q?Bcc=3A_x=0AX-Evil=3A_1?="
    TicketFactory(title=title, requester_email="kim@example.org")
    private_links.send_private_link(Ticket.objects.get(), REQUESTER)
    work()
    assert title.replace("=?", "= ?") in mail_server.messages[0]["Subject"]
    assert "X-Evil" not in mail_server.messages[0]


@pytest.mark.parametrize(
    ("address", "arrives_at"),
    [
        ("o'brien+tag/x=y@example.org", "o'brien+tag/x=y@example.org"),
        ('"odd,name"@example.org', '"odd,name"@example.org'),
        ("kim@[192.0.2.7]", "kim@[192.0.2.7]"),
        (r'"odd\ name"@example.org', '"odd name"@example.org'),
        ("kim@localhost", "kim@localhost"),
        ("kim@müller.example", "kim@xn--mller-kva.example"),
        ("kim@日本語.example", "kim@xn--wgv71a119e.example"),
        ("kim@Straße.example", "kim@xn--strae-oqa.example"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_odd_addresses_are_reached(mail_server, address, arrives_at):
    form = TicketForm({"title": "x", "description": "y", "requester_email": address})
    assert form.is_valid(), form.errors
    tickets.create_ticket(form.cleaned_data, REQUESTER)
    work()
    assert mail_server.envelopes[0][1] == [arrives_at]
    assert getaddresses([mail_server.messages[0]["To"]])[0][1] == arrives_at


@pytest.mark.parametrize(
    ("address", "arrives_at"),
    [
        ("jörg@example.org", "jörg@example.org"),
        ("k\u0131m@example.org", "k\u0131m@example.org"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
    ],
)
def test_an_international_address_is_reached_where_the_server_can(mail_server, address, arrives_at):
    mail_server.supports_utf8 = True
    create_ticket(requester_email=address)
    work()
    assert mail_server.envelopes[0][1] == [arrives_at]
    assert f"To: {arrives_at}\r\n".encode() in mail_server.raw[0]
    assert Email.objects.get().state == "sent"


def test_an_international_address_is_refused_with_a_reason_where_the_server_cannot(mail_server):
    create_ticket(requester_email="jörg@example.org")
    work_now()
    work_now()
    email = Email.objects.get()
    assert (email.state, mail_server.messages) == ("failed", [])
    assert "does not support international addresses (SMTPUTF8)" in email.error
    assert "jörg@example.org" in email.error


@pytest.mark.parametrize(
    "address",
    [
        *("jörg @example.org", '"jörg"@example.org', "jörg..x@example.org", "😀@example.org"),
        *("jö\u200brg@example.org", "jörg@", "@müller.example"),
    ],
)
def test_an_odd_international_address_is_refused(address):
    assert not TicketForm({"title": "x", "description": "y", "requester_email": address}).is_valid()


def test_an_address_is_written_in_one_way():
    form = TicketForm(
        {"title": "x", "description": "y", "requester_email": "jo\u0308rg@example.org"}
    )
    assert form.is_valid()
    assert form.cleaned_data["requester_email"] == "j\u00f6rg@example.org"


@pytest.mark.parametrize(
    "address",
    [
        "kim@example.org\r\nBcc: victim@example.org",
        "kim@example.org, b@example.org",
        "kim@😀.example",
    ],
)
def test_an_invalid_address_is_refused_even_past_the_form(mail_server, address):
    assert not TicketForm({"title": "x", "description": "y", "requester_email": address}).is_valid()
    TicketFactory(requester_email=address)
    private_links.send_private_link(Ticket.objects.get(), REQUESTER)
    work_now()
    assert mail_server.messages == []
    email = Ticket.objects.get().emails.get()
    assert email.state == "failed"


def test_dots_and_line_ends_of_a_reply_stay_in_it(mail_server, agent):
    body = "One\n.\nMAIL FROM:<x@example.org>\n..two\n" + "long " * 1000
    ticket = TicketFactory(requester_email="kim@example.org")
    comments.add_comment(ticket, {"body": body, "public": True}, agent)
    work()
    [message] = mail_server.messages
    assert body.strip() in plain(message)


def test_a_reply_is_signed_with_name_and_signature(mail_server, agent):
    AgentProfile.objects.create(
        user=agent.user, display_name="Zoe <of> Support", signature="Zoe & team"
    )
    ticket = TicketFactory(requester_email="kim@example.org")
    comments.add_comment(ticket, {"body": "Lift it up.", "public": True}, agent)
    work()
    [message] = mail_server.messages
    assert plain(message).startswith("Zoe <of> Support replied to your ticket")
    assert "Lift it up.\n\nZoe & team\n" in plain(message)
    assert "Zoe &lt;of&gt; Support</strong> replied" in html(message)
    assert html(message).count("Zoe &amp; team") == 1
    assert "zoe.agent" not in message.as_string() + plain(message) + html(message)


def test_a_reply_carries_its_author_rich_text_and_the_signature():
    author = AgentFactory()
    AgentProfile.objects.create(user=author, display_name="Maria Lopez", signature="Maria <team>")
    ticket = TicketFactory(requester_email="anna@example.org")
    comment = CommentFactory(
        ticket=ticket, author=author, public=True, body="Run `fix` at https://example.org/a"
    )
    email = Email.objects.create(ticket=ticket, kind="reply", event="reply 1", comment=comment)
    message = rendering.render(rendering.load(email.pk))
    [(page, _)] = message.alternatives
    assert '<strong dir="auto">Maria Lopez</strong> replied:' in page
    assert "<code>fix</code>" in page
    assert '<a href="https://example.org/a"' in page
    assert '<p class="signature" dir="auto">Maria &lt;team&gt;</p>' in page
    assert "Run `fix` at https://example.org/a\n\nMaria <team>\n" in message.body
