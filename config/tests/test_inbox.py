"""INBOX_URL and LMTP_ADDRESS: what they may say, and what is refused."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import read
from config.environment.inbox import Inbox
from config.environment.setting import LocalAddress

BASE = "imaps://kim:hidden@imap.example.org"


def inbox(url):
    return read({"INBOX_URL": url})["INBOX_URL"]


def error(**environment):
    with pytest.raises(ImproperlyConfigured) as caught:
        read(environment)
    return str(caught.value)


def test_without_it_there_is_no_mailbox():
    assert inbox("") is None
    assert read({})["LMTP_ADDRESS"] is None


def test_all_of_it_may_be_percent_encoded():
    url = "imaps://support%40example.org:p%40ss%2F%25w%C3%B6rd@imap.example.org:9993/Support%20%26%20Co"
    assert inbox(url) == Inbox(
        host="imap.example.org",
        port=9993,
        security="tls",
        username="support@example.org",
        password="p@ss/%wörd",
        folder="Support & Co",
    )


@pytest.mark.parametrize(
    ("url", "security", "port", "folder"),
    [
        (BASE, "tls", 993, "INBOX"),
        (f"{BASE}/", "tls", 993, "INBOX"),
        (f"{BASE}/INBOX/Support", "tls", 993, "INBOX/Support"),
        ("imap+starttls://kim:hidden@imap.example.org", "starttls", 143, "INBOX"),
        ("imap+starttls://kim:hidden@[2001:db8::1]:1143", "starttls", 1143, "INBOX"),
        ("imap://kim:hidden@localhost:1143", "none", 1143, "INBOX"),
    ],
)
def test_scheme_port_and_folder(url, security, port, folder):
    value = inbox(url)
    assert (value.security, value.port, value.folder) == (security, port, folder)


def test_the_options():
    value = inbox(f"{BASE}/INBOX?address=support%2Bx@example.org&since=2026-01-31")
    assert value.address == "support+x@example.org"
    assert (value.has_since, value.since) == (True, datetime(2026, 1, 31, tzinfo=UTC))
    value = inbox(f"{BASE}?since=all")
    assert (value.has_since, value.since) == (True, None)
    assert not inbox(BASE).has_since


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("pop3s://kim:hidden@imap.example.org", "be an address such as imaps://"),
        ("kim:hidden@imap.example.org", "be an address such as imaps://"),
        ("imaps://kim:hidden@imap.example.org:port", "be an address such as imaps://"),
        ("imaps://kim:hid/den@imap.example.org", "be an address such as imaps://"),
        ("imaps://kim:hidden@", "name a mail server, as in imaps://"),
        ("imaps://kim:hidden@/INBOX", "name a mail server, as in imaps://"),
        ("imaps://kim@imap.example.org", "have a user name and a password, as in imaps://"),
        ("imaps://:hidden@imap.example.org", "have a user name and a password, as in imaps://"),
        ("imaps://imap.example.org", "have a user name and a password, as in imaps://"),
        ("imap://kim:hidden@imap.example.org", "start with imaps:// or imap+starttls://"),
        (f"{BASE}/INBOX#hidden", "have # percent-encoded, as %23"),
        (f"{BASE}?hidden=1", "have no options other than ?address=...&since=..."),
        (f"{BASE}?address=hidden", "have an email address in ?address="),
        (f"{BASE}?since=hidden", "have a date or all in ?since="),
    ],
)
def test_a_wrong_value_says_what_to_do_without_the_password(url, message):
    text = error(INBOX_URL=url)
    assert text.startswith(f"INBOX_URL must {message}")
    assert "hidden" not in text
    assert "\n" not in text


def test_its_description_has_no_password():
    assert "hidden" not in repr(inbox(BASE))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8024", "127.0.0.1", 8024),
        ("8024", "127.0.0.1", 8024),
        ("[::1]:8024", "::1", 8024),
        ("localhost:8024", "localhost", 8024),
        ("0.0.0.0:24", "0.0.0.0", 24),
        ("[::]:24", "::", 24),
    ],
)
def test_addresses_to_listen_on(text, host, port):
    assert read({"LMTP_ADDRESS": text})["LMTP_ADDRESS"] == LocalAddress(host, port)


@pytest.mark.parametrize("text", ["x", "127.0.0.1", "127.0.0.1:", ":8024", "1:2:3", "h:0", "h:1/x"])
def test_wrong_addresses_to_listen_on(text):
    expected = "LMTP_ADDRESS must be a host and a port, as in 127.0.0.1:8024."
    assert error(LMTP_ADDRESS=text) == expected


@pytest.mark.parametrize("text", ["192.168.1.5:8024", "mail.example.org:24", "[2001:db8::1]:24"])
def test_addresses_of_other_machines_can_reach_are_refused(text):
    expected = (
        "LMTP_ADDRESS must be on loopback, as in 127.0.0.1:8024, or on 0.0.0.0 in a container."
    )
    assert error(LMTP_ADDRESS=text) == expected
