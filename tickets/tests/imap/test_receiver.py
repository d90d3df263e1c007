"""Mailboxes are fetched beside the worker's jobs, whatever happens to server and database."""

import signal
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tickets.models.incoming import InboundMessage, Mailbox, MailboxFetch
from tickets.services import lookout
from tickets.services.mail.imap import connection as imap_connection
from tickets.services.mail.imap import fetching, receiver
from tickets.services.mail.imap.connection import connected, open_folder
from tickets.services.mail.imap.lease import Lease
from tickets.services.mail.imap.receiver import Receiver
from tickets.services.mail.mailboxes import try_soon
from tickets.tests.imap.conftest import create_mailbox
from tickets.tests.imap_server import PASSWORD, Dovecot
from tickets.tests.worker import worker_process

pytestmark = pytest.mark.django_db(transaction=True)


def message(number):
    return b"Message-ID: <%d@example.org>\r\n\r\nHello\r\n" % number


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, MailboxFetch.objects.values()
        time.sleep(0.05)


def stored(count):
    wait_until(lambda: InboundMessage.objects.count() >= count)
    assert InboundMessage.objects.count() == count


def is_waiting():
    wait_until(lambda: MailboxFetch.objects.filter(last_success_at__isnull=False).exists())


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(lookout.Lookout, "pause", 0.3)
    monkeypatch.setattr(receiver, "PAUSE_SECONDS", 0.3)


@contextmanager
def receiving():
    with Receiver() as running:
        yield running
    assert not any(loop.is_alive() for loop in running._loops.values())


def test_what_waits_and_what_arrives_is_stored_within_seconds(dovecot, mailbox, user):
    dovecot.deliver(user, message(1))
    with receiving():
        stored(1)
        is_waiting()
        started = time.monotonic()
        dovecot.deliver(user, message(2))
        stored(2)
        assert time.monotonic() - started < 5
    assert MailboxFetch.objects.get().lease_owner == ""


