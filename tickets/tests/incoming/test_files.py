"""The bytes of a message's files: stored while nobody waits for it, and never left behind."""

from email.message import EmailMessage

import pytest
from django.db import connection

from tickets.access.actors import SYSTEM
from tickets.exceptions import StorageUnavailable
from tickets.models.attachments import Attachment
from tickets.models.incoming import InboundMessage
from tickets.services.attachments.local import LocalStorage
from tickets.services.attachments.storage import storage
from tickets.services.mail.incoming import handling, held
from tickets.services.mail.incoming.receive import receive
from tickets.tests.attachments.test_storing import files_in
from tickets.tests.incoming.messages import DESK, answer_to, deliver, ticket_of_kim
from tickets.tests.incoming.test_receive import break_comments
from tickets.vocabulary import InboundState

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = "eve@example.net"


class WatchedStorage(LocalStorage):
    """Notes each access, with whether a transaction was open."""

    accesses = []

    def save(self, *args, **kwargs):
        self.accesses.append(("save", connection.in_atomic_block))
        return super().save(*args, **kwargs)

    def exists(self, name):
        self.accesses.append(("exists", connection.in_atomic_block))
        return super().exists(name)


@pytest.fixture(autouse=True)
def accesses(settings, tmp_path):
    """What was asked of the storage, in its order."""
    value = {
        "BACKEND": f"{__name__}.{WatchedStorage.__name__}",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = settings.STORAGES | {"attachments": value}
    WatchedStorage.accesses.clear()
    return WatchedStorage.accesses


def with_files(*contents, to=DESK, sender="kim@example.org", body="See these."):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Files"
    message.set_content(body)
    for number, content in enumerate(contents):
        message.add_attachment(content, "application", "octet-stream", filename=f"{number}.bin")
    return message.as_bytes()


def saves(accesses):
    return [access for access in accesses if access[0] == "save"]


def test_nothing_is_stored_while_other_messages_wait(accesses):
    ticket = ticket_of_kim()
    deliver(with_files(b"1", b"2"))
    deliver(with_files(b"1", b"3", to=answer_to(ticket)))
    assert Attachment.objects.count() == 4
    assert len(saves(accesses)) == 3
    assert not any(in_transaction for _, in_transaction in accesses)


def test_an_agents_request_stores_nothing_in_its_transaction(accesses):
    ticket = ticket_of_kim()
    rows = [
        deliver(with_files(content, to=answer_to(ticket), sender=STRANGER))
        for content in (b"1", b"2", b"3")
    ]
    assert accesses == []
    held.accept(rows[0].pk, SYSTEM)
    held.open_held(rows[1].pk, SYSTEM)
    held.discard(rows[2].pk, SYSTEM)
    assert Attachment.objects.count() == 2
    assert saves(accesses) == [("save", False)] * 2
    assert not any(in_transaction for _, in_transaction in accesses)


def test_files_past_the_limits_are_not_stored(accesses, settings):
    row = deliver(with_files(*(b"%d" % number for number in range(30))))
    assert Attachment.objects.count() == len(saves(accesses)) == 20
    assert len(row.file_notes) == 10
    settings.ATTACHMENT_TICKET_MB = 1
    ticket = ticket_of_kim()
    half = 600_000
    for number in range(2):
        deliver(with_files(b"%d" % number * half, b"MZ\x90" + b"x", to=answer_to(ticket)))
    assert ticket.attachments.count() == 1
    assert len(saves(accesses)) == 21
    assert not any(in_transaction for _, in_transaction in accesses)


def test_what_a_transaction_took_back_is_removed():
    ticket = ticket_of_kim()
    break_comments()
    row = deliver(with_files(b"1", b"2", to=answer_to(ticket), body="Broken"))
    assert row.state == InboundState.FAILED
    assert files_in(storage()) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_comment DROP CONSTRAINT broken")


def test_a_message_waits_for_the_storage_and_counts_no_attempt(settings, tmp_path):
    (tmp_path / "files").write_text("a file, where the directory should be")
    row = receive(with_files(b"1")).message
    for _ in range(handling.MAX_ATTEMPTS + 1):
        with pytest.raises(StorageUnavailable):
            handling.handle(row.pk)
    (tmp_path / "files").unlink()
    handling.handle(row.pk)
    assert InboundMessage.objects.get().state == InboundState.HANDLED
    assert Attachment.objects.count() == 1
