"""The list as CSV."""

import csv
import io
import tracemalloc
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.pages.spreadsheet import COLUMNS, escape_formula
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.timing import takes_linear_time
from tickets.vocabulary import Separator

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


def test_the_separator_can_be_chosen(agent):
    TicketFactory(title="a;b", description="c,d")
    text = b"".join(agent.get(EXPORT, {"separator": "semicolon"})).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert header == list(COLUMNS)
    assert row[1:3] == ["a;b", "c,d"]


@pytest.mark.parametrize(("separator", "character"), [("comma", ","), ("semicolon", ";")])
def test_a_line_can_tell_spreadsheets_the_separator(agent, ticket, separator, character):
    query = {"separator": separator, "sep_line": "true"}
    content = b"".join(agent.get(EXPORT, query))
    first, header, _ = content.decode("utf-8-sig").split("\r\n", 2)
    assert (first, header) == (f"sep={character}", character.join(COLUMNS))
    assert content.startswith(b"\xef\xbb\xbfsep=")


@pytest.mark.parametrize(
    ("zone", "moment", "local"),
    [
        ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30:00"),
        ("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04 01:00:00"),
        ("Asia/Kolkata", "2026-01-01T18:30:00Z", "2026-01-02 00:00:00"),
    ],
)
def test_local_times_stand_beside_utc(agent, settings, zone, moment, local):
    settings.TIME_ZONE = zone
    TicketFactory(created_at=datetime.fromisoformat(moment))
    [row] = rows(agent.get(EXPORT, {"local_times": "true"}))
    assert row["created_at"] == moment
    assert {name: value for name, value in row.items() if "(" in name} == {
        f"created_at ({zone})": local,
        f"updated_at ({zone})": local,
        f"first_response_at ({zone})": "",
        f"resolved_at ({zone})": "",
        f"waiting_since ({zone})": local,
        f"last_activity_at ({zone})": local,
        f"snoozed_until ({zone})": "",
    }


@pytest.mark.parametrize("query", [{"separator": "tab"}, {"sep_line": "1"}, {"local_times": "x"}])
def test_an_unknown_layout_is_refused(agent, ticket, query):
    assert agent.get(EXPORT, query).status_code == 400


def test_a_file_with_semicolons_hides_no_formula_behind_commas():
    assert escape_formula("a,=1", Separator.SEMICOLON) == "a,'=1"
    assert escape_formula("a,=1", Separator.COMMA) == "a,=1"


def test_the_day_of_the_file_is_the_desks(agent, ticket, settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"
    day = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    assert f'"tickets-{day}.csv"' in agent.get(EXPORT)["Content-Disposition"]


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


@pytest.mark.parametrize("separator", Separator)
@pytest.mark.parametrize("part", ["\n", "\n ", ";", "; ", "\"'", ",\t", "\n=", "\u3000", "=+-@"])
def test_hostile_text_takes_linear_time(part, separator):
    assert takes_linear_time(lambda text: escape_formula(text, separator), part)


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


def test_statements_may_take_longer_than_those_of_other_requests(agent, monkeypatch):
    TicketFactory()
    monkeypatch.setattr(connections["default"], "answer_seconds", 4.5)  # as in the web server
    for path, longer in [
        (EXPORT, True),
        ("/dashboard/triage/", True),
        ("/tickets/?sort=newest", False),
    ]:
        with CaptureQueriesContext(connection) as statements:
            response = agent.get(path)
            assert response.status_code == 200, path
            b"".join(response)
        limits = [query["sql"] for query in statements if "statement_timeout" in query["sql"]]
        assert bool(limits) is longer, path
        assert all("60000" in limit for limit in limits)
