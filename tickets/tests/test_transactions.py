"""Statements that travel together: order, errors, savepoints, and what a block may not do."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, connections
from django.db.transaction import TransactionManagementError, atomic, set_rollback

from tickets.access.actors import SYSTEM, Actor
from tickets.audit.trail import ticket_events
from tickets.models.housekeeping import Counter
from tickets.models.ticket import Ticket
from tickets.services.editing import audited
from tickets.tests.factories import TicketFactory
from tickets.tests.wire import round_trips
from tickets.transactions import insert, transaction, unread, update

pytestmark = pytest.mark.django_db(transaction=True)


def counter(name, count=1):
    return Counter(name=name, time_window=0, count=count, expires_at="2030-01-01T00:00:00Z")


def names():
    return sorted(Counter.objects.values_list("name", flat=True))


def names_elsewhere():
    def read():
        try:
            return names()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(read).result()


def insert_all(*those):
    with transaction():
        for each in those:
            insert(counter(each))


def insert_and_read(name):
    with atomic():
        insert(counter(name))
        names()


def insert_and_divide(name):
    with transaction(), connection.cursor() as cursor:
        insert(counter(name))
        cursor.execute("SELECT 1 / 0")


def insert_and_fail(name):
    with transaction():
        insert(counter(name))
        raise ZeroDivisionError


def test_what_is_held_back_travels_with_the_commit():
    with round_trips() as sent, transaction():
        insert(counter("a"), counter("b"))
        insert(counter("c"))
    assert len(sent) == 1
    assert sent[0].startswith("BEGIN; ")
    assert sent[0].endswith("COMMIT")
    assert names_elsewhere() == ["a", "b", "c"]


def test_what_is_held_back_travels_with_the_next_statement():
    with round_trips() as sent, transaction():
        insert(counter("a"))
        assert names() == ["a"]  # in the same message
        insert(counter("b"))
        assert Counter.objects.filter(name__in="ab").update(count=9) == 2
    assert len(sent) == 3  # BEGIN with the first read, the second one, COMMIT
    assert names_elsewhere() == ["a", "b"]


def test_a_transaction_without_statements_sends_nothing():
    with round_trips() as sent, transaction():
        pass
    assert sent == []


def test_a_failure_of_the_first_statement_undoes_the_transaction():
    with pytest.raises(DataError):
        insert_and_divide("a")
    assert names_elsewhere() == []
    insert_all("b")
    assert names_elsewhere() == ["b"]


def test_nothing_is_sent_twice():
    with transaction():
        insert(counter("a"))
        Counter.objects.count()
        with unread():
            Counter.objects.filter(name="a").update(count=5)
        Counter.objects.count()
    assert Counter.objects.get().count == 5


def test_a_failed_statement_undoes_the_others():
    Counter.objects.bulk_create([counter("there")])
    with pytest.raises(IntegrityError):
        insert_all("a", "there", "b")
    assert names_elsewhere() == ["there"]
    assert not connection.in_atomic_block


def test_a_failure_shows_at_the_statement_that_it_travels_with():
    Counter.objects.bulk_create([counter("there")])
    with transaction():
        with pytest.raises(IntegrityError):
            insert_and_read("there")
        insert(counter("a"))
    assert names_elsewhere() == ["a", "there"]


def test_an_exception_drops_what_is_held_back():
    with pytest.raises(ZeroDivisionError):
        insert_and_fail("a")
    with transaction():
        insert(counter("b"))
    assert names_elsewhere() == ["b"]


def test_a_rolled_back_savepoint_drops_its_own():
    with transaction():
        insert(counter("before"))
        with pytest.raises(ZeroDivisionError):
            insert_and_fail("inside")
        insert(counter("after"))
    assert names_elsewhere() == ["after", "before"]


def test_a_transaction_that_is_to_be_rolled_back_sends_nothing():
    with transaction():
        insert(counter("a"))
        set_rollback(True)
    assert names_elsewhere() == []


def test_one_within_a_plain_transaction_is_stored_by_that():
    with atomic():
        with transaction():
            insert(counter("a"))
        assert names_elsewhere() == []
        assert names() == ["a"]
    assert names_elsewhere() == ["a"]


def test_outside_of_a_transaction_statements_run_at_once():
    with unread():
        insert(counter("a"))
        assert names_elsewhere() == ["a"]


def test_a_result_that_is_not_awaited_cannot_be_read():
    with pytest.raises(ProgrammingError), transaction(), unread():
        Counter.objects.first()


def test_server_side_cursors_and_many_parameters_come_after_what_was_held_back():
    with transaction():
        insert(counter("a"))
        assert [row.name for row in Counter.objects.iterator()] == ["a"]
        insert(counter("b"))
        with connection.cursor() as cursor:
            statement = "UPDATE tickets_counter SET count = count + %s WHERE name = %s"
            cursor.executemany(statement, [(5, "a"), (6, "b")])
    assert dict(Counter.objects.values_list("name", "count")) == {"a": 6, "b": 7}


def test_a_percent_sign_is_one():
    with transaction():
        insert(counter("100 %s"))
        assert names() == ["100 %s"]


def test_what_cannot_be_written_is_an_error_of_the_database():
    with pytest.raises((DataError, ValueError)), transaction():
        insert(counter("nul \0"))


def test_a_row_is_updated_by_its_names_in_python():
    ticket, other = TicketFactory(), TicketFactory()
    ticket.title, ticket.assignee, ticket.urgency_score = "New", None, 7
    with transaction():
        update(ticket, ["title", "assignee_id", "urgency_score"])
    stored = {row.pk: (row.title, row.urgency_score) for row in Ticket.objects.all()}
    assert stored == {ticket.pk: ("New", 7), other.pk: (other.title, other.urgency_score)}


def test_an_inserted_row_is_updated_when_it_is_saved_again():
    row = counter("a")
    with transaction():
        insert(row)
        row.count = 8
        row.save()
    assert Counter.objects.get().count == 8


def test_the_actor_of_a_change_is_known_however_transactions_are_nested():
    with transaction():
        insert(counter("a"))
        with audited(Actor("kim"), undoes=7):
            ticket = TicketFactory()
            with audited(SYSTEM):
                ticket.title = "100 %s"
                update(ticket, ["title"])
            insert(counter("100 %"))
    with audited(Actor("lou")):
        with audited(Actor("lou")):
            ticket.urgency_score = 3
            update(ticket, ["urgency_score"])
        insert(counter("50 %s"))
    created, renamed, scored = ticket_events(ticket.pk).order_by("pgh_id")
    assert created.pgh_context == {"actor": "kim", "user": None, "undoes": 7}
    assert (renamed.title, renamed.pgh_context["actor"]) == ("100 %s", "system")
    assert (scored.urgency_score, scored.pgh_context["actor"]) == (3, "lou")
    assert names() == ["100 %", "50 %s", "a"]


def test_savepoints_make_no_round_trips():
    with round_trips() as sent, transaction():
        with transaction():
            insert(counter("a"))
        with pytest.raises(ZeroDivisionError):
            insert_and_fail("b")
        with transaction():
            insert(counter("c"))
    assert len(sent) == 2  # BEGIN with the rollback, COMMIT
    assert names_elsewhere() == ["a", "c"]


def test_a_savepoint_that_failed_before_it_was_sent_ends_the_transaction():
    Counter.objects.bulk_create([counter("there")])

    def fail_and_go_on():
        with transaction():
            insert(counter("there"))  # before the savepoint, so that cannot help
            with pytest.raises(IntegrityError):
                insert_and_read("a")
            names()

    with pytest.raises(TransactionManagementError):
        fail_and_go_on()
    assert names_elsewhere() == ["there"]
