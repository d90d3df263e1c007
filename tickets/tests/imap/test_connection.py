"""Connecting and signing in, and what people are told if it does not work."""

import logging
import logging.config
import socket
import threading
import time

import pytest

from tickets.models.incoming import Mailbox
from tickets.services.mail.imap.connection import connected, open_folder, wait_for_mail
from tickets.services.mail.imap.problems import MailboxProblem
from tickets.tests.imap.conftest import create_mailbox
from tickets.tests.imap.token_server import TokenServer
from tickets.tests.imap_server import PASSWORD, Dovecot
from tickets.tests.mail_server import MailServer, free_port
from tickets.vocabulary import MailSecurity, MailSignIn

pytestmark = pytest.mark.django_db(transaction=True)

UNTRUSTED = (
    "The certificate of localhost is not valid: self-signed certificate."
    " If it is your own, set SSL_CERT_FILE to it."
)


def problem(mailbox):
    with pytest.raises(MailboxProblem) as caught, connected(mailbox) as connection:
        open_folder(connection, mailbox)
    return str(caught.value)


@pytest.mark.parametrize("security", [MailSecurity.TLS, MailSecurity.STARTTLS, MailSecurity.NONE])
def test_it_connects(dovecot, user, security, mailbox):
    mailbox.security = security
    mailbox.port = dovecot.port if security == MailSecurity.TLS else dovecot.plain_port
    with connected(mailbox) as connection:
        assert open_folder(connection, mailbox) > 0
    assert f"user=<{user}>" in (dovecot.root / "log").read_text()


def test_a_password_may_have_any_character(needs_dovecot, trust, db, user):
    server = Dovecot()
    (server.root / "users").write_text("all:pässwörd\n")
    server.start()
    try:
        trust(server)
        with connected(create_mailbox(server, user, password="pässwörd")):
            pass
    finally:
        server.remove()


def test_an_unknown_name(mailbox):
    mailbox.host = "imap.example.invalid"
    expected = "There is no server named imap.example.invalid: the name was not found."
    assert problem(mailbox) == expected


def test_a_port_where_nothing_listens(mailbox):
    mailbox.port = free_port()
    assert problem(mailbox) == f"localhost refuses connections on port {mailbox.port}."


