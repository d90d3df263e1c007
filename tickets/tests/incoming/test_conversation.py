"""A conversation of 20 messages: a customer who only knows mail, an agent who only knows pages.

The customer's messages come by LMTP and what the desk sends goes out by SMTP, both over sockets.
The customer's program answers what arrived there, and knows nothing else.
"""

import html
import re
import smtplib
from dataclasses import dataclass, field

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config.environment.setting import LocalAddress
from tickets.models.attachments import Attachment
from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import AgentProfile
from tickets.services.mail import lmtp
from tickets.tests import jwz
from tickets.tests.attachments import samples
from tickets.tests.attachments.conftest import LOCAL
from tickets.tests.factories import AgentFactory
from tickets.tests.incoming.messages import DESK
from tickets.tests.mail_program import (
    MailProgram,
    attribution,
    flowed,
    gmail,
    inline_image,
    outlook,
    plain_of,
    quoted,
)
from tickets.tests.mail_server import free_port
from tickets.tests.worker import work
from tickets.vocabulary import InboundKind, InboundState, ThreadRule

pytestmark = pytest.mark.django_db(transaction=True)

KIM = "Kim Müller <kim@example.org>"
SCREEN, PHOTO, LOGO = samples.png(), samples.image("JPEG"), samples.png(color="blue")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
LONG = (
    "I have followed all of your steps in the order that you gave, and the printer still"
    " pulls in two sheets at a time whenever the tray is more than half full."
)


@dataclass
class Intended:
    """A message as its author meant it. `folded` has words that are shown folded."""

    author: str
    text: str
    files: dict[str, bytes] = field(default_factory=dict)
    folded: str = ""


class Conversation:
    def __init__(self, mail_server, agent, port):
        self.program = MailProgram(KIM, DESK)
        self.mail_server, self.agent, self.port = mail_server, agent, port
        self.intended, self.written = [], []

    @property
    def ticket(self):
        return Ticket.objects.get()

    @property
    def got(self):
        """What is in the customer's inbox, oldest first."""
        return self.mail_server.messages

    def deliver(self, message, times=1):
        """Hand a message of the customer's to the desk, as a mail server does."""
        recipient = message["To"].addresses[0].addr_spec
        for _ in range(times):
            with smtplib.LMTP("127.0.0.1", self.port) as client:
                client.sendmail("kim@example.org", [recipient], message.as_bytes())
        self.written.append(message)
        work()

    def customer_says(self, message, text, files=None, folded="", times=1):
        self.intended.append(Intended("Kim Müller", text, files or {}, folded))
        self.deliver(message, times)

    def agent_says(self, text, files=None):
        """Send a reply by the form of the ticket's page. Return the email that came of it."""
        files = files or {}
        path = self.ticket.get_absolute_url()
        page = self.agent.get(path).content.decode()
        values = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        uploads = [SimpleUploadedFile(name, content) for name, content in files.items()]
        data = values | {"body": text, "public": "true", "files": uploads}
        response = self.agent.post(f"{path}comments/", data)
        assert response.status_code == 302, response.content
        self.intended.append(Intended("Zoe", text, files))
        before = len(self.got)
        work()
        [email] = self.got[before:]
        return email


@pytest.fixture
def conversation(mail_server, settings, tmp_path):
    options = {"location": str(tmp_path / "files")}
    settings.STORAGES = settings.STORAGES | {"attachments": LOCAL | {"OPTIONS": options}}
    settings.LMTP_ADDRESS = LocalAddress("127.0.0.1", free_port())
    user = AgentFactory(username="zoe.agent")
    AgentProfile.objects.create(user=user, display_name="Zoe", signature="Zoe, Support")
    agent = Client()
    agent.force_login(user)
    with lmtp.listening():
        yield Conversation(mail_server, agent, settings.LMTP_ADDRESS.port)


