"""Bad queries, at every address."""

import base64
import json

import pytest
from django.core import signing

from tickets.tests.factories import TicketFactory, UserFactory
from tickets.vocabulary import MAX_SEARCH_CHARS

from .client import (
    CLASSIFY,
    NEW,
    STATS,
    SUGGEST_TITLE,
    TICKETS,
    assert_problem,
    nothing_stored,
    one,
)

NO_TIMES = [
    *("x", "2026-13-01", "2026-02-30", "2025-02-29", "2026-01-01T25:00:00Z", "2026", "now"),
    *("2026-01-01T00:00:00+99:00", "0000-01-01", "9999-12-31T23:59:59-01:00", "1e400", "-1"),
    *("0001-01-01T00:00:00+01:00", "2026-01-01T00:00:60Z", "12026-01-01", "26-01-01", "9" * 500),
]
BAD = [
    *(("category", value) for value in ("Billing", "x", "billing;technical", "billing,x", "*")),
    *(("priority", value) for value in ("urgent", "1", "low,,x")),
    *(("status", value) for value in ("done", "'; DROP TABLE tickets_ticket; --", "open\x00")),
    *(("assignee", value) for value in ("nobody-here", "' OR 1=1 --", "me,\x00")),
    *(("search", value) for value in ("x" * (MAX_SEARCH_CHARS + 1), "x\x00y")),
    *(("created_after", value) for value in NO_TIMES),
    *(("created_before", value) for value in NO_TIMES),
]
BAD_PAGES = [
    *(("limit", value) for value in ("0", "-1", "501", str(10**18), "9" * 5000, "1.5", "x", "1e2")),
    *(("limit", value) for value in ("NaN", "0x10", "1; SELECT 1", "\x00")),
    *(("cursor", value) for value in ("x", "0", "x" * 301, "a:b:c", "'", "\x00", "../../x", "=")),
]


@pytest.mark.parametrize(("name", "value"), [*BAD, *BAD_PAGES])
def test_a_bad_value_in_the_list_is_named(agent, ticket, name, value):
    with nothing_stored():
        response = agent.get(TICKETS, query_params={name: value})
    assert_problem(response, 400, "validation_error", name)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_in_the_statistics_is_named(agent, ticket, name, value):
    response = agent.get(STATS, query_params={name: value})
    assert_problem(response, 400, "validation_error", name)


def test_the_filter_accepts_a_user_who_is_not_an_agent(agent):
    UserFactory(username="was-an-agent-once")
    response = agent.get(TICKETS, query_params={"assignee": "was-an-agent-once"})
    assert response.json() == []


def test_a_cursor_that_was_tampered_with_is_refused(agent):
    for _ in range(2):
        TicketFactory()
    link = agent.get(TICKETS, query_params={"limit": 1})["Link"]
    cursor = link.partition("cursor=")[2].partition(">")[0].replace("%3D", "=").replace("%3A", ":")
    payload, _, signature = cursor.partition(":")
    forged = base64.urlsafe_b64encode(json.dumps(["2026-01-01T00:00:00+00:00", 1]).encode())
    foreign = signing.dumps(["2026-01-01T00:00:00+00:00", 1], salt="something else")
    for bad in (f"{forged.decode()}:{signature}", f"{payload}x:{signature}", cursor[:-1], foreign):
        response = agent.get(TICKETS, query_params={"cursor": bad})
        assert_problem(response, 400, "validation_error", "cursor")


@pytest.mark.parametrize("name", ["limit", "cursor", "search", "created_after", "created_before"])
def test_a_parameter_that_takes_one_value_may_not_repeat(agent, name):
    response = agent.get(TICKETS, query_params={name: ["1", "1"]})
    assert_problem(response, 400, "validation_error", name)


UNKNOWN = [
    "page",
    "offset",
    "Limit",
    "q",
    "format",
    "sort",
    "_",
    "",
    "categories",
    "id",
    "x" * 2000,
]


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_parameter_is_named(agent, name):
    response = agent.get(TICKETS, query_params={name: "1"})
    assert_problem(response, 400, "validation_error", name)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", TICKETS), ("POST", CLASSIFY), ("POST", SUGGEST_TITLE), ("GET", STATS)),
        *(("GET", "{one}"), ("PATCH", "{one}"), ("PUT", "{one}"), ("DELETE", "{one}")),
        *(("GET", "{one}history/"), ("GET", "{one}comments/"), ("POST", "{one}comments/")),
        *(("GET", "/api/openapi.json"), ("GET", "/api/docs/"), ("GET", "/healthz")),
        *(("GET", "/readyz"), ("GET", "/metrics")),
    ],
)
def test_every_address_refuses_unknown_parameters(admin, ticket, method, path):
    path = path.format(one=one(ticket.pk))
    with nothing_stored():
        response = admin.send(method, f"{path}?fields=id&limit=5", NEW)
    assert_problem(response, 400, "validation_error", "fields", "limit")


@pytest.mark.parametrize("raw", ["search=%ff", "search=%c0%af", "search=%ed%a0%80", "search=a%80b"])
def test_a_query_that_is_not_utf8_is_refused(agent, raw):
    assert_problem(agent.get(f"{TICKETS}?{raw}"), 400, "validation_error", "search")


@pytest.mark.parametrize(
    "query",
    ["category=", "limit=", "cursor=", "search=", "created_after=", "&&", "assignee=,"],
)
def test_an_empty_value_is_not_a_filter(agent, ticket, query):
    assert len(agent.get(f"{TICKETS}?{query}").json()) == 1


def test_a_thousand_parameters_are_too_many(agent):
    query = "&".join(f"x{n}=1" for n in range(1001))
    response = agent.get(f"{TICKETS}?{query}")
    assert_problem(response, 400, "validation_error")


SEARCHES = [
    *("%", "_", "\\", "'", '"', '""', "-", "--", "- -", '-"', "a'b", "100%", "a_b", ":*", "a:*b"),
    *("& | ! ( )", "<->", "a <-> b", "'; DROP TABLE tickets_ticket; --", "\\'", "a" * 200),
    *(
        "²",
        "-²",
        "ß",
        "中文",
        "🎉",
        "\u200b",
        "\u0301",
        "٣",
        "a\tb\nc",
        "NOT",
        "(",
        "*",
        "$1",
        "%s",
    ),
]


@pytest.mark.parametrize("text", SEARCHES)
def test_no_search_is_an_error(agent, ticket, text):
    for path in (TICKETS, STATS):
        assert agent.get(path, query_params={"search": text}).status_code == 200
