"""Storing comes first: nothing is lost, nothing comes twice."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.ticket import Ticket
from tickets.services.mail.incoming import handling
from tickets.services.mail.incoming.receive import receive
from tickets.services.tickets import delete_ticket
from tickets.tests.incoming.messages import DESK, deliver, letter, ticket_of_kim
from tickets.tests.worker import work
from tickets.vocabulary import MAX_MAIL_BYTES, InboundKind, InboundState, ThreadRule

pytestmark = pytest.mark.django_db


def test_a_message_is_stored_as_it_came():
    raw = b"\xff\x00 no message at all"
    receipt = receive(raw, None, "<kim@example.org>", ["support@desk.example\0"])
    row = InboundMessage.objects.get()
    assert receipt.is_new
    assert receipt.message.pk == row.pk
    assert bytes(row.raw) == raw
    assert row.state == InboundState.STORED
    assert row.envelope_from == "kim@example.org"
    assert row.envelope_to == ["support@desk.example"]


def test_the_null_return_path_differs_from_an_unknown_one():
    assert receive(b"a", None, "<>").message.envelope_from == ""
    assert receive(b"b").message.envelope_from is None


def test_the_same_bytes_are_stored_once_per_mailbox():
    boxes = [Mailbox.objects.create(name=name, address=f"{name}@desk.example") for name in "ab"]
    raw = letter()
    assert [receive(raw, box).is_new for box in (None, *boxes, None, *boxes)] == [
        *(True, True, True),
        *(False, False, False),
    ]
    assert InboundMessage.objects.count() == 3


def test_it_refuses_to_run_within_a_transaction():
    """The message must be committed when it returns, since its sender is told so."""
    with pytest.raises(RuntimeError), transaction.atomic():
        receive(letter())


def test_only_the_headers_of_a_huge_message_are_stored():
    row = deliver(letter("x" * (MAX_MAIL_BYTES + 1)))
    assert not row.is_complete
    assert len(row.raw) < 1000
    ticket = row.ticket
    assert ticket.title == "Printer"
    assert "too large" in ticket.description


@pytest.mark.django_db(transaction=True)
def test_one_of_many_deliveries_at_once_is_new():
    raw, results = letter(), []

    def run():
        results.append(receive(raw).is_new)
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_a_worker_handles_what_is_stored():
    row = receive(letter()).message
    work()
    row.refresh_from_db()
    assert row.state == InboundState.HANDLED
    assert row.rule == ThreadRule.NEW
    assert row.ticket.requester_email == "kim@example.org"


def test_handling_twice_does_no_harm():
    row = deliver(letter())
    handling.handle(row.pk)
    assert Ticket.objects.count() == 1


def test_a_message_is_handled_after_those_that_came_before():
    first = receive(letter(message_id="<first@example.org>")).message
    second = receive(letter("More.", in_reply_to="<first@example.org>")).message
    handling.handle(second.pk)
    ticket = Ticket.objects.get()
    for row in (first, second):
        row.refresh_from_db()
        assert row.ticket == ticket


def break_comments():
    """Let the database refuse each comment, as a fault of the program would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE tickets_comment ADD CONSTRAINT broken CHECK (body <> 'Broken') NOT VALID"
        )


def test_a_message_that_raises_is_kept_and_can_be_tried_again():
    ticket = ticket_of_kim(title="Printer")
    break_comments()
    row = deliver(letter("Broken", subject=f"[#{ticket.pk}]"))
    assert row.state == InboundState.FAILED
    assert row.error.startswith("IntegrityError")
    assert row.ticket is None
    assert bytes(row.raw).endswith(b"Broken")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_comment DROP CONSTRAINT broken")
    assert handling.try_again(row.pk)
    assert not handling.try_again(row.pk)
    handling.handle(row.pk)
    row.refresh_from_db()
    assert row.state == InboundState.HANDLED
    assert row.comment.body == "Broken"


def test_a_failed_message_does_not_stop_the_next_one():
    ticket = ticket_of_kim()
    break_comments()
    receive(letter("Broken", subject=f"[#{ticket.pk}]"))
    assert deliver(letter("Fine.")).state == InboundState.HANDLED


def test_a_message_that_ends_the_worker_each_time_is_given_up():
    row = receive(letter()).message
    InboundMessage.objects.update(attempts=handling.MAX_ATTEMPTS)
    handling.handle(row.pk)
    row.refresh_from_db()
    assert row.state == InboundState.FAILED
    assert not Ticket.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_busy_is_no_fault_of_the_message():
    row = receive(letter()).message
    held, finished = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            handling._lock()
            held.set()
            finished.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        for _ in range(handling.MAX_ATTEMPTS + 1):
            with pytest.raises(OperationalError):
                handling.handle(row.pk)
    finally:
        finished.set()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    row.refresh_from_db()
    assert (row.state, row.attempts) == (InboundState.STORED, 0)
    handling.handle(row.pk)
    row.refresh_from_db()
    assert row.state == InboundState.HANDLED


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_is_no_fault_of_the_message():
    row = receive(letter()).message
    with connection.cursor() as cursor:
        cursor.execute(END_CONNECTION_WHEN_STORED)
    try:
        with pytest.raises(OperationalError):
            handling.handle(row.pk)
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER broken ON tickets_ticket; DROP FUNCTION end_connection()")
    row.refresh_from_db()
    assert (row.state, row.attempts) == (InboundState.STORED, 0)


