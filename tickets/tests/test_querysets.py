"""Search, pages, statistics, the audit trail and counters, asked of the database."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tickets.exceptions import InvalidInput, NotFound
from tickets.models import Counter, Ticket
from tickets.querysets import parse_search, read_cursor, write_cursor
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

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
FOUND = [
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
    ("GRÖSSE", set()),
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
    ("²", {"emoji"}),
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


def test_a_search_finds_what_it_says_and_nothing_else(texts):
    for search, expected in FOUND:
        found = {texts[ticket.pk] for ticket in Ticket.objects.search(search)}
        assert found == expected, search


def test_a_search_is_cut_into_words_phrases_and_exclusions():
    terms = parse_search('a -b "c d" -"e f" g-h "i')
    assert [(term.text, term.phrase, term.excluded) for term in terms] == [
        ("a", False, False),
        ("b", False, True),
        ("c d", True, False),
        ("e f", True, True),
        ("g-h", False, False),
        ("i", True, False),
    ]


def test_words_go_through_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "ticket_document" in Ticket.objects.search("invoice").explain()
    assert "ticket_document" in Ticket.objects.search('"is wrong"').explain()


def test_a_page_goes_through_the_index_of_its_filter():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = Ticket.objects.filtered({"status": ["open"]}).newest_first().explain()
    assert "ticket_status_newest" in plan


def test_a_cursor_comes_back_as_it_was_written():
    ticket = TicketFactory(created_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))
    assert read_cursor(write_cursor(ticket)) == (ticket.created_at, ticket.pk)


@pytest.mark.parametrize("cursor", ["", "x", "a:b:c", "a" * 500])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(InvalidInput) as caught:
        read_cursor(cursor)
    assert "cursor" in caught.value.errors


def test_the_last_page_has_no_next_one():
    first, second = TicketFactory(), TicketFactory()
    rows, cursor = Ticket.objects.all().page(2)
    assert (rows, cursor) == ([second, first], "")
    rows, cursor = Ticket.objects.all().page(1)
    assert rows == [second]
    assert Ticket.objects.all().page(1, cursor) == ([first], "")


def test_filters_that_are_empty_filter_nothing():
    TicketFactory()
    lists: dict[str, list[str]] = {
        name: [] for name in ["category", "priority", "status", "assignee"]
    }
    texts = dict.fromkeys(["search", "created_after", "created_before"], "")
    empty = {**lists, **texts}
    assert Ticket.objects.filtered(empty).count() == 1
    assert Ticket.objects.filtered({}).count() == 1


def test_a_ticket_is_found_or_it_is_not():
    ticket = TicketFactory()
    assert Ticket.objects.find(ticket.pk) == ticket
    for number in (ticket.pk + 1, 0, 2**63, 10**30):
        with pytest.raises(NotFound):
            Ticket.objects.find(number)


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


def test_the_audit_trail_tells_comments_and_changes_in_the_order_they_came():
    ticket = TicketFactory()
    comment = CommentFactory(ticket=ticket)
    Ticket.objects.update(priority="low")
    comment.body = "Changed."
    comment.save()
    comment.delete()
    assert [(entry.event, entry.changes) for entry in ticket.history()[1:]] == [
        ("comment created", {"body": (None, "We are looking into it."), "public": (None, False)}),
        ("changed", {"priority": ("medium", "low")}),
        ("comment changed", {"body": ("We are looking into it.", "Changed.")}),
        ("comment deleted", {}),
    ]


def test_the_audit_trail_takes_two_queries(django_assert_num_queries):
    ticket = TicketFactory()
    for number in range(10):
        CommentFactory(ticket=ticket)
        Ticket.objects.update(urgency_score=number, assignee=AgentFactory())
    with django_assert_num_queries(2):
        assert len(ticket.history()) == 21


def test_a_counter_lets_through_as_many_as_its_limit():
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
