"""What "Test this mailbox" says."""

import re
import socket
import time

import pytest

from tickets.models.incoming import Mailbox
from tickets.services.mail.check_ids import is_check_id
from tickets.services.mail.imap.receiver import Receiver
from tickets.services.mail.mailbox_check import check_mailbox
from tickets.tests.imap.conftest import create_mailbox
from tickets.tests.imap_server import PASSWORD, Dovecot
from tickets.tests.mail_server import free_port
from tickets.vocabulary import AfterFetch, MailSecurity

pytestmark = pytest.mark.django_db(transaction=True)


def results(steps):
    return {step.name: step.result for step in steps}


def text_of(steps, name):
    return next(step.text for step in steps if step.name == name)


@pytest.fixture
def delivering(mail_server, dovecot, user, monkeypatch):
    """Have the mail server deliver what the desk sends to the mailbox on Dovecot."""
    received = mail_server.handle_DATA

    async def deliver(server, session, envelope):
        answer = await received(server, session, envelope)
        dovecot.deliver(user, envelope.content)
        return answer

    mail_server.handle_DATA = deliver
    mail_server.stop()
    mail_server.start()
    return mail_server


def test_everything_works(delivering, mailbox, user):
    steps = check_mailbox(mailbox)
    assert results(steps) == dict.fromkeys(
        (
            *("Server name", "Connection", "Sign-in", "Folder", "New mail"),
            *("Sending", "Arrival"),
        ),
        "works",
    )
    assert "The certificate is valid." in text_of(steps, "Connection")
    [message] = delivering.messages
    assert (message["To"], message["Auto-Submitted"]) == (mailbox.address, "auto-generated")
    assert is_check_id(message["Message-ID"])
    assert not is_check_id(message["Message-ID"].replace(".", ".0", 1))
    assert PASSWORD not in str(steps)


def test_the_message_may_be_fetched_by_a_worker_meanwhile(delivering, dovecot, mailbox, user):
    with dovecot.client(user) as client:
        client.create_folder("Old")
    Mailbox.objects.update(after_fetch=AfterFetch.MOVE, move_to="Old")
    mailbox.refresh_from_db()
    with Receiver():
        steps = check_mailbox(mailbox)
    assert results(steps)["Moving"] == results(steps)["Arrival"] == "works"


def test_a_wrong_password_ends_it_but_sending_is_tried(mail_server, mailbox):
    mailbox.password = "another secret"
    steps = check_mailbox(mailbox)
    assert results(steps) == {
        "Server name": "works",
        "Connection": "works",
        "Sign-in": "fails",
        "Sending": "works",
    }
    assert "another secret" not in str(steps)


@pytest.mark.parametrize(
    ("values", "name", "text"),
    [
        ({"host": "imap.example.invalid"}, "Server name", "There is no server named"),
        ({"port": free_port()}, "Connection", "localhost refuses connections on port"),
        ({"host": "127.0.0.1"}, "Connection", "The certificate of 127.0.0.1 is not valid"),
        ({"folder": "Supprt"}, "Folder", "The folder Supprt cannot be opened: "),
        (
            {"after_fetch": AfterFetch.MOVE, "move_to": "Nowhere"},
            "Moving",
            "There is no folder Nowhere to move fetched messages to.",
        ),
    ],
)
def test_what_does_not_work_is_named(mailbox, values, name, text):
    for field, value in values.items():
        setattr(mailbox, field, value)
    steps = check_mailbox(mailbox)
    assert [step.name for step in steps if step.result == "fails"] == [name]
    assert text_of(steps, name).startswith(text)


def test_the_folders_are_listed_if_one_is_missing(dovecot, mailbox, user):
    with dovecot.client(user) as client:
        client.create_folder("Support")
    mailbox.folder = "Supprt"
    text = text_of(check_mailbox(mailbox), "Folder")
    assert re.search(r"The folders are (Support, INBOX|INBOX, Support)\.$", text)


def test_a_server_without_idle(needs_dovecot, trust, user, db):
    server = Dovecot(capability="IMAP4rev1").start()
    try:
        trust(server)
        steps = check_mailbox(create_mailbox(server, user))
        assert results(steps)["New mail"] == "note"
    finally:
        server.remove()


def test_a_server_that_never_answers(mailbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        mailbox.host, mailbox.port = "127.0.0.1", server.getsockname()[1]
        mailbox.security = MailSecurity.NONE
        started = time.monotonic()
        steps = check_mailbox(mailbox, seconds=1)
        assert time.monotonic() - started < 3
    assert text_of(steps, "Connection") == "No answer within 1 seconds."


def test_without_a_mail_server_nothing_is_sent(mailbox):
    steps = check_mailbox(mailbox)
    assert results(steps)["Sending"] == "note"
    assert "EMAIL_URL is not set" in text_of(steps, "Sending")
    assert "Arrival" not in results(steps)


def test_a_mail_server_that_refuses(mail_server, mailbox, settings):
    mail_server.refusals.append(f"550 {PASSWORD} is no reason")
    steps = check_mailbox(mailbox)
    expected = "127.0.0.1 did not take the message: 550 … is no reason"
    assert text_of(steps, "Sending") == expected
    mail_server.stop()
    assert "refused" in text_of(check_mailbox(mailbox), "Sending")


def test_a_mailbox_without_a_server(mail_server, mailbox):
    mailbox.host = ""
    steps = check_mailbox(mailbox)
    assert results(steps) == {"Fetching": "note", "Sending": "works"}


def test_a_message_that_gets_lost(mail_server, mailbox, monkeypatch):
    monkeypatch.setattr("tickets.services.mail.mailbox_check.ARRIVAL_SECONDS", 1)
    assert results(check_mailbox(mailbox))["Arrival"] == "note"