def hold(talk):
    """Hold the conversation. The numbers count its messages."""
    program, say, reply = talk.program, talk.customer_says, talk.agent_says

    message = program.letter("Printer 🖨️ in “Büro 2” pulls in two sheets")  # 1
    message.set_content("Guten Tag,\n\nmy printer pulls in two sheets.\n\n-- \nKim Müller\n")
    message.add_attachment(SCREEN, maintype="image", subtype="png", filename="Bild 1.png")
    say(message, "Guten Tag, my printer pulls in two sheets.", {"Bild 1.png": SCREEN}, "Kim Müller")
    second = reply("Which paper do you use?\n\n> is this a quote?")  # 2

    message = program.answer(second)  # 3: HTML only
    message.set_content(gmail("Plain paper, <b>80&nbsp;g</b>.", second), subtype="html")
    say(message, "Plain paper, 80 g.", folded="Which paper do you use?")
    fourth = reply("Please follow this guide.", {"guide.pdf": PDF, "Notiz für Kim.txt": b"One\n"})

    message = program.answer(fourth)  # 5: both versions, top-posted
    plain, source = outlook("I have done that.", fourth)
    message.set_content(plain)
    message.add_alternative(source, subtype="html")
    say(message, "I have done that.", folded="Please follow this guide.")
    sixth = reply("Did it help?\n\nAnd is the tray full?")

    message = program.answer(sixth)  # 7: answered between the lines
    message.set_content(
        f"{attribution(sixth)}\n\n> Did it help?\nA little.\n\n"
        "> And is the tray full?\nYes, always.\n"
    )
    inline = "> Did it help? A little. > And is the tray full? Yes, always."
    say(message, f"{attribution(sixth)} {inline}")
    eighth = reply("This is how full it may be.", {"tray.jpg": PHOTO})

    message = program.answer(eighth)  # 9: an image in place, and one attached
    message.set_content(f"Like this? [cid:tray@x]\n\n{quoted(eighth)}\n")
    source = gmail('Like this? <img src="cid:tray@x" width="40">', eighth)
    message.add_alternative(source, subtype="html")
    message.get_body(["html"]).make_related()
    message.get_payload(1).attach(inline_image(LOGO, "tray.png", "tray@x"))
    message.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="photo.jpg")
    files = {"tray.png": LOGO, "photo.jpg": PHOTO}
    say(message, "Like this? [cid:tray@x]", files, "This is how full it may be.")
    tenth = reply("Yes, exactly so.")

    message = program.answer(tenth)  # 11: lines that flow
    text = flowed(f"{LONG}\n\n> quoted by hand\n\n{quoted(tenth)}")
    message.set_content(text, cte="quoted-printable")
    message.set_param("format", "flowed")
    say(message, LONG, folded="Yes, exactly so.")
    twelfth = reply("Then I send you a new roller. Where to?")

    message = program.answer(twelfth)  # 13: another charset
    message.set_content("Москва, улица Победы 7.", charset="koi8-r", cte="base64")
    say(message, "Москва, улица Победы 7.")
    fourteenth = reply("It is on its way.")

    message = program.answer(fourteenth)  # 15: text, image, text
    message.set_content("It came, with this:")
    message.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="roller.jpg")
    message.add_attachment(f"Is that right?\n\n{quoted(fourteenth)}\n", disposition="inline")
    say(message, "It came, with this: Is that right?", {"roller.jpg": PHOTO}, "on its way")
    sixteenth = reply("Yes.", {"fit.png": SCREEN, "warranty.pdf": PDF})

    # 17 and 18 overtake each other, and 18 answers 17. 17 comes twice.
    late = program.answer(sixteenth)
    late.set_content(f"How do I fit it?\n\n{quoted(sixteenth)}\n")
    early = program.answer(late)
    early.replace_header("To", sixteenth["Reply-To"])
    early.set_content("Never mind, it is easy.")
    say(early, "Never mind, it is easy.")
    say(late, "How do I fit it?", folded="> Yes.", times=2)

    # 19 answers an old message. A copy of it comes by way of a list of colleagues.
    message = program.answer(twelfth)
    message.set_content(f"It was sent to the right address.\n\n{quoted(twelfth)}\n")
    say(message, "It was sent to the right address.", folded="new roller")
    copy = b"Received: from elsewhere.example by mx.desk.example\r\n" + message.as_bytes()
    with smtplib.LMTP("127.0.0.1", talk.port) as client:
        client.sendmail("kim@example.org", [DESK], copy)
    work()
    reply("Good. Thank you for telling us.")  # 20


def text_of(source):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", source)).split())


FOLD = re.compile(r'<details class="quote">.*?</details>', re.S)
LINE = re.compile(r'<li class="message (?:theirs|ours)".*?(?=<li class="message |</ol>)', re.S)
TEXT = re.compile(r'<div class="text">(.*?)</div>', re.S)
AUTHOR = re.compile(r"<strong[^>]*>(.*?)</strong>", re.S)
FILE = re.compile(r'<a href="([^"]+)">(?:<img[^>]*>)?<span dir="auto">(.*?)</span></a>')
THUMBNAIL = re.compile(r'<img src="([^"]+)"')


def read_page(client, path):
    """Return the messages that a page shows, as (author, new text, folded text, files, source)."""
    page = client.get(path).content.decode()
    return [(*_read_line(client, line), line) for line in LINE.findall(page)]


def _read_line(client, line):
    text = TEXT.search(line)[1]
    folds = FOLD.findall(text)
    files = {
        html.unescape(name): b"".join(client.get(url).streaming_content)
        for url, name in FILE.findall(line)
    }
    return (
        text_of(AUTHOR.search(line)[1]),
        text_of(FOLD.sub("", text)),
        text_of(" ".join(folds)),
        files,
    )