END_CONNECTION_WHEN_STORED = """
CREATE FUNCTION end_connection() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER broken BEFORE INSERT ON tickets_ticket
FOR EACH ROW EXECUTE FUNCTION end_connection();
"""


def test_a_message_whose_job_was_lost_is_handled_within_minutes():
    row = receive(letter()).message
    handling.handle_leftovers(0)
    row.refresh_from_db()
    assert row.state == InboundState.STORED  # its own job may still come
    InboundMessage.objects.update(received_at=timezone.now() - timedelta(minutes=3))
    handling.handle_leftovers(0)
    row.refresh_from_db()
    assert row.state == InboundState.HANDLED


HOSTILE = [
    b"",
    b"\x00" * 1000,
    b"\xff\xfe" * 1000,
    b"Subject: \x00\x00a\nFrom: \x00@\x00\nMessage-ID: <\x00>\nTo: \x00@b.org\n\n\x00",
    b"From: " + b"(" * 10_000,
    b"Message-ID: <" + b"a" * 100_000 + b"@b>\nFrom: k@example.org\n\nx",
    b"In-Reply-To: " + b"<a@b> " * 10_000 + b"\nReferences: " + b"<c@d> " * 10_000 + b"\n\nx",
    b"Subject: [#" + b"9" * 5000 + b"]\n\nx",
    b"Subject: " + b"[#1]" * 5000 + b"\n\nx",
    b"From: " + b"k" * 500 + b"@example.org\n\nx",
    b"From: =?utf-8?b?" + b"/////w" * 100 + b"?= <k@example.org>\n\nx",
    "From: kim@exämple.org\nSubject: \ud800".encode("utf-8", "surrogatepass") + b"\n\n\xed\xa0\x80",
    b"X: y\n" * 100_000 + b"\nx",
    b"To: " + b"a@b.org, " * 5000 + b"\nFrom: k@example.org\n\nx",
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_no_message_fails_whatever_is_in_it(raw):
    row = deliver(raw, None, "\x00" * 10 + "a" * 1000, ["\x00", "b" * 1000] * 500)
    assert row.state == InboundState.HANDLED, row.error
    assert bytes(row.raw) == raw


def test_a_message_without_id_gets_one_of_its_hash():
    row = deliver(letter(message_id=None))
    assert row.message_id == f"<{row.sha256}@message.invalid>"


# --- deleting -------------------------------------------------------------------------------


def test_deleting_a_ticket_empties_its_messages():
    raw = letter()
    row = deliver(raw)
    delete_ticket(row.ticket_id, SYSTEM)
    row.refresh_from_db()
    assert bytes(row.raw) == b""
    assert (row.text, row.subject, row.sender_address, row.explanation) == ("", "", "", [])
    assert row.ticket is None


def test_a_deleted_message_that_is_fetched_again_does_not_come_back():
    raw = letter()
    row = deliver(raw)
    delete_ticket(row.ticket_id, SYSTEM)
    receipt = receive(raw)
    assert not receipt.is_new
    handling.handle(receipt.message.pk)
    assert not Ticket.objects.exists()


# --- the same message again ----------------------------------------------------------------


def test_the_same_message_in_two_mailboxes_joins_one_ticket():
    boxes = [Mailbox.objects.create(name=name, address=f"{name}@desk.example") for name in "ab"]
    raw = letter(to="a@desk.example, b@desk.example")
    first = deliver(b"Received: one\r\n" + raw, boxes[0])
    second = deliver(b"Received: two\r\n" + raw, boxes[1])
    assert second.ticket == first.ticket
    assert (second.kind, second.state) == (InboundKind.COPY, InboundState.IGNORED)
    assert second.rule == ThreadRule.SAME_MESSAGE
    assert Ticket.objects.count() == 1
    assert not first.ticket.comments.exists()


def test_a_failed_message_whose_copy_was_handled_is_a_copy_of_it():
    boxes = [Mailbox.objects.create(name=name, address=f"{name}@desk.example") for name in "ab"]
    raw = letter("Broken", to="a@desk.example, b@desk.example")
    break_tickets()
    original = deliver(b"Received: one\r\n" + raw, boxes[0])
    assert original.state == InboundState.FAILED
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_ticket DROP CONSTRAINT broken")
    copy = deliver(b"Received: two\r\n" + raw, boxes[1])
    assert handling.try_again(original.pk)
    handling.handle(original.pk)
    original.refresh_from_db()
    assert (original.kind, original.state) == (InboundKind.COPY, InboundState.IGNORED)
    assert original.ticket == copy.ticket
    assert Ticket.objects.count() == 1


def break_tickets():
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE tickets_ticket ADD CONSTRAINT broken"
            " CHECK (description <> 'Broken') NOT VALID"
        )


def test_the_same_id_with_another_body_is_a_message_of_its_own():
    first = deliver(letter("One.", message_id="<same@example.org>"))
    second = deliver(letter("Two.", message_id="<same@example.org>"))
    assert second.kind == InboundKind.WRITTEN
    assert second.ticket != first.ticket


def test_a_date_of_1970_does_not_make_a_ticket_old():
    row = deliver(letter(date="Thu, 1 Jan 1970 00:00:00 +0000", to=DESK))
    assert row.ticket.created_at.year > 2000
