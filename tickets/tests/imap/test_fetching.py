"""What is fetched of a folder, and what stays."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.utils import timezone
from imapclient import DELETED, SEEN
from imapclient.exceptions import IMAPClientError

from tickets.models.incoming import InboundMessage, MailboxFetch
from tickets.services.mail.imap import fetching
from tickets.services.mail.imap.connection import connected
from tickets.services.mail.imap.fetching import Folder
from tickets.services.mail.imap.lease import Lease, LeaseLost
from tickets.services.mail.mailboxes import forget_position
from tickets.tests.imap.conftest import create_mailbox
from tickets.vocabulary import MAX_MAIL_BYTES, AfterFetch

pytestmark = pytest.mark.django_db(transaction=True)

LAST_YEAR = datetime(2025, 6, 1, tzinfo=UTC)


def message(number, size=0):
    text = b"line of the message\r\n" * (size // 21)
    return b"Message-ID: <%d@example.org>\r\nSubject: %d\r\n\r\nHello\r\n%s" % (
        number,
        number,
        text,
    )


def fetch(mailbox, owner="here:1:a", is_stopping=lambda: False):
    """Fetch once, whoever has the mailbox. Return how many messages were new."""
    lease = Lease(mailbox.pk, owner)
    while not lease.acquire():
        MailboxFetch.objects.update(lease_until=None)
    with connected(mailbox) as connection:
        return Folder(connection, mailbox, lease).fetch_new(is_stopping)


def flags(dovecot, user, folder="INBOX"):
    with dovecot.client(user) as client:
        client.select_folder(folder, readonly=True)
        return [set(values) for values in client.get_flags(client.search()).values()]


def test_each_message_is_stored_as_it_is_and_marked_as_read(dovecot, mailbox, user):
    dovecot.deliver(user, message(1), message(2))
    assert fetch(mailbox) == 2
    assert [bytes(row.raw) for row in InboundMessage.objects.order_by("pk")] == [
        message(1),
        message(2),
    ]
    assert set(InboundMessage.objects.values_list("mailbox", "is_complete")) == {(mailbox.pk, True)}
    assert all(SEEN in values for values in flags(dovecot, user))
    assert fetch(mailbox) == 0
    assert MailboxFetch.objects.get().last_uid == 2


def test_a_message_that_somebody_has_read_is_fetched_as_well(dovecot, mailbox, user):
    dovecot.deliver(user, message(1))
    with dovecot.client(user) as client:
        client.add_flags(client.search(), [SEEN])
    assert fetch(mailbox) == 1


def test_messages_are_moved_to_a_folder(dovecot, mailbox, user):
    with dovecot.client(user) as client:
        client.create_folder("Erledigt & gut")
    mailbox.after_fetch, mailbox.move_to = AfterFetch.MOVE, "Erledigt & gut"
    dovecot.deliver(user, message(1), message(2))
    assert fetch(mailbox) == 2
    assert flags(dovecot, user) == []
    assert len(flags(dovecot, user, "Erledigt & gut")) == 2


def test_without_the_extension_they_are_copied_and_deleted(needs_dovecot, trust, db, user):
    from tickets.tests.imap_server import Dovecot

    server = Dovecot(capability="IMAP4rev1 UIDPLUS").start()
    try:
        trust(server)
        mailbox = create_mailbox(server, user, after_fetch=AfterFetch.MOVE, move_to="Old")
        with server.client(user) as client:
            client.create_folder("Old")
        server.deliver(user, message(1), message(2))
        with server.client(user) as client:
            client.add_flags([2], [DELETED])  # by somebody else, who has not expunged it
        assert fetch(mailbox) == 2
        assert len(flags(server, user, "Old")) == 2
    finally:
        server.remove()


def test_mail_comes_in_although_it_cannot_be_moved(dovecot, mailbox, user):
    mailbox.after_fetch, mailbox.move_to = AfterFetch.MOVE, "Later"
    lease = Lease(mailbox.pk, "here:1:a")
    assert lease.acquire()
    complaint = "Mail comes in, but it cannot be moved to Later: "
    with connected(mailbox) as connection:
        folder = Folder(connection, mailbox, lease)
        assert folder.complaint == f"{complaint}There is no such folder."
        dovecot.deliver(user, message(1))
        connection.noop()
        assert folder.fetch_new() == 1
        assert folder.fetch_new() == 0
        assert folder.complaint.startswith(complaint)
        with dovecot.client(user) as client:
            client.create_folder("Later")
        dovecot.deliver(user, message(2))
        connection.noop()
        assert folder.fetch_new() == 1
        assert folder.complaint == ""
    assert len(flags(dovecot, user)) == len(flags(dovecot, user, "Later")) == 1


def test_of_a_message_that_is_too_large_the_headers_are_stored(dovecot, mailbox, user):
    dovecot.deliver(user, message(1), message(2, 30_000_000), message(3))
    assert fetch(mailbox) == 3
    large = InboundMessage.objects.get(is_complete=False)
    assert bytes(large.raw) == b"Message-ID: <2@example.org>\r\nSubject: 2\r\n\r\n"
    assert len(bytes(large.raw)) < MAX_MAIL_BYTES
    assert all(SEEN in values for values in flags(dovecot, user))
    forget_position(mailbox)
    assert fetch(mailbox) == 0


def test_many_messages_are_read_in_small_groups(dovecot, mailbox, user, monkeypatch):
    monkeypatch.setattr(fetching, "LISTED", 40)
    monkeypatch.setattr(fetching, "GROUP_MESSAGES", 25)
    with dovecot.client(user) as client:
        client.multiappend("INBOX", [message(number) for number in range(150)])
    assert fetch(mailbox) == 150
    assert MailboxFetch.objects.get().last_uid == 150
    assert InboundMessage.objects.count() == 150


def test_a_group_has_a_limited_size():
    sizes = {1: 10, 2: fetching.GROUP_BYTES, 3: MAX_MAIL_BYTES + 1, 4: 10, 5: 10}
    assert list(fetching._groups(sizes)) == [[1], [2], [3], [4, 5]]
    small = dict.fromkeys(range(120), 1)
    assert [len(group) for group in fetching._groups(small)] == [50, 50, 20]


# --- which messages ---------------------------------------------------------------------


def test_of_a_new_mailbox_old_messages_are_left_alone(dovecot, mailbox, user):
    dovecot.deliver(user, message(1), arrived=LAST_YEAR)
    dovecot.deliver(user, message(2), arrived=timezone.now() - timedelta(hours=20))
    assert fetch(mailbox) == 1
    assert b"Subject: 2" in bytes(InboundMessage.objects.get().raw)
    assert [SEEN in values for values in flags(dovecot, user)] == [False, True]


def test_an_old_message_that_is_put_into_the_folder_later_is_new(dovecot, mailbox, user):
    assert fetch(mailbox) == 0
    dovecot.deliver(user, message(1), arrived=LAST_YEAR)
    assert fetch(mailbox) == 1


def test_all_messages_are_taken_if_the_mailbox_says_so(dovecot, mailbox, user):
    dovecot.deliver(user, message(1), message(2), arrived=LAST_YEAR)
    mailbox.fetch_since = None
    assert fetch(mailbox) == 2


def test_with_a_new_uidvalidity_each_message_is_still_stored_only_the_first_time(
    dovecot, mailbox, user
):
    dovecot.deliver(user, message(1), arrived=LAST_YEAR)
    dovecot.deliver(user, message(2), message(3))
    assert fetch(mailbox) == 2
    before = MailboxFetch.objects.get()
    dovecot.renumber(user)
    dovecot.deliver(user, message(4))
    assert fetch(mailbox) == 1
    after = MailboxFetch.objects.get()
    assert after.uid_validity != before.uid_validity
    assert InboundMessage.objects.count() == 3  # not the one of last year


def test_another_folder_counts_for_itself(dovecot, mailbox, user):
    dovecot.deliver(user, message(1), message(2))
    assert fetch(mailbox) == 2
    with dovecot.client(user) as client:
        client.create_folder("Support")
    dovecot.deliver(user, message(3), folder="Support")
    mailbox.folder = "Support"
    assert fetch(mailbox) == 1


# --- what goes wrong meanwhile ----------------------------------------------------------


def test_a_message_that_is_deleted_meanwhile_is_skipped(dovecot, mailbox, user):
    dovecot.deliver(user, message(1), message(2), message(3))

    def deleting():
        """Delete one after the sizes were asked for."""
        with dovecot.client(user) as client:
            client.delete_messages([2])
            client.expunge()
        return False

    assert fetch(mailbox, is_stopping=deleting) == 2
    assert MailboxFetch.objects.get().last_uid == 3


def test_a_server_that_goes_away_leaves_what_is_stored(dovecot, mailbox, user, monkeypatch):
    monkeypatch.setattr(fetching, "GROUP_MESSAGES", 2)
    dovecot.deliver(user, *(message(number) for number in range(5)))
    calls = []

    def stopping():
        calls.append(1)
        if len(calls) == 2:
            dovecot.stop()
        return False

    with pytest.raises((IMAPClientError, OSError)):
        fetch(mailbox, is_stopping=stopping)
    assert InboundMessage.objects.count() == MailboxFetch.objects.get().last_uid == 2
    dovecot.start()
    assert fetch(mailbox) == 3
    assert InboundMessage.objects.count() == 5


def test_a_database_that_fails_after_a_message_is_stored_means_no_second_copy(
    dovecot, mailbox, user
):
    """The message is stored and flagged, but how far it was fetched cannot be written."""
    dovecot.deliver(user, message(1))
    with database.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE tickets_mailboxfetch ADD CONSTRAINT fails CHECK (last_uid = 0) NOT VALID"
        )
    try:
        with pytest.raises(DatabaseError):
            fetch(mailbox)
    finally:
        with database.cursor() as cursor:
            cursor.execute("ALTER TABLE tickets_mailboxfetch DROP CONSTRAINT fails")
    assert MailboxFetch.objects.get().last_uid == 0
    assert fetch(mailbox) == 0
    assert InboundMessage.objects.count() == 1


def test_two_that_fetch_at_the_same_time_store_each_message_once(dovecot, mailbox, user):
    """Even if one believes that it still has the mailbox."""
    dovecot.deliver(user, *(message(number) for number in range(30)))

    def work(owner):
        try:
            fetch(mailbox, owner=owner)
        except LeaseLost:
            pass
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=[f"here:1:{name}"]) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fetch(mailbox)
    assert InboundMessage.objects.count() == 30


def test_a_size_that_was_understated_is_found_out(dovecot, mailbox, user, monkeypatch):
    """As if the server had said so: the message is larger than the desk takes for large."""
    monkeypatch.setattr(fetching, "MAX_MAIL_BYTES", 100_000_000)
    dovecot.deliver(user, message(1, 30_000_000))
    assert fetch(mailbox) == 1
    row = InboundMessage.objects.get()
    assert not row.is_complete
    assert bytes(row.raw) == b"Message-ID: <1@example.org>\r\nSubject: 1\r\n\r\n"
