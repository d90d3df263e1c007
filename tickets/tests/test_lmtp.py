"""Mail that a mail server delivers by LMTP."""

import asyncio
import smtplib
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiosmtpd.smtp import Envelope, Session
from django.db import connection

from config.environment.setting import LocalAddress
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.services.mail import lmtp
from tickets.tests.mail_server import free_port
from tickets.vocabulary import MAX_DELIVERED_BYTES, MAX_MAIL_BYTES

pytestmark = pytest.mark.django_db(transaction=True)

RAW = b"From: kim@example.org\r\nSubject: Hello\r\n\r\n.A dot\r\n"


@pytest.fixture
def server(settings):
    """Return a client that is connected to the desk."""
    settings.LMTP_ADDRESS = LocalAddress("127.0.0.1", free_port())
    with lmtp.listening():
        client = smtplib.LMTP("127.0.0.1", settings.LMTP_ADDRESS.port)
        yield client
        client.close()


@pytest.fixture
def mailbox(db):
    return Mailbox.objects.create(name="Support", address="support@example.org")


def deliver(client, *recipients, sender="kim@example.org", raw=RAW):
    """Return the answer to each recipient."""
    client.ehlo_or_helo_if_needed()
    client.mail(sender)
    for recipient in recipients:
        client.rcpt(recipient)
    client.putcmd("DATA")
    client.getreply()
    client.send(smtplib._quote_periods(raw) + b".\r\n")
    return [client.getreply()[0] for _ in recipients]


def test_a_message_is_stored_in_the_mailbox_of_its_recipient(server, mailbox):
    assert deliver(server, "Support+t1.abc@Example.ORG") == [250]
    message = InboundMessage.objects.get()
    assert (message.mailbox, bytes(message.raw)) == (mailbox, RAW)
    assert message.envelope_from == "kim@example.org"
    assert message.envelope_to == ["Support+t1.abc@Example.ORG"]


def test_each_mailbox_gets_a_copy_and_each_recipient_an_answer(server, mailbox):
    sales = Mailbox.objects.create(name="Sales", address="sales@example.org")
    recipients = ["sales@example.org", "support@example.org", "support+x@example.org"]
    assert deliver(server, *recipients) == [250, 250, 250]
    rows = {row.mailbox: row.envelope_to for row in InboundMessage.objects.all()}
    assert rows == {sales: recipients[:1], mailbox: recipients[1:]}


def test_mail_to_no_mailbox_is_stored_too(server, mailbox):
    Mailbox.objects.create(name="Old", address="old@example.org", is_active=False)
    assert deliver(server, "nobody@example.org", "old@example.org", sender="") == [250, 250]
    message = InboundMessage.objects.get()
    assert (message.mailbox, message.envelope_from) == (None, "")


def test_the_same_message_again_is_stored_once(server, mailbox):
    assert deliver(server, mailbox.address) == [250]
    assert deliver(server, mailbox.address) == [250]
    assert InboundMessage.objects.count() == 1


def test_a_thousand_recipients(server, mailbox):
    recipients = [f"support+{number}@example.org" for number in range(1000)]
    assert set(deliver(server, *recipients)) == {250}
    assert len(InboundMessage.objects.get().envelope_to) == 1000


def test_without_a_database_the_mail_server_keeps_the_message(server, mailbox):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE tickets_inboundmessage ADD CONSTRAINT fails"
            " CHECK (mailbox_id IS NULL) NOT VALID"
        )
    try:
        assert deliver(server, mailbox.address, "nobody@example.org") == [451, 250]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tickets_inboundmessage DROP CONSTRAINT fails")
    assert deliver(server, mailbox.address) == [250]


def test_the_limit_is_announced_and_kept(server, mailbox):
    server.ehlo()
    assert int(server.esmtp_features["size"]) == MAX_DELIVERED_BYTES
    assert server.mail("kim@example.org", [f"SIZE={MAX_DELIVERED_BYTES + 1}"])[0] == 552
    line = b"x" * 998 + b"\r\n"
    large = RAW + line * (MAX_DELIVERED_BYTES // len(line) + 1)
    assert deliver(server, mailbox.address, "nobody@example.org", raw=large) == [552, 552]
    assert deliver(server, mailbox.address) == [250]


def test_of_a_message_over_25_mib_the_headers_are_stored(server, mailbox):
    line = b"x" * 998 + b"\r\n"
    large = RAW + line * (MAX_MAIL_BYTES // len(line) + 1)
    assert deliver(server, mailbox.address, raw=large) == [250]
    message = InboundMessage.objects.get()
    assert not message.is_complete
    assert len(bytes(message.raw)) < 1000


def test_a_long_line_is_no_obstacle(server, mailbox):
    raw = RAW + b"y" * 100_000 + b"\r\n"
    assert deliver(server, mailbox.address, raw=raw) == [250]
    assert bytes(InboundMessage.objects.get().raw) == raw


def test_an_impossible_recipient_is_refused(server, mailbox):
    server.ehlo()
    server.mail("kim@example.org")
    assert server.rcpt("x" * 250 + "@example.org")[0] == 553
    assert server.rcpt(mailbox.address)[0] == 250


def test_smtp_is_not_spoken(server):
    assert server.docmd("EHLO", "here")[0] == 500


def test_without_the_setting_nobody_listens(settings):
    settings.LMTP_ADDRESS = None
    with lmtp.listening() as controller:
        assert controller is None


def test_an_address_that_is_taken_does_not_end_the_worker(settings, server, caplog):
    with lmtp.listening() as controller:
        assert controller is None
    assert "LMTP: cannot listen on 127.0.0.1:" in caplog.text


def test_it_stops_at_once(settings):
    settings.LMTP_ADDRESS = LocalAddress("127.0.0.1", free_port())
    started = time.monotonic()
    with lmtp.listening():
        client = smtplib.LMTP("127.0.0.1", settings.LMTP_ADDRESS.port)
    assert time.monotonic() - started < 5
    client.close()


@pytest.mark.parametrize(
    "body", [b"x" * 3_000_000, b"\r\n" * 300_000, b"..\r\n." + b"y" * 2_000_000 + b"\r\n.\r\n"]
)
def test_lines_of_any_length_and_number_take_little_memory(server, mailbox, body):
    """A message of empty lines must not become an object for each of them."""
    raw = RAW + body + b"\r\n"
    tracemalloc.start()
    try:
        assert deliver(server, mailbox.address, raw=raw) == [250]
        assert tracemalloc.get_traced_memory()[1] < 20 * len(raw)
    finally:
        tracemalloc.stop()
    assert bytes(InboundMessage.objects.get().raw) == raw


@pytest.mark.parametrize(
    ("host", "is_near"),
    [
        ("127.0.0.1", True),
        ("172.17.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("::ffff:127.0.0.1", True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("2a00:1450::1", False),
    ],
)
def test_only_senders_of_the_own_network_are_served(host, is_near):
    assert lmtp.is_local((host, 40000)) is is_near
    session = Session(loop=None)
    session.peer = (host, 40000)
    recipient = lmtp.Handler().handle_RCPT(None, session, Envelope(), "support@desk.example", [])
    # A browser test before this one leaves an event loop running in the main thread.
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(asyncio.run, recipient).result()
    assert answer.startswith("250" if is_near else "550")