def test_mail_that_arrives_while_other_mail_is_fetched_does_not_wait(dovecot, mailbox, user):
    """The server tells of it with the answer to another command, and not again in IDLE mode."""
    with receiving():
        is_waiting()
        for number in range(0, 30, 3):
            threads = [
                threading.Thread(target=dovecot.deliver, args=[user, message(number + each)])
                for each in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        wait_until(lambda: InboundMessage.objects.count() == 30, 15)


def test_a_server_tells_of_mail_once(dovecot, mailbox, user):
    with connected(mailbox) as mail:
        open_folder(mail, mailbox)
        assert mail.has_told_of_mail()  # how much there is
        dovecot.deliver(user, message(1))
        mail.noop()
        assert mail.has_told_of_mail()
        assert not mail.has_told_of_mail()
        mail.idle()
        assert not mail.has_change(3)
        mail.idle_done()


def test_it_stops_within_seconds(mailbox):
    with receiving():
        is_waiting()
        started = time.monotonic()
    assert time.monotonic() - started < 4


def test_a_server_that_restarts_is_fetched_again(dovecot, mailbox, user):
    with receiving():
        is_waiting()
        dovecot.stop()
        wait_until(lambda: MailboxFetch.objects.get().failures > 0)
        fetch = MailboxFetch.objects.get()
        assert fetch.error in (
            "localhost closed the connection.",
            f"localhost refuses connections on port {dovecot.port}.",
        )
        dovecot.start()
        dovecot.deliver(user, message(1))
        try_soon(mailbox)
        stored(1)
        wait_until(lambda: MailboxFetch.objects.get().failures == 0)


def test_a_server_that_freezes_is_noticed(dovecot, mailbox, monkeypatch):
    """It closes no connection, and the system goes on to acknowledge what is sent."""
    monkeypatch.setattr(imap_connection, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(imap_connection, "AWAITED_SECONDS", 0.5)
    with receiving():
        is_waiting()
        with dovecot.frozen():
            wait_until(lambda: MailboxFetch.objects.get().failing_since)
    assert MailboxFetch.objects.get().error == (
        f"localhost does not answer on port {dovecot.port}."
    )


def test_a_mailbox_that_fails_does_not_hold_up_another(dovecot, mailbox, user):
    create_mailbox(dovecot, "other", password="wrong")
    dovecot.deliver(user, message(1))
    with receiving():
        stored(1)
        wait_until(lambda: MailboxFetch.objects.filter(failures=1).exists())
    failed = MailboxFetch.objects.get(failures=1)
    assert failed.error.startswith("localhost refused to sign in other: ")


def test_changes_in_the_back_office_are_taken_up(dovecot, mailbox, user):
    with dovecot.client(user) as client:
        client.create_folder("Support")
    with receiving():
        is_waiting()
        Mailbox.objects.update(folder="Support")
        dovecot.deliver(user, message(1), folder="Support")
        stored(1)
        Mailbox.objects.update(is_active=False)
        wait_until(lambda: MailboxFetch.objects.get().lease_owner == "")
        new = create_mailbox(dovecot, f"{user}-new")
        dovecot.deliver(new.username, message(2))
        stored(2)


def test_a_password_that_is_put_right_is_tried_at_once(dovecot, mailbox, user):
    Mailbox.objects.update(password="wrong")
    dovecot.deliver(user, message(1))
    with receiving():
        wait_until(lambda: MailboxFetch.objects.filter(failures=1).exists())
        Mailbox.objects.update(password=PASSWORD)
        try_soon(mailbox)
        stored(1)


def test_another_worker_takes_over_when_the_lease_has_expired(dovecot, mailbox, user):
    dovecot.deliver(user, message(1))
    other = Lease(mailbox.pk, "elsewhere:1:abcd")
    assert other.acquire()
    with receiving():
        time.sleep(1)
        assert not InboundMessage.objects.exists()
        MailboxFetch.objects.update(lease_until="2000-01-01T00:00Z")
        stored(1)


def test_two_workers_share_the_mailboxes(dovecot, mailbox, user):
    dovecot.deliver(user, message(1))
    with receiving() as one, receiving() as two:
        stored(1)
        is_waiting()
        dovecot.deliver(user, message(2))
        stored(2)
        assert MailboxFetch.objects.get().lease_owner in (one.owner, two.owner)


def test_a_database_that_closes_its_connections_is_used_again(dovecot, mailbox, user):
    with receiving():
        is_waiting()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        dovecot.deliver(user, message(1))
        stored(1)


def test_a_server_without_idle_is_asked(needs_dovecot, trust, user, monkeypatch):
    monkeypatch.setattr(imap_connection, "LOOK_SECONDS", 1)
    server = Dovecot(capability="IMAP4rev1 UIDPLUS").start()
    try:
        trust(server)
        create_mailbox(server, user)
        with receiving():
            is_waiting()
            server.deliver(user, message(1))
            stored(1)
    finally:
        server.remove()


def test_inbox_url_is_enough(dovecot, settings, user, db):
    from config.environment.inbox import inbox_url

    dovecot.deliver(user, message(1))
    password = PASSWORD.replace("%", "%25").replace("&", "%26").replace(" ", "%20")
    url = f"imaps://{user}:{password}@localhost:{dovecot.port}/INBOX?address=support@example.org"
    settings.INBOX_URL = inbox_url(url)
    with receiving():
        stored(1)
    assert InboundMessage.objects.get().mailbox.address == "support@example.org"


# --- commands ---------------------------------------------------------------------------


def test_the_workers_command_receives_and_ends_soon(dovecot, mailbox, user):
    """As `make run` and Docker Compose start it, and killed as they end it."""
    dovecot.deliver(user, message(1))
    with worker_process() as process:
        stored(1)
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - started < 8
    assert MailboxFetch.objects.get().lease_owner == ""


def test_fetch_mail_fetches_and_ends(dovecot, mailbox, user, capsys):
    dovecot.deliver(user, message(1), message(2))
    call_command("fetch_mail")
    assert capsys.readouterr().out == f"{user}: 2 new.\n"
    call_command("fetch_mail", mailbox=user)
    assert capsys.readouterr().out == f"{user}: 0 new.\n"


def test_fetch_mail_says_what_does_not_work(mailbox, user, capsys):
    Mailbox.objects.update(password="wrong")
    with pytest.raises(CommandError, match=f"Not fetched: {user}"):
        call_command("fetch_mail")
    assert f"{user}: localhost refused to sign in" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no such mailbox"):
        call_command("fetch_mail", mailbox="other")


def test_fetch_mail_leaves_what_a_worker_fetches(mailbox, user, capsys):
    assert Lease(mailbox.pk, "elsewhere:1:abcd").acquire()
    call_command("fetch_mail")
    assert capsys.readouterr().out.startswith(f"{user}: a worker fetches it, until ")


# --- connections to the database --------------------------------------------------------


def held_connections():
    """Return how many connections to the database are in use, but for the test's own."""
    connection.close()
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


def test_mailboxes_that_wait_for_a_server_hold_no_connection_to_the_database(dovecot, user):
    """More of them than there are connections. Their server takes calls and says nothing."""
    count = connection.pool.max_size + 4
    # The server ends first, or the mailboxes' threads would wait for its greeting.
    with receiving(), socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        port = silent.getsockname()[1]
        for number in range(count):
            create_mailbox(dovecot, f"silent-{number}", host="127.0.0.1", port=port)
        wait_until(lambda: MailboxFetch.objects.exclude(lease_owner="").count() == count)
        wait_until(lambda: held_connections() <= 1)
        create_mailbox(dovecot, user)
        dovecot.deliver(user, message(1))
        stored(1)


def test_mailboxes_that_wait_for_their_turn_hold_no_connection_to_the_database(
    dovecot, mailbox, user
):
    dovecot.deliver(user, message(1))
    for _ in range(4):
        fetching.FETCHING.acquire()
    try:
        with receiving() as running:
            wait_until(lambda: MailboxFetch.objects.filter(uid_validity__isnull=False).exists())
            time.sleep(1)
            running._stopping.set()  # else it looks for mailboxes meanwhile
            running._thread.join()
            assert held_connections() == 0
            assert not InboundMessage.objects.exists()
            fetching.FETCHING.release()
            stored(1)
    finally:
        for _ in range(3):
            fetching.FETCHING.release()
