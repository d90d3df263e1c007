"""What strangers try: more inputs beside those of the tests about each part."""

import re
from email.message import EmailMessage

import pytest
from django.test import Client

from tickets.access.actors import SYSTEM, user_actor
from tickets.models.attachments import Attachment
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.mail import Email
from tickets.models.ticket import Comment, Ticket
from tickets.services.mail.incoming import held
from tickets.services.mail.signed_addresses import bounce_address, notice_address
from tickets.tests.api.client import Api
from tickets.tests.attachments import samples
from tickets.tests.attachments.test_serving import HEADERS, agents_path, private_path
from tickets.tests.factories import AgentFactory, TokenFactory
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
from tickets.tests.mailing import reply
from tickets.tests.worker import work_now
from tickets.vocabulary import InboundState, Scope, Sender, ThreadRule

pytestmark = pytest.mark.django_db

STORAGE = {"BACKEND": "tickets.services.attachments.local.LocalStorage"}


@pytest.fixture(autouse=True)
def mailbox(db, settings, tmp_path):
    options = {"location": str(tmp_path / "files")}
    settings.STORAGES = settings.STORAGES | {"attachments": STORAGE | {"OPTIONS": options}}
    return Mailbox.objects.create(name="Support", address=DESK, authserv_id=AUTHSERV)


@pytest.fixture
def ticket():
    return ticket_of_kim()


@pytest.fixture
def agent():
    client = Client()
    client.force_login(AgentFactory())
    return client


# --- addresses and ids -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        "\N{LATIN SMALL LETTER LONG S}"
        * 16,  # a letter that is an s in lower case, but not in ASCII
        "\N{KELVIN SIGN}" * 16,
        "A2" * 8,
        "a" * 15,
        "a" * 17,
        "a" * 15 + "=",
        "../" * 5 + "a",
        "%61" * 5 + "a",
    ],
)
@pytest.mark.parametrize("kind", ["t", "b", "n"])
def test_a_guessed_signature_joins_nothing_and_breaks_nothing(ticket, kind, signature):
    email = sent_email(ticket)
    number = ticket.pk if kind == "t" else email.pk
    address = f"support+{kind}{number}.{signature}@desk.example"
    row = deliver(letter(sender="eve@example.net"), envelope_to=[address])
    assert (row.state, row.rule) == (InboundState.HANDLED, ThreadRule.NEW)
    row = deliver(letter(sender="eve@example.net", to=address))
    assert (row.state, row.rule) == (InboundState.HANDLED, ThreadRule.NEW)
    assert not ticket.comments.exists()


@pytest.mark.parametrize("number", ["0", "1" * 18, "9" * 30, "٣", "-1", "1e1"])
def test_a_number_that_is_none_joins_nothing(ticket, number):
    right = answer_to(ticket)
    row = deliver(letter(to=right.replace(f"+t{ticket.pk}.", f"+t{number}."), sender="e@x.net"))
    assert (row.state, row.rule) == (InboundState.HANDLED, ThreadRule.NEW)


def test_a_signature_is_good_for_one_kind_and_one_row_only(ticket):
    email, other = sent_email(ticket), sent_email(ticket, "<2@desk.example>")
    for make in (bounce_address, notice_address):
        right = make(DESK, email)
        name, _, signature = right.partition("@")[0].rpartition("+")[2].partition(".")
        for kind in "tbn":
            for number in (email.pk, other.pk, ticket.pk):
                if (kind, str(number)) != (name[0], name[1:]):
                    wrong = f"support+{kind}{number}.{signature}@desk.example"
                    row = deliver(letter(sender="eve@example.net", to=wrong))
                    assert row.rule == ThreadRule.NEW, wrong


