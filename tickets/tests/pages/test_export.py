"""The list as CSV."""

import csv
import io
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.pages.spreadsheet import COLUMNS, escape_formula
from tickets.tests.factories import AgentFactory, TicketFactory

EXPORT = "/tickets/export.csv"


def rows(response):
    assert response.status_code == 200, response.content
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_row_has_every_column_of_a_ticket(agent):
    moment = datetime(2026, 3, 29, 12, 30, 5, 123456, tzinfo=UTC)
    ticket = TicketFactory(
        title='Größe, "quoted" 🔥',
        description="One line;\nanother,\nlast",
        requester_email="kim@example.org",
        assignee=AgentFactory(username="hanna"),
        category="billing",
        created_at=moment,
        updated_at=moment,
        first_response_at=moment + timedelta(minutes=5),
    )
    [row] = rows(agent.get(EXPORT))
    assert row == {
        "id": str(ticket.pk),
        "title": 'Größe, "quoted" 🔥',
        "description": "One line;\nanother,\nlast",
        "category": "billing",
        "priority": "medium",
        "status": "open",
        "sentiment": "neutral",
        "urgency_score": "50",
        "requester_email": "kim@example.org",
        "assignee": "hanna",
        "created_at": "2026-03-29T12:30:05Z",
        "updated_at": "2026-03-29T12:30:05Z",
        "first_response_at": "2026-03-29T12:35:05Z",
        "resolved_at": "",
        "url": f"http://testserver/tickets/{ticket.pk}/",
        "waiting_for": "us",
        "waiting_since": "2026-03-29T12:30:05Z",
        "last_activity_at": "2026-03-29T12:30:05Z",
        "snoozed_until": "",
    }


def test_it_is_a_dated_file_that_caches_do_not_store(agent, ticket):
    response = agent.get(EXPORT)
    day = timezone.now().strftime("%Y-%m-%d")
    assert response["Content-Disposition"] == f'attachment; filename="tickets-{day}.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    assert b"".join(response).startswith(b"\xef\xbb\xbfid,title,")


def test_it_has_the_filters_and_order_of_the_list(agent):
    tickets = [TicketFactory(category="billing") for _ in range(3)]
    TicketFactory()
    TicketFactory(category="billing", status="closed")
    exported = rows(agent.get(EXPORT, {"category": "billing", "search": "status:open"}))
    assert [row["id"] for row in exported] == [str(ticket.pk) for ticket in reversed(tickets)]


def test_an_empty_table_names_its_columns(agent):
    assert b"".join(agent.get(EXPORT)).decode("utf-8-sig").strip() == ",".join(COLUMNS)


@pytest.mark.parametrize("query", ["status=lost", "search=%00", "assignee=nobody-here"])
def test_an_invalid_filter_is_refused(agent, query):
    assert agent.get(f"{EXPORT}?{query}").status_code == 400


FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u200b=1"),
    *(
        '"=1',
        "'=1",
        '" =1',
        "\ufeff=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        "\ufe661",
        "“=1",
        "-cmd|'/C calc'!A0",
    ),
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_escaped(text):
    assert escape_formula(text).startswith("'")
    assert escape_formula(text).endswith(text[-1])


@pytest.mark.parametrize("text", ["a;=1+1", "a\t=1", "a\n=1", 'a;"=1', "a; @x", "a\n-1"])
def test_a_formula_behind_another_separator_is_escaped(text):
    assert "'" in escape_formula(text).removeprefix(text[0])


@pytest.mark.parametrize(
    "text",
    [
        *("", "Hello", "a = b", "a-b", "1 + 1", "a@b.org", "It's", "“Quoted” - and more", "(x)"),
        *("First:\n- one\n- two", "x; y", "Größe=5", "…", "🔥 =", "日本語"),
    ],
)
def test_plain_text_is_unchanged(text):
    assert escape_formula(text) == text


def test_no_cell_starts_a_formula(agent):
    for text in FORMULAS:
        TicketFactory(title=f"x{text}".strip()[1:].strip() or "x", description=text + "x")
    TicketFactory(requester_email="=cmd@example.org", assignee=AgentFactory(username="@kim"))
    for row in rows(agent.get(EXPORT)):
        for value in row.values():
            assert not value or value[0] not in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20", row
    assert {row["assignee"] for row in rows(agent.get(EXPORT))} == {"", "'@kim"}


def test_it_streams_in_chunks_with_little_memory(agent):
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(title="x", description="word " * 1500, created_at=now - timedelta(seconds=n))
        for n in range(3000)
    )
    with CaptureQueriesContext(connection) as queries:
        response = agent.get(EXPORT)
        queries_before = count_ticket_queries(queries)
        tracemalloc.start()
        chunk_sizes = [len(chunk) for chunk in response]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert queries_before == 2
    assert count_ticket_queries(queries) == 1 + 3000 // 500
    assert len(chunk_sizes) == 3000 // 500
    assert peak < sum(chunk_sizes)


def count_ticket_queries(queries):
    return len([query for query in queries if "tickets_ticket" in query["sql"]])