def test_a_certificate_that_nobody_trusts(mailbox, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert problem(mailbox) == UNTRUSTED


def test_a_certificate_of_another_name(mailbox):
    mailbox.host = "127.0.0.1"
    assert problem(mailbox).startswith("The certificate of 127.0.0.1 is not valid: IP address")


def test_the_certificate_is_checked_with_starttls_too(mailbox, dovecot, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    mailbox.security, mailbox.port = MailSecurity.STARTTLS, dovecot.plain_port
    assert problem(mailbox) == UNTRUSTED


def test_tls_on_a_port_without_it(mailbox, dovecot):
    mailbox.port = dovecot.plain_port
    expected = f"localhost does not speak TLS on port {mailbox.port}. Port 993 does,"
    assert problem(mailbox).startswith(expected)


def test_a_server_without_starttls(needs_dovecot, trust, db, user):
    server = Dovecot(tls=False).start()
    try:
        port = server.plain_port
        mailbox = create_mailbox(server, user, port=port, security=MailSecurity.STARTTLS)
        assert problem(mailbox) == f"localhost does not offer STARTTLS on port {port}."
    finally:
        server.remove()


def test_a_server_that_is_no_imap_server(mailbox):
    server = MailServer().start()
    try:
        mailbox.port, mailbox.security = server.port, MailSecurity.NONE
        assert problem(mailbox) == "localhost closed the connection."
    finally:
        server.stop()


def test_a_server_that_hangs_up(mailbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        mailbox.port, mailbox.host = server.getsockname()[1], "127.0.0.1"
        mailbox.security = MailSecurity.NONE
        threading.Thread(target=lambda: server.accept()[0].close()).start()
        assert problem(mailbox) == "127.0.0.1 closed the connection."


def test_a_wrong_password(mailbox, user):
    mailbox.password = "another secret"
    expected = f"localhost refused to sign in {user}: [AUTHENTICATIONFAILED] Authentication failed."
    assert problem(mailbox) == expected


def test_a_password_that_cannot_be_decrypted(mailbox):
    mailbox.password = ""  # as under another SECRET_KEY
    assert problem(mailbox) == "The password is missing: enter it again."


def test_a_folder_that_does_not_exist(mailbox):
    mailbox.folder = "Nowhere"
    text = problem(mailbox)
    assert text.startswith("The folder Nowhere cannot be opened: ")
    assert "secs" not in text


def test_no_secret_is_logged(mailbox, caplog, settings):
    """Not even if somebody logs everything: imaplib writes down what it sends."""
    logging.config.dictConfig(settings.LOGGING)
    with caplog.at_level(logging.DEBUG), connected(mailbox):
        pass
    assert PASSWORD not in caplog.text


# --- waiting ----------------------------------------------------------------------------


def test_with_idle_a_new_message_is_noticed_at_once(dovecot, mailbox, user):
    with connected(mailbox) as connection:
        open_folder(connection, mailbox)
        delivered = []

        def deliver():
            if not delivered:
                dovecot.deliver(user, b"Subject: x\r\n\r\n")
                delivered.append(time.monotonic())
            return False

        wait_for_mail(connection, deliver)
        assert time.monotonic() - delivered[0] < 5
        assert connection.search() == [1]


def test_a_connection_that_dies_while_it_waits_is_noticed(dovecot, mailbox):
    with connected(mailbox) as connection:
        open_folder(connection, mailbox)
        with pytest.raises(Exception, match=r"EOF|closed|reset|pipe"):
            wait_for_mail(connection, lambda: dovecot.stop() or False)


def test_waiting_ends_when_it_has_to(mailbox):
    with connected(mailbox) as connection:
        open_folder(connection, mailbox)
        started = time.monotonic()
        wait_for_mail(connection, lambda: time.monotonic() > started + 0.5)
        assert time.monotonic() - started < 5
        assert connection.search() == []


# --- OAuth ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority():
    with TokenServer() as server:
        yield server


@pytest.fixture(scope="module")
def oauth_dovecot(needs_dovecot, authority):
    server = Dovecot(introspection_url=f"{authority.url}/introspect?token=").start()
    yield server
    server.remove()


@pytest.fixture
def oauth_mailbox(db, oauth_dovecot, authority, trust, user):
    trust(oauth_dovecot)
    authority.user, authority.answer = user, None
    authority.requests.clear()
    return create_mailbox(
        oauth_dovecot,
        user,
        password="",
        sign_in=MailSignIn.OAUTH,
        oauth_token_url=f"{authority.url}/token",
        oauth_client_id="client",
        oauth_client_secret=authority.client_secret,
        oauth_scope="https://outlook.office365.com/.default",
    )


def test_the_client_signs_in_for_itself(oauth_mailbox, authority, oauth_dovecot, user):
    with connected(oauth_mailbox) as connection:
        assert open_folder(connection, oauth_mailbox)
    assert authority.requests == [
        {
            "grant_type": "client_credentials",
            "client_id": "client",
            "client_secret": "client-secret",
            "scope": "https://outlook.office365.com/.default",
        }
    ]
    assert f"user=<{user}>, method=XOAUTH2" in (oauth_dovecot.root / "log").read_text()


def test_a_refresh_token_is_replaced_by_the_new_one(oauth_mailbox, authority):
    oauth_mailbox.oauth_refresh_token = authority.refresh_token
    with connected(oauth_mailbox):
        pass
    assert authority.requests[0]["grant_type"] == "refresh_token"
    row = Mailbox.objects.get()
    assert row.oauth_refresh_token == authority.refresh_token != ""
    with connected(row):
        pass


def test_a_token_that_the_mail_server_refuses(oauth_mailbox, authority, user):
    authority.user = "somebody-else"
    text = problem(oauth_mailbox)
    assert text.startswith(f"localhost refused to sign in {user}: ")
    assert "access-" not in text


def test_a_token_address_that_refuses(oauth_mailbox):
    oauth_mailbox.oauth_client_secret = "wrong-secret"
    assert problem(oauth_mailbox) == "The token address refused: AADSTS70000: Expired."


def test_the_words_of_a_token_address_lose_the_secret(oauth_mailbox, authority):
    authority.answer = 401, {"error": "no client-secret like that"}
    assert problem(oauth_mailbox) == "The token address refused: no … like that"


def test_a_token_address_where_nothing_listens(oauth_mailbox):
    oauth_mailbox.oauth_token_url = f"http://127.0.0.1:{free_port()}/token"
    assert problem(oauth_mailbox).endswith("/token cannot be reached.")