@pytest.mark.parametrize(
    "references",
    [
        " ".join(f"<{number}@example.org>" for number in range(5000)),
        "<" * 2000,
        "<%00@x> <'; DROP TABLE tickets_ticket; --@x>",
        f"<{'a' * 100_000}@x>",
        "<a@b" + "\r\n <c@d>" * 500,
    ],
)
def test_foreign_references_open_a_ticket(ticket, references):
    sent_email(ticket)
    row = deliver(letter(sender="eve@example.net", references=references))
    assert (row.state, row.rule) == (InboundState.HANDLED, ThreadRule.NEW)
    assert row.ticket != ticket


@pytest.mark.parametrize(
    "sender",
    [
        "Maria <MARIA@desk.example>",
        '"maria@desk.example" <maria@desk.example>',
        "maria@desk.example, kim@example.org",
        "=?utf-8?q?Maria?= <maria@desk.example>",
        "(verified) maria@desk.example",
        "<maria@desk.example>",
    ],
)
def test_a_forged_agent_publishes_nothing(ticket, mailbox, sender):
    AgentFactory(email="maria@desk.example")
    for result in ("fail", "none", "pass (not really)\r\n ; dmarc=fail"):
        raw = letter("Pay here.", sender=sender, to=answer_to(ticket))
        headed = f"X-Authentication-Results: {checked('pass')}\r\n".encode() + raw
        forged = f"Authentication-Results: evil.example; {checked('pass')}\r\n".encode() + headed
        row = deliver(forged.replace(b"Printer", result[:4].encode()), mailbox)
        assert row.state == InboundState.HELD, (sender, result)
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "sender", ['"maria@desk.example"@evil.example', "maria@desk.example@evil.example"]
)
def test_an_agents_address_within_another_publishes_nothing(ticket, mailbox, sender):
    """Its domain passes the checks, and the desk finds the agent's address in it."""
    AgentFactory(email="maria@desk.example")
    results = checked("pass")
    raw = letter("Pay.", sender=sender, to=answer_to(ticket), authentication_results=results)
    assert deliver(raw, mailbox).state == InboundState.HELD
    assert not Comment.objects.exists()


@pytest.mark.parametrize("subject", ["[#{}]", "Re: [#{}] x", "[#{}] [#{}]", "=?utf-8?q?[=23{}]?="])
@pytest.mark.parametrize(
    "sender", ["eve@example.net", "kim@example.org.evil.net", '"kim@example.org" <e@x.net>']
)
def test_a_strangers_number_joins_nothing(ticket, subject, sender):
    row = deliver(letter(subject=subject.replace("{}", str(ticket.pk)), sender=sender))
    assert (row.rule, row.ticket == ticket) == (ThreadRule.NEW, False)


@pytest.mark.parametrize("who", ["eve@example.net", "kim@example.org", "lou@desk.example"])
def test_a_notice_address_serves_its_agent_only(ticket, mailbox, who):
    """Even with the right signature, which somebody may have been forwarded."""
    maria, _lou = AgentFactory(email="maria@desk.example"), AgentFactory(email="lou@desk.example")
    notice = sent_email(ticket, kind="notice", recipient=maria, address=maria.email)
    authentication = f"{AUTHSERV}; dmarc=pass header.from={who.partition('@')[2]}"
    right = letter(
        to=notice_address(DESK, notice), sender=who, authentication_results=authentication
    )
    row = deliver(right, mailbox)
    assert (row.state, row.sender) == (InboundState.HELD, Sender.OTHER)
    wrong = notice_address(DESK, notice).replace(f"+n{notice.pk}", f"+n{notice.pk + 1}")
    row = deliver(letter(to=wrong, sender="maria@desk.example"), mailbox)
    assert row.rule == ThreadRule.NEW
    assert not ticket.comments.exists()


# --- headers ---------------------------------------------------------------------------------