def assert_shown(lines, intended, names):
    assert len(lines) == len(intended) == 20
    for (author, text, folded, files, _), each in zip(lines, intended, strict=True):
        assert author == names[each.author]
        assert text == " ".join(each.text.split()).removesuffix(" > is this a quote?")
        assert each.folded in folded
        assert bool(each.folded) == bool(folded) or "quote?" in each.text
        assert files == each.files


def test_twenty_messages(conversation):
    hold(conversation)
    ticket, intended = conversation.ticket, conversation.intended
    _assert_pages(conversation, ticket, intended)
    _assert_api(conversation, ticket, intended)
    _assert_inbox(conversation, intended)
    _assert_one_thread(conversation)
    _assert_nothing_doubled()


def _assert_pages(conversation, ticket, intended):
    lines = read_page(conversation.agent, ticket.get_absolute_url())
    assert_shown(lines, intended, {"Kim Müller": "kim@example.org", "Zoe": "zoe.agent"})
    public = read_page(Client(), ticket.private_link_path())
    assert_shown(public, intended, {"Kim Müller": "You", "Zoe": "Zoe"})
    # Every image has a small copy, on both pages.
    for line in [*lines, *public]:
        images = [name for name in line[3] if name.endswith(("png", "jpg"))]
        assert len(THUMBNAIL.findall(line[4])) == len(images)


def _assert_api(conversation, ticket, intended):
    address = f"/api{ticket.get_absolute_url()}"
    comments = conversation.agent.get(f"{address}comments/").json()
    assert [each["author"] for each in comments] == [
        "zoe.agent" if each.author == "Zoe" else None for each in intended[1:]
    ]
    files = conversation.agent.get(f"{address}attachments/").json()
    by_comment = [[each["name"] for each in files if each["comment"] is None]]
    by_comment += [
        [each["name"] for each in files if each["comment"] == comment["id"]] for comment in comments
    ]
    assert by_comment == [list(each.files) for each in intended]


def _assert_inbox(conversation, intended):
    """The customer got a confirmation and then each reply once, with its files and a quote."""
    confirmation, *replies = conversation.got
    assert confirmation["Subject"].startswith("[#")
    assert "zwei" not in confirmation.as_string()
    numbers = [number for number, each in enumerate(intended) if each.author == "Zoe"]
    assert len(replies) == len(numbers)
    for message, number in zip(replies, numbers, strict=True):
        text = plain_of(message)
        assert intended[number].text in text.replace("\r\n", "\n")
        before = intended[number - 1].text
        below = " ".join(re.findall(r"^> ?(.*)$", text.partition(" wrote:\n")[2], re.M))
        assert " ".join(below.split()) == " ".join(before.split())
        attached = {
            each.get_filename(): each.get_payload(decode=True)
            for each in message.iter_attachments()
        }
        assert attached == intended[number].files
        assert message["Subject"] == "Re: Printer 🖨️ in “Büro 2” pulls in two sheets"
        assert message["Reply-To"].addresses[0].addr_spec.startswith("support+t")


def _assert_one_thread(conversation):
    messages = [*conversation.got, *conversation.written]
    assert len(messages) == 21
    [root] = jwz.threads(reversed(messages))
    assert root.message is conversation.written[0]
    for message in messages:
        message.replace_header("Subject", "")
    [root] = jwz.threads(messages)
    assert len(list(_below(root))) == 21
    assert None not in _below(root)


def _below(container):
    yield container.message
    for child in container.children:
        yield from _below(child)


def _assert_nothing_doubled():
    rows = InboundMessage.objects.order_by("pk")
    assert {row.state for row in rows} == {InboundState.HANDLED, InboundState.IGNORED}
    [copy] = rows.filter(kind=InboundKind.COPY)
    assert copy.rule == ThreadRule.SAME_MESSAGE
    assert rows.count() == 12
    assert Comment.objects.count() == 19
    assert Attachment.objects.count() == 9
    assert set(Email.objects.values_list("state", flat=True)) == {"sent"}


def test_a_message_that_an_answer_to_it_has_overtaken_stands_before_that_answer(conversation):
    """Else our next message would name them the other way round, which ends the thread."""
    program = conversation.program
    opening = program.letter("Printer")
    opening.set_content("It smokes.")
    conversation.deliver(opening)
    overtaken = program.answer(conversation.got[-1])
    overtaken.set_content("It burns.")
    answer = program.answer(overtaken)
    answer.replace_header("To", conversation.got[-1]["Reply-To"])
    answer.set_content("It is out.")
    conversation.deliver(answer)
    conversation.deliver(overtaken)
    sent = conversation.agent_says("Good.")
    assert sent["References"].split()[-2:] == [overtaken["Message-ID"], answer["Message-ID"]]
