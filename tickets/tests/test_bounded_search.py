"""A search reads a bounded number of rows, and page after page it still finds everything."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tickets.models.ticket import Ticket
from tickets.querysets.cursors import BY_NUMBER, ORDERS, Cursor
from tickets.querysets.search import lists
from tickets.querysets.search.bounded import Bounds, find
from tickets.querysets.statistics import StatusCounts
from tickets.tests.factories import TicketFactory
from tickets.tests.searches import fill
from tickets.vocabulary import Priority, Sort, Status

VOCABULARY = ("refund", "refunds", "invoice", "café", "printer")
SEARCHES = (
    *("refund", "refunds", "cafe", "r", "refund invoice", "refund -invoice", '"refund invoice"'),
    *("-refund", "-r -i", "lena", "from:example", "#12", "12", "missing", "refund status:open"),
    *("refund or", '"printer refund" -café', "-from:lena printer", "-"),
)
SMALL = [
    Bounds(first_rows=1, more_rows=1, most_rows=2, documents=1, documents_to_sort=1, steps=1),
    Bounds(first_rows=3, more_rows=9, most_rows=4, documents=6, documents_to_sort=8, steps=2),
    Bounds(first_rows=2, more_rows=2, documents=30, covered=0, patience=timedelta()),
    Bounds(first_rows=2, more_rows=2, most_rows=5, documents=50, documents_to_sort=50, groups=1),
    Bounds(),
]
LISTED_ORDERS = [order for sort, order in ORDERS.items() if sort != Sort.RELEVANCE]


def make_tickets(seed, count):
    """Store tickets of many years, some at the same moment, each with some of the VOCABULARY."""
    chance = random.Random(seed)
    now = timezone.now()
    moments = [now - timedelta(days=chance.randrange(3000)) for _ in range(max(count // 2, 1))]
    for _ in range(count):
        created_at = chance.choice(moments)
        TicketFactory(
            title=" ".join(chance.choices(VOCABULARY, k=2)),
            description=" ".join(chance.choices(VOCABULARY, k=3)),
            created_at=created_at,
            last_activity_at=created_at + timedelta(hours=chance.randrange(50)),
            status=chance.choice(Status.values),
            priority=chance.choice(Priority.values),
            urgency_score=chance.choice([0, 1, 50, 100]),
            requester_email=chance.choice(["", "lena@example.org", "kim@desk.net"]),
            spam=chance.random() < 0.1,
        )


def walk(sought, order, limit, bounds, *, backwards=False):
    """Return the ids of all pages, one after the other."""
    ids, cursor = [], None
    while True:
        matches = find(sought, order, limit, cursor, backwards=backwards, bounds=bounds)
        assert len(matches.positions) <= limit
        ids += matches.ids
        if matches.came_to is None:
            return ids
        following = Cursor(order, matches.came_to, backwards=backwards)
        assert following != cursor, "the walk goes on"
        cursor = following


class PagesTest(TestCase):
    @given(
        seed=st.integers(0, 2**32),
        count=st.integers(0, 25),
        text=st.sampled_from(SEARCHES),
        order=st.sampled_from([*LISTED_ORDERS, BY_NUMBER]),
        limit=st.integers(1, 7),
        bounds=st.sampled_from(SMALL),
        backwards=st.booleans(),
    )
    @settings(max_examples=60, deadline=None)
    def test_all_pages_together_are_the_plain_filter(
        self, seed, count, text, order, limit, bounds, backwards
    ):
        make_tickets(seed, count)
        tickets = Ticket.objects.filtered({"search": text})
        expected = [ticket.pk for ticket in tickets.in_order(order, backwards=backwards)]
        if tickets.sought is None:  # nothing is asked of documents
            return
        assert walk(tickets.sought, order, limit, bounds, backwards=backwards) == expected

    @given(
        seed=st.integers(0, 2**32),
        text=st.sampled_from(SEARCHES),
        sort=st.sampled_from(list(Sort)),
        limit=st.integers(1, 7),
        filters=st.sampled_from([{}, {"status": ["open"]}, {"priority": ["high", "low"]}]),
    )
    @settings(max_examples=25, deadline=None)
    def test_the_way_there_and_back_has_every_ticket_once(self, seed, text, sort, limit, filters):
        make_tickets(seed, 20)
        tickets = Ticket.objects.filtered({"search": text, **filters})
        if tickets.sought is None or (sort == Sort.RELEVANCE and not tickets.sought.positive):
            return
        pages = [tickets.page(limit, sort=sort)]
        while pages[-1].older:
            pages.append(tickets.page(limit, pages[-1].older, sort))
        there = [row.pk for page in pages for row in page.rows]
        assert sorted(there) == sorted(tickets.values_list("pk", flat=True))
        back, page = [pages[-1]], pages[-1]
        while page.newer:
            page = tickets.page(limit, page.newer, sort)
            back.append(page)
        # The first page is whole, so it may repeat what the page before it in this walk had.
        assert {row.pk for page in back for row in page.rows} == set(there)

    @given(seed=st.integers(0, 2**32), text=st.sampled_from(SEARCHES))
    @settings(max_examples=15, deadline=None)
    def test_what_does_not_page_agrees_with_the_plain_filter(self, seed, text):
        make_tickets(seed, 20)
        tickets = Ticket.objects.filtered({"search": text})
        newest = [ticket.pk for ticket in tickets.newest_first()]
        counts = {}
        for status in tickets.values_list("status", flat=True):
            counts[status] = counts.get(status, 0) + 1
        if tickets.sought is None:
            return
        assert Ticket.objects.by_status({"search": text}, 100).counts == counts
        assert [row[0] for batch in tickets.exported(row_batch=3) for row in batch] == newest
        assert tickets.newer_than("", 100) == len(newest)
        step = tickets.step_below(None, 100)
        assert (step.ids, step.below) == (sorted(newest, reverse=True), None)
        assert {row.pk for row in tickets.newest_matches(100).tickets} == set(newest)
        if newest:
            first = Cursor.at(Ticket.including_spam.get(pk=newest[0]))
            following = tickets.without(newest[0]).nearest(first)
            assert following == (Ticket.objects.get(pk=newest[1]) if newest[1:] else None)


# --- bounds --------------------------------------------------------------------------------


def quarter(number):
    """Return a moment in the quarter that lies this many quarters back."""
    return datetime(2026 - number // 4, 11 - 3 * (number % 4), 15, tzinfo=UTC)


@pytest.mark.django_db
def test_a_word_of_old_tickets_is_found_without_reading_the_new_ones():
    old = TicketFactory(title="telex", created_at=quarter(20))
    for number in range(10):
        TicketFactory(created_at=quarter(number))
    sought = Ticket.objects.filtered({"search": "telex"}).sought
    matches = find(sought, ORDERS[Sort.NEWEST], 5, bounds=Bounds(first_rows=2, documents=1))
    assert (matches.ids, matches.came_to) == ([old.pk], None)


@pytest.mark.django_db
@pytest.mark.parametrize("is_newest_first", [True, False])
def test_a_quarter_with_too_many_is_read_from_where_they_begin(is_newest_first):
    """Its own list has many tickets before the first of them."""
    step = timedelta(minutes=-1 if is_newest_first else 1)
    for number in range(30):
        TicketFactory(created_at=quarter(3) + number * step)
    begin = quarter(3) + 60 * step
    moments = [begin + number * step for number in range(9)]
    telexes = [TicketFactory(title="telex", created_at=moment) for moment in moments]
    for number in range(3):
        TicketFactory(created_at=quarter(2 if is_newest_first else 4) + number * step)
    sought = Ticket.objects.filtered({"search": "telex"}).sought
    order = ORDERS[Sort.NEWEST if is_newest_first else Sort.OLDEST]
    bounds = Bounds(first_rows=2, more_rows=1, most_rows=1, documents=5)
    matches = find(sought, order, 1, bounds=bounds)
    assert matches.ids == [telexes[0].pk]


@pytest.mark.django_db
def test_a_search_that_takes_long_in_a_large_desk_stops_after_some_quarters():
    old = TicketFactory(title="telex", created_at=quarter(20))
    for number in range(10):
        TicketFactory(created_at=quarter(number))
    sought = Ticket.objects.filtered({"search": "telex"}).sought
    bounds = Bounds(first_rows=2, more_rows=1, covered=0, patience=timedelta())
    matches = find(sought, ORDERS[Sort.NEWEST], 1, bounds=bounds)
    assert matches.positions == []
    assert matches.came_to[0] == quarter(1)  # the row of the list behind the first quarter
    patient = replace(bounds, patience=timedelta(hours=1))
    assert find(sought, ORDERS[Sort.NEWEST], 1, bounds=patient).ids == [old.pk]
    small = replace(bounds, covered=1_000_000)
    assert find(sought, ORDERS[Sort.NEWEST], 1, bounds=small).ids == [old.pk]


@pytest.mark.django_db
def test_a_search_that_reached_its_bound_says_how_far_it_came():
    for number in range(12):
        TicketFactory(created_at=quarter(number))
    sought = Ticket.objects.filtered({"search": "-printer"}).sought
    matches = find(sought, ORDERS[Sort.NEWEST], 1, bounds=Bounds(first_rows=2, most_rows=7))
    assert matches.positions == []
    assert matches.came_to[0] == quarter(6)


@pytest.mark.django_db
def test_a_common_word_reads_as_few_rows_as_it_needs():
    for number in range(8):
        TicketFactory(created_at=quarter(number))
    sought = Ticket.objects.filtered({"search": "printer"}).sought
    matches = find(sought, ORDERS[Sort.NEWEST], 2, bounds=Bounds(documents=0, most_rows=0))
    assert [position[0] for position in matches.positions] == [quarter(0), quarter(1)]


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1850, 2500])
def test_tickets_of_odd_times_are_found(year):
    ticket = TicketFactory(title="telex", created_at=datetime(year, 5, 1, tzinfo=UTC))
    sought = Ticket.objects.filtered({"search": "telex"}).sought
    for sort in (Sort.NEWEST, Sort.OLDEST, Sort.URGENCY):
        assert find(sought, ORDERS[sort], 5, bounds=Bounds(first_rows=1)).ids == [ticket.pk]


@pytest.mark.django_db
def test_a_count_that_reached_its_bound_is_the_least_there_are():
    for number in range(6):
        TicketFactory(created_at=quarter(number))
    sought = Ticket.objects.filtered({"search": "printer"}).sought
    counted = lists.count_by_status(sought, 4)
    assert (counted.counts, counted.is_limited) == ({"open": 4}, True)
    assert lists.count_by_status(sought, 7) == StatusCounts({"open": 6}, is_limited=False)


# --- relevance -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_relevance_puts_the_title_first_and_then_the_newest():
    now = timezone.now()
    aside = TicketFactory(title="Help", description="A refund.", created_at=now)
    old = TicketFactory(title="Refund", description="Now.", created_at=now - timedelta(days=9))
    new = TicketFactory(title="Refund", description="Now.", created_at=now - timedelta(days=2))
    TicketFactory()
    tickets = Ticket.objects.filtered({"search": "refund"})
    assert tickets.page(5, sort=Sort.RELEVANCE).rows == [new, old, aside]
    assert not tickets.page(5, sort=Sort.RELEVANCE).is_partial


@pytest.mark.django_db
def test_tickets_that_arrive_do_not_move_the_pages_of_relevance():
    for day in range(4):
        TicketFactory(created_at=timezone.now() - timedelta(days=day + 1))
    tickets = Ticket.objects.filtered({"search": "printer"})
    first = tickets.page(2, sort=Sort.RELEVANCE)
    TicketFactory(title="printer printer", description="printer")
    second = tickets.page(2, first.older, Sort.RELEVANCE)
    assert len({*first.rows, *second.rows}) == 4


# --- plans ---------------------------------------------------------------------------------

FURTHER = ("kim@example.org", "from:example", "from:kim,lee", "#12 -kim", "50%", '"filler telex"')
FEW = Bounds(first_rows=50, more_rows=100, most_rows=200, documents=100, documents_to_sort=100)


@pytest.mark.django_db
@pytest.mark.parametrize("sort", [sort for sort in Sort if sort != Sort.RELEVANCE])
def test_no_search_scans_a_table(sort, django_assert_max_num_queries):
    fill(3000)
    rare = TicketFactory(title="telex", created_at=timezone.now() - timedelta(days=200))
    tables = "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)"
    names = ["tickets_ticket", "tickets_ticketdocument"]

    def rows_read_by_scans():
        with connection.cursor() as cursor:
            cursor.execute(tables, [names])
            return dict(cursor.fetchall())

    before = rows_read_by_scans()
    for text in ("telex", "-filler", "missing", "filler telex", "f", "telex status:open", *FURTHER):
        tickets = Ticket.objects.filtered({"search": text})
        with django_assert_max_num_queries(8):
            matches = find(tickets.sought, ORDERS[sort], 20, bounds=FEW)
        assert (rare.pk in matches.ids) or "telex" not in text or "filler" in text
    assert rows_read_by_scans() == before