BREAKS = ["=0D=0A", "=0A", "=0D", "=00", "=E2=80=A8", "=C2=85", "=0B", "=0C", "=1C"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broken", BREAKS)
def test_no_header_gets_in_or_out(mail_server, broken):
    """In names, subjects, ids and file names of what comes in, and in our answer to it."""
    evil = f"{broken}Bcc:_victim=40example.net{broken}{broken}Body"
    message = EmailMessage()
    message.set_content("Text")
    message.add_attachment(b"data", "application", "octet-stream", filename="x")
    name = f"=?utf-8?q?a{evil}.txt?="
    raw = message.as_bytes().replace(b'filename="x"', f'filename="{name}"'.encode())
    head = (
        f"From: =?utf-8?q?Kim{evil}?= <kim@example.org>\r\nTo: {DESK}\r\n"
        f"Cc: =?utf-8?q?Lou{evil}?= <lou@example.net>\r\n"
        f"Subject: =?utf-8?q?Printer{evil}?=\r\nMessage-ID: <a{evil}@example.org>\r\n"
    )
    row = deliver(head.encode() + raw)
    assert row.state == InboundState.HANDLED
    for stored in (row.subject, row.sender_name, row.ticket.title, Attachment.objects.get().name):
        assert stored.isprintable(), stored
    reply(row.ticket, user_actor(AgentFactory()))
    work_now()
    assert len(mail_server.messages) >= 2
    for sent in mail_server.messages:
        assert sent["Bcc"] is None
        assert sent["To"] in ("kim@example.org", "lou@example.net")
        assert "victim" not in "".join(sent.get_all("To") + sent.get_all("From"))
        assert not sent.get_body(("plain",)).get_content().startswith("Body")


@pytest.mark.parametrize(
    "sender",
    [
        "kim@example.org\x00",
        "=?utf-8?q?kim=40example.org=0D=0ABcc=3A_x=40y.net?=",
        '"a\\\r\n b"@example.org',
        "<kim@example.org> <eve@example.net>",
        "kim@[127.0.0.1]",
        "kim@example.org%0d%0aBcc:x@y.net",
    ],
)
def test_an_odd_address_reaches_no_header(sender):
    row = deliver(letter(sender=sender))
    assert row.state in (InboundState.HANDLED, InboundState.HELD)
    for email in Email.objects.all():
        assert "\n" not in email.current_address
        assert "\r" not in email.current_address
    assert row.sender_address.isprintable()


# --- HTML and files --------------------------------------------------------------------------

HTML = [
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    (
        "<math><mtext><table><mglyph><style><!--</style>"
        "<img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>"
    ),
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template>",
    "<details open ontoggle=alert(1)>x</details>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<form id=a><input name=action formaction=javascript:alert(1)></form>",
    "<p style='background:url(//evil.example/x)'>x</p><link rel=stylesheet href=//evil.example/y>",
]


@pytest.mark.parametrize("html", HTML)
def test_no_script_of_a_message_runs(agent, html):
    head = b"From: kim@example.org\r\nTo: support@desk.example\r\nContent-Type: text/html\r\n\r\n"
    row = deliver(head + b"<p>Hello</p>" + html.encode())
    original = agent.get(f"/tickets/{row.ticket_id}/messages/{row.pk}/original/")
    body = original.content.decode().partition("<main>")[2].lower()
    assert all("src" not in tag for tag in re.findall(r"<img[^>]*>", body))
    for harmful in ("<script", "<svg", "<math", "<style", "<form", "<link", "evil.example"):
        assert harmful not in body, harmful
    for harmful in ('href="java', 'href="data', " onerror=", " ontoggle=", " style="):
        assert harmful not in body.replace("&lt;", "<").partition("<p title")[0], harmful
    assert "script-src" not in original["Content-Security-Policy"]
    assert "default-src 'none'" in original["Content-Security-Policy"]
    pages = agent.get(f"/tickets/{row.ticket_id}/"), Client().get(row.ticket.private_link_path())
    for page in pages:
        assert "alert(1)>" not in page.content.decode()
        assert "<script>alert" not in page.content.decode()


FILES = [
    (samples.SVG, "image/png", "photo.png"),
    (samples.XML_SVG, "image/jpeg", "photo.jpg"),
    (samples.HTML, "image/gif", "cat.gif"),
    (samples.GIF_AND_SCRIPT, "text/javascript", "lib.js.gif"),
    (samples.PDF_AND_HTML, "application/pdf", "bill.pdf"),
    (b"\xff\xd8\xff\xe0" + samples.HTML, "image/jpeg", "x.jpg"),
    (b"\x89PNG\r\n\x1a\n" + samples.SVG, "image/svg+xml", "x.svg"),
    (b"PK\x03\x04" + samples.HTML, "text/html", "x.html"),
    (samples.TEXT, "text/html; charset=utf-7", "x.txt"),
]


@pytest.mark.parametrize(("content", "declared", "name"), FILES)
def test_a_mailed_file_is_only_ever_saved(agent, content, declared, name):
    file = _mailed_file(content, declared, name)
    for response in (
        agent.get(agents_path(file)),
        Client().get(private_path(file.ticket, file)),
    ):
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment")
        assert {key: response[key] for key in HEADERS} == HEADERS
        assert b"".join(response.streaming_content) == content


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\windows\\system.ini",
        "/etc/passwd",
        "....//....//x",
        "C:\\x.txt",
        ".",
        "..",
        "a/../../b.txt",
        "\u202egpj.txt",
        "x\u0000.txt",
    ],
)
def test_a_mailed_name_leads_nowhere(agent, settings, tmp_path, name):
    file = _mailed_file(samples.TEXT, "text/plain", name)
    assert "/" not in file.name
    assert "\\" not in file.name
    assert file.name.strip(". ")
    assert file.name.isprintable()
    disposition = agent.get(agents_path(file))["Content-Disposition"]
    assert ".." not in disposition or "/" not in disposition
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all((tmp_path / "files") in path.parents for path in stored)


