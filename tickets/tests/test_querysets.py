"""Search, pages, statistics and counters, on a real database."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tickets.exceptions import NotFound
from tickets.models.housekeeping import Counter
from tickets.models.ticket import Ticket
from tickets.querysets.cursors import read_cursor
from tickets.querysets.pages import Page
from tickets.querysets.search.grammar import parse_search
from tickets.tests.factories import AgentFactory, TicketFactory

pytestmark = pytest.mark.django_db

TEXTS = {
    "invoice": ("Invoice INV-2047 is wrong", "You charged 100% too much. Mail me: ada@example.org"),
    "login": ("Can't log in", "The log_in page says error_code=E42 (see C:\\temp\\x.txt)."),
    "German": ("Größe ändern", "Die Überweisung wurde zurückgebucht, ÄRGERLICH!"),
    "French": ("Café fermé", "L'élève n'a pas accès à l'œuvre."),
    "Chinese": ("无法登录", "我的账户无法登录,请帮忙。"),
    "Japanese": ("請求書の間違い", "二重に請求されました。"),
    "Arabic": ("الفاتورة خاطئة", "تم خصم المبلغ مرتين"),
    "Hebrew": ("שגיאה בכניסה", "לא מצליח להתחבר"),
    "emoji": ("🔥 Printer", "It burns 🔥🔥 ² and x² too"),
}
EXPECTED = [
    ("invoice", {"invoice"}),
    ("INVOICE", {"invoice"}),
    ("invo", {"invoice"}),
    ("voice", set()),
    ("INV-2047", {"invoice"}),
    ("inv-20", {"invoice"}),
    ("2047", {"invoice"}),
    ("100%", {"invoice"}),
    ("10%", set()),
    ("%", {"invoice"}),
    ("ada@example.org", {"invoice"}),
    ("example", {"invoice"}),
    ("log_in", {"login"}),
    ("log in", {"login"}),
    ("logXin", set()),
    ("_", {"login"}),
    ("error_code=E42", {"login"}),
    ("C:\\temp", {"login"}),
    ("\\", {"login"}),
    ("can't", {"login"}),
    ('"log in"', {"login"}),
    ('"in log"', set()),
    ('"is wrong"', {"invoice"}),
    ('"is wro"', set()),
    ('"wrong is"', set()),
    ('"is wrong', {"invoice"}),
    ("größe", {"German"}),
    ("GRÖSSE", {"German"}),
    ("GRÖ", {"German"}),
    ("überw", {"German"}),
    ("ärgerlich", {"German"}),
    ("café", {"French"}),
    ("élève", {"French"}),
    ("œuv", {"French"}),
    ("无法登录", {"Chinese"}),
    ("无法", {"Chinese"}),
    ("請求", {"Japanese"}),
    ("الفاتورة", {"Arabic"}),
    ("שגיאה", {"Hebrew"}),
    ("🔥", {"emoji"}),
    ("²", {"invoice", "emoji"}),  # as 2
    ("printer burns", {"emoji"}),
    ("printer nothing", set()),
    ("-invoice -log -printer -größe -café", {"Chinese", "Japanese", "Arabic", "Hebrew"}),
    ("log -in", set()),
    ("log -page", set()),
    ("log -invoice", {"login"}),
    ('is -"is wrong"', set()),
    ("-²  burns", set()),
    ("-✗ burns", {"emoji"}),
    ("", set(TEXTS)),
    ('"', set(TEXTS)),
    ('""', set(TEXTS)),
]


@pytest.fixture
def texts():
    return {
        TicketFactory(title=title, description=description).pk: name
        for name, (title, description) in TEXTS.items()
    }


def test_a_search_finds_exactly_what_it_names(texts):
    for search, expected in EXPECTED:
        matches = {texts[ticket.pk] for ticket in Ticket.objects.search(search)}
        assert matches == expected, search


def test_a_search_is_split_into_words_phrases_and_exclusions():
    terms = parse_search('a -b "c d" -"e f" g-h "i')
    assert [(term.text, term.phrase, term.excluded) for term in terms] == [
        ("a", False, False),
        ("b", False, True),
        ("c d", True, False),
        ("e f", True, True),
        ("g-h", False, False),
        ("i", True, False),
    ]


def test_a_page_uses_the_index_of_its_filter():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = Ticket.objects.filtered({"status": ["open"]}).newest_first().explain()
    assert "ticket_status_counted" in plan


def test_the_last_page_has_no_older_and_the_first_no_newer_page():
    first, second = TicketFactory(), TicketFactory()
    assert Ticket.objects.page(2) == Page([second, first], older="", newer="")
    newest = Ticket.objects.page(1)
    assert (newest.rows, newest.newer) == ([second], "")
    oldest = Ticket.objects.page(1, newest.older)
    assert (oldest.rows, oldest.older) == ([first], "")
    again = Ticket.objects.page(1, oldest.newer)
    assert (again.rows, again.newer) == (newest.rows, newest.newer)
    # Each cursor is signed with the second in which it was written.
    assert read_cursor(again.older) == read_cursor(newest.older)


def all_pages(limit):
    """Return every page, from the newest to the oldest."""
    pages = [Ticket.objects.page(limit)]
    while pages[-1].older:
        pages.append(Ticket.objects.page(limit, pages[-1].older))
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7])
def test_going_back_shows_the_rows_that_were_there(limit):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    # Several share a moment, so that the cursors have to tell them apart by number.
    for n in range(13):
        TicketFactory(created_at=moment + timedelta(hours=n // 3))
    forward = [page.rows for page in all_pages(limit)]
    page, back = all_pages(limit)[-1], []
    TicketFactory()
    while page.newer:
        page = Ticket.objects.page(limit, page.newer)
        back.append(page.rows)
    # All but the newest page, which by now holds what has arrived since.
    assert back[: len(forward) - 2] == forward[-2:0:-1]
    # None is left out, and the last page back is the newest.
    assert {ticket for rows in [*back, forward[-1]] for ticket in rows} == set(Ticket.objects.all())
    assert back[-1] == Ticket.objects.page(limit).rows


def test_a_page_back_that_would_be_short_is_the_newest_page():
    tickets = [TicketFactory() for _ in range(7)][::-1]
    second = Ticket.objects.page(3, Ticket.objects.page(3).older)
    tickets[0].delete()
    back = Ticket.objects.page(3, second.newer)
    assert back.rows == tickets[1:4]
    assert back.newer == ""
    assert Ticket.objects.page(3, back.older).rows == tickets[4:7]


@pytest.mark.parametrize("row_batch", [1, 2, 3, 20])
@pytest.mark.parametrize("id_batch", [1, 2, 4, 13, 20])
def test_batches_hold_each_ticket_once_while_tickets_come_and_go(row_batch, id_batch):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [TicketFactory(created_at=moment + timedelta(hours=n // 3)).pk for n in range(13)]
    TicketFactory(category="billing")
    seen = []
    queryset = Ticket.objects.filtered({"category": ["general"]})
    for batch in queryset.exported(None, row_batch, id_batch):
        seen += [row[0] for row in batch]
        assert len(batch) <= row_batch
        TicketFactory()
        Ticket.objects.filter(pk=ids[0]).delete()
    assert seen in (ids[::-1], ids[:0:-1])


def test_an_empty_page_leads_back():
    old, new = TicketFactory(), TicketFactory()
    older = Ticket.objects.page(1).older
    old.delete()
    empty = Ticket.objects.page(1, older)
    assert (empty.rows, empty.older) == ([], "")
    assert Ticket.objects.page(1, empty.newer).rows == [new]


def test_empty_filters_filter_nothing():
    TicketFactory()
    lists: dict[str, list[str]] = {
        name: [] for name in ["category", "priority", "status", "assignee"]
    }
    texts = dict.fromkeys(["search", "created_after", "created_before"], "")
    empty = {**lists, **texts}
    assert Ticket.objects.filtered(empty).count() == 1
    assert Ticket.objects.filtered({}).count() == 1


def test_a_missing_ticket_raises_not_found():
    ticket = TicketFactory()
    assert Ticket.including_spam.find(ticket.pk) == ticket
    for number in (ticket.pk + 1, 0, 2**63, 10**30):
        with pytest.raises(NotFound):
            Ticket.including_spam.find(number)


def test_statistics_take_two_queries(django_assert_num_queries):
    for _ in range(10):
        TicketFactory(assignee=AgentFactory())
    with django_assert_num_queries(2):
        assert Ticket.objects.stats()["total_tickets"] == 10


def test_each_status_is_counted():
    TicketFactory()
    TicketFactory(status="closed")
    TicketFactory(status="closed")
    assert Ticket.objects.counts_by_status() == {"open": 1, "closed": 2}


def test_a_counter_allows_as_many_hits_as_its_limit():
    year = 365 * 24 * 3600
    assert [Counter.objects.hit("x", limit=2, seconds=year) > 0 for _ in range(4)] == [
        *(False, False),
        *(True, True),
    ]
    assert Counter.objects.hit("y", limit=2, seconds=year) == 0


def test_a_counter_says_when_its_window_ends():
    Counter.objects.hit("x", limit=0, seconds=60)
    wait = Counter.objects.hit("x", limit=0, seconds=60)
    assert 0 < wait <= 61


def test_a_counter_begins_again_with_the_next_window():
    assert Counter.objects.hit("x", limit=1, seconds=1) == 0
    time.sleep(1.1)
    assert Counter.objects.hit("x", limit=1, seconds=1) == 0
    assert Counter.objects.count() == 1


def test_counters_whose_window_has_ended_are_purged():
    Counter.objects.hit("now", limit=1, seconds=3600)
    Counter.objects.hit("then", limit=1, seconds=3600)
    Counter.objects.filter(name="then").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Counter.objects.purge() == 1
    assert Counter.objects.get().name == "now"
