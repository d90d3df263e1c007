"""Cursors of both orders: the tickets newest first, the review queue lowest confidence first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core import signing

from tickets.exceptions import InvalidInput
from tickets.models.ticket import Ticket
from tickets.querysets.cursors import (
    LOWEST_CONFIDENCE_FIRST,
    NEWEST_FIRST,
    Cursor,
    read_cursor,
)
from tickets.querysets.review import skip_cursor
from tickets.tests.factories import TicketFactory

NOON = datetime(2026, 1, 2, 12, 0, 0, 678901, tzinfo=UTC)


def position(ticket_id, created_at=NOON, lowest_confidence=0.25):
    return SimpleNamespace(id=ticket_id, created_at=created_at, lowest_confidence=lowest_confidence)


ROW = position(17)
BOTH_ORDERS = pytest.mark.parametrize("order", [NEWEST_FIRST, LOWEST_CONFIDENCE_FIRST])


# --- as text ----------------------------------------------------------------------------


@BOTH_ORDERS
def test_a_cursor_is_read_as_it_was_written(order):
    cursor = Cursor.at(ROW, order)
    assert read_cursor(cursor.write(), order) == cursor


def test_a_cursor_of_the_list_keeps_its_direction():
    for backwards in (False, True):
        cursor = Cursor.at(ROW, backwards=backwards)
        assert read_cursor(cursor.write()) == cursor
        assert read_cursor(cursor.write()).backwards is backwards


def test_a_cursor_of_the_queue_keeps_the_number_of_skipped_tickets():
    cursor = replace(Cursor.at(ROW, LOWEST_CONFIDENCE_FIRST), skipped=3)
    assert read_cursor(cursor.write(), LOWEST_CONFIDENCE_FIRST).skipped == 3


RELEASE_0_1 = [
    # A page forwards, a page backwards, and a position in the queue with two skipped tickets.
    ("tickets.cursor", [NOON.isoformat(), 17], Cursor.at(ROW)),
    ("tickets.cursor", [NOON.isoformat(), 17, 1], Cursor.at(ROW, backwards=True)),
    (
        "tickets.review",
        [0.25, NOON.isoformat(), 17, 2],
        replace(Cursor.at(ROW, LOWEST_CONFIDENCE_FIRST), skipped=2),
    ),
]


@pytest.mark.parametrize(("salt", "values", "cursor"), RELEASE_0_1)
def test_cursors_are_written_like_release_0_1(salt, values, cursor):
    assert signing.loads(cursor.write(), salt=salt) == values


@pytest.mark.parametrize(("salt", "values", "cursor"), RELEASE_0_1)
def test_cursors_of_release_0_1_can_be_read(salt, values, cursor):
    old = read_cursor(signing.dumps(values, salt=salt), cursor.order)
    assert (old, old.skipped) == (cursor, cursor.skipped)


@BOTH_ORDERS
@pytest.mark.parametrize("text", ["", "x", "a:b:c", "a" * 500])
def test_an_invalid_cursor_is_refused(text, order):
    with pytest.raises(InvalidInput) as caught:
        read_cursor(text, order)
    assert "cursor" in caught.value.errors


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(InvalidInput):
        read_cursor(Cursor.at(ROW).write(), LOWEST_CONFIDENCE_FIRST)
    with pytest.raises(InvalidInput):
        read_cursor(Cursor.at(ROW, LOWEST_CONFIDENCE_FIRST).write())


# --- the rows beside it -----------------------------------------------------------------


@pytest.fixture
def queue(db):
    """Tickets of which several share a confidence or a time, in the order of the queue."""
    for number in range(12):
        TicketFactory(
            created_at=NOON + timedelta(hours=number % 3),
            category_source="offline",
            category_confidence=(number % 4) / 10,
            priority_source="human",
        )
    return list(Ticket.objects.lowest_confidence_first())


def rows(cursor, order, queryset=None):
    """Return the rows on the cursor's side, in the order of the list."""
    queryset = Ticket.objects.lowest_confidence_first() if queryset is None else queryset
    return list(queryset.filter(cursor.condition()).order_by(*order.fields))


@BOTH_ORDERS
def test_a_cursor_has_the_rows_after_and_before_it(queue, order):
    listed = list(Ticket.objects.lowest_confidence_first().order_by(*order.fields))
    assert len({ticket.created_at for ticket in listed}) == 3
    for index, ticket in enumerate(listed):
        assert rows(Cursor.at(ticket, order), order) == listed[index + 1 :]
        assert rows(Cursor.at(ticket, order, backwards=True), order) == listed[:index]


@BOTH_ORDERS
def test_a_reversed_cursor_has_the_other_rows_and_its_own(queue, order):
    listed = list(Ticket.objects.lowest_confidence_first().order_by(*order.fields))
    for index, ticket in enumerate(listed):
        forwards = Cursor.at(ticket, order)
        assert rows(forwards.reversed(), order) == listed[: index + 1]
        backwards = Cursor.at(ticket, order, backwards=True)
        assert rows(backwards.reversed(), order) == listed[index:]
        assert forwards.reversed().reversed() == forwards


def test_the_queue_continues_after_a_cursor(queue):
    for index, ticket in enumerate(queue):
        cursor = Cursor.at(ticket, LOWEST_CONFIDENCE_FIRST)
        assert list(Ticket.objects.lowest_confidence_first(cursor)) == queue[index + 1 :]


@BOTH_ORDERS
def test_the_condition_repeats_the_first_bound_for_the_index(order):
    [name, *_] = order.fields
    column = name.removeprefix("-")
    operator = "lte" if name.startswith("-") else "gte"
    bound = (f"{column}__{operator}", getattr(ROW, column))
    assert bound in Cursor.at(ROW, order).condition().children


# --- comparing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        position(1, NOON - timedelta(hours=1), lowest_confidence=0.5),
        position(1, NOON + timedelta(hours=1)),
        position(18),
    ],
)
def test_a_cursor_follows_one_that_comes_before_it_in_the_queue(later):
    cursor = Cursor.at(ROW, LOWEST_CONFIDENCE_FIRST)
    behind = Cursor.at(later, LOWEST_CONFIDENCE_FIRST)
    assert behind.follows(cursor)
    assert not cursor.follows(behind)
    assert not cursor.follows(replace(cursor, skipped=5))


def test_skipping_continues_after_the_ticket_and_counts_it():
    first = skip_cursor(ROW, None)
    assert (first, first.skipped) == (Cursor.at(ROW, LOWEST_CONFIDENCE_FIRST), 1)
    second = skip_cursor(position(18), first)
    assert (second, second.skipped) == (Cursor.at(position(18), LOWEST_CONFIDENCE_FIRST), 2)


def test_skipping_a_ticket_that_an_undo_brought_back_stays_at_the_furthest_position():
    reached = skip_cursor(position(18), None)
    cursor = skip_cursor(ROW, reached)
    assert (cursor, cursor.skipped) == (reached, 2)