def _mailed_file(content, declared, name):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "kim@example.org", DESK, "Files"
    message.set_content("See the file.")
    message.add_attachment(content, "application", "octet-stream", filename="x")
    part = next(iter(message.iter_attachments()))
    part.replace_header("Content-Type", declared)
    del part["Content-Disposition"]
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    row = deliver(message.as_bytes())
    assert row.state == InboundState.HANDLED
    return Attachment.objects.select_related("ticket").get(ticket=row.ticket)


def test_a_private_file_is_private(agent, ticket):
    """Whatever link, session or token asks for it."""
    file = _mailed_file(samples.TEXT, "text/plain", "secret.txt")
    wrong = [
        private_path(ticket, file),  # another ticket's link
        f"/t/{file.ticket.link_secret}x/attachments/{file.pk}/",
        f"/t//attachments/{file.pk}/",
        f"/t/{file.ticket.link_digest}/attachments/{file.pk}/",
    ]
    for path in wrong:
        assert Client().get(path).status_code == 404, path
        assert agent.get(path).status_code == 404, path
    assert agent.get(f"/tickets/{ticket.pk}/attachments/{file.pk}/").status_code == 404
    assert Client().get(agents_path(file)).status_code in (302, 404)
    address = f"/api{agents_path(file)}"
    for scope in (Scope.MAIL, Scope.WRITE):
        assert Api(TokenFactory(scopes=[scope]).secret).send("GET", address).status_code == 403
    assert Api(TokenFactory(scopes=[Scope.READ]).secret).send("GET", address).status_code == 200
    other = f"/api/tickets/{ticket.pk}/attachments/{file.pk}/"
    assert Api(TokenFactory(scopes=[Scope.READ]).secret).send("GET", other).status_code == 404
    assert Client().get(address, headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_held_message_gives_no_file_to_the_requester(ticket):
    message = EmailMessage()
    message["From"], message["To"] = "eve@example.net", answer_to(ticket)
    message.set_content("See the file.")
    message.add_attachment(b"data", "application", "octet-stream", filename="x.bin")
    row = deliver(message.as_bytes())
    assert (row.state, Attachment.objects.count()) == (InboundState.HELD, 0)
    held.accept(row.pk, SYSTEM)
    file = Attachment.objects.get()
    assert Client().get(private_path(ticket, file)).status_code == 200
    assert Ticket.objects.count() == InboundMessage.objects.count() == 1
