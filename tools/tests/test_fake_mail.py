"""The fake mail server, by SMTP and HTTP as the desk and a browser use it."""

import asyncio
import smtplib
import urllib.error
import urllib.parse
import urllib.request
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP

from tools.fake_mail import FakeMail, deliver_by_lmtp
from tools.fake_mail.delivery import DeliveryFailed
from tools.fake_mail.server import free_port

SUPPORT = "support@desk.example"
LONG_ID = f"<{'a' * 90}@desk.example>"


@pytest.fixture
def delivered():
    return []


@pytest.fixture
def fake(delivered):
    def deliver(raw, sender, recipients):
        delivered.append((message_from_bytes(raw, policy=default), sender, recipients))

    with FakeMail(deliver, SUPPORT) as server:
        yield server


def send(fake, recipient="kim@customer.example"):
    """Send an email as the desk does."""
    message = EmailMessage()
    message["From"] = f"Support <{SUPPORT}>"
    message["Reply-To"] = "support+t1.abcdefghijklmnop@desk.example"
    message["To"] = recipient
    message["Subject"] = "Re: Printer <b>"
    message["Message-ID"] = LONG_ID
    message.set_content("We are on our <way>.\n")
    message.add_alternative("<p>We are on our way.</p><script>x</script>", subtype="html")
    message.add_attachment(b"\x00\xff", maintype="image", subtype="png", filename="plan ü.png")
    with smtplib.SMTP("127.0.0.1", fake.smtp_port) as server:
        server.sendmail("bounce@desk.example", [recipient], message.as_bytes(policy=SMTP))


def get(fake, path="/", **headers):
    with urllib.request.urlopen(urllib.request.Request(fake.url + path, headers=headers)) as answer:
        return answer.read().decode(errors="replace"), answer.headers


def post(fake, path, fields, file=None, **headers):
    parts = [
        f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file:
        name, content = file
        head = f'--X\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: image/png\r\n\r\n" + content + b"\r\n")
    body = b"".join([*parts, b"--X--\r\n"])
    headers = {"Content-Type": "multipart/form-data; boundary=X", **headers}
    request = urllib.request.Request(fake.url + path, body, headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def test_it_takes_all_mail_and_lists_it(fake):
    assert "Nothing yet." in get(fake)[0]
    send(fake)
    send(fake, "lou@customer.example")
    page, _ = get(fake)
    assert page.index("lou@customer.example") < page.index("kim@customer.example")
    assert "Re: Printer &lt;b&gt;" in page


def test_it_shows_text_headers_html_and_files(fake):
    send(fake)
    page, headers = get(fake, "/messages/1")
    assert "We are on our &lt;way&gt;." in page
    assert "bounce@desk.example" in page
    assert 'sandbox src="/messages/1/html"' in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    html, headers = get(fake, "/messages/1/html")
    assert "<script>" in html
    assert headers["Content-Security-Policy"].endswith("; sandbox")
    assert get(fake, "/messages/1/raw")[1]["Content-Type"].startswith("text/plain")
    _, headers = get(fake, "/messages/1/files/0")
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''plan%20%C3%BC.png"


def test_the_customer_answers_with_a_file(fake, delivered):
    send(fake)
    post(
        fake, "/messages/1/answer", {"body": "Danke schön.\r\nKim"}, ("foto ü.png", b"\x00\r\n\xff")
    )
    [(message, sender, recipients)] = delivered
    assert (sender, recipients) == (
        "kim@customer.example",
        ["support+t1.abcdefghijklmnop@desk.example"],
    )
    assert message["In-Reply-To"] == message["References"] == LONG_ID
    assert message["Subject"] == "Re: Printer <b>"
    assert message["Authentication-Results"].startswith("mail.desk.example; dmarc=pass")
    text = message.get_body(["plain"]).get_content().replace("\r\n", "\n")
    assert text.startswith("Danke schön.\nKim\n\nOn ")
    assert text.endswith("wrote:\n> We are on our <way>.\n")
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("foto ü.png", b"\x00\r\n\xff")


def test_a_customer_begins_a_conversation(fake, delivered):
    page = post(
        fake,
        "/new",
        {"sender": "lou@customer.example", "subject": "Drücker\r\nBcc: x@y.example", "body": "Hi"},
    )
    assert "The desk has your message." in page
    [(message, sender, recipients)] = delivered
    assert (sender, recipients) == ("lou@customer.example", [SUPPORT])
    assert message["Subject"] == "Drücker Bcc: x@y.example"
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}]
)
def test_other_sites_cannot_use_it(fake, delivered, headers):
    send(fake)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        post(fake, "/messages/1/answer", {"body": "x"}, **headers)
    assert delivered == []


def test_a_host_by_another_name_reads_nothing(fake):
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(fake, Host="evil.example")


@pytest.mark.parametrize(
    "path", ["/nothing", "/messages/9", "/messages/1/files/7", "/messages/1/x"]
)
def test_what_is_not_there_is_404(fake, path):
    send(fake)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(fake, path)


# --- the way to the desk -----------------------------------------------------------------


class LmtpController(Controller):
    def factory(self):
        return LMTP(self.handler, enable_SMTPUTF8=True)


class Desk:
    def __init__(self, answer):
        self.answer, self.envelopes = answer, []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(0)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.answer


@pytest.fixture
def lmtp_server():
    controllers = []

    def start(desk):
        controller = LmtpController(desk, "127.0.0.1", free_port())
        controller.start()
        controllers.append(controller)
        return deliver_by_lmtp("127.0.0.1", controller.port)

    yield start
    for controller in controllers:
        controller.stop()


def test_lmtp_gets_the_message_and_its_envelope(lmtp_server):
    desk = Desk("250 taken")
    deliver = lmtp_server(desk)
    deliver(b"Subject: x\r\n\r\ny\r\n", "jörg@customer.example", [SUPPORT])
    assert desk.envelopes == [("jörg@customer.example", [SUPPORT], b"Subject: x\r\n\r\ny\r\n")]


def test_a_desk_that_refuses_by_lmtp_is_told(lmtp_server):
    deliver = lmtp_server(Desk("451 try again"))
    with pytest.raises(DeliveryFailed, match="try again"):
        deliver(b"Subject: x\r\n\r\ny\r\n", "kim@customer.example", [SUPPORT])
