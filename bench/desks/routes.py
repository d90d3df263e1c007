"""What is measured: for each route the requests of every desk, and what the right answer is."""

from __future__ import annotations

import base64
import html
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg

from bench.load.languages import APART, COMMON, OLD, RARE

from .client import Answer, Request, send
from .data import LISTED

PAGE = 20
TICKETS = 50  # different ones that a route asks for
SEARCHES = {"rare": RARE, "common": COMMON, "old": OLD, "apart": " ".join(APART)}
NEW = {"category": "billing", "priority": "high"}
TEXT = (
    "I was charged twice for the same order this month. The second charge came three days after"
    " the first one. Please refund it, and tell me how to avoid this the next time."
)
CHECKED_PAGES = 40  # that a search may need until its first row

Check = Callable[["Facts", int, Any, Request, Answer], None]


class WrongAnswer(Exception):
    """A desk did not answer what plain SQL says."""


@dataclass(frozen=True)
class Facts:
    """What the routes need to know of the tickets, from plain SQL on our own table."""

    database: psycopg.Connection
    total: int
    some: list[int]  # ids of listed tickets
    active: list[int]
    deep: list[int]  # how many newer tickets the deep pages skip
    deep_paths: list[str]  # of our own API
    helpdesk: dict[str, Any]
    answers: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, which may scan the table: each is run once."""
        if query not in self.answers:
            self.answers[query] = self.database.execute(query).fetchall()
        return self.answers[query]

    def ids(self, where: str, offset: int = 0, limit: int = PAGE) -> list[int]:
        rows = self.rows(
            f"SELECT id FROM tickets_ticket WHERE {LISTED} AND {where}"
            f" ORDER BY created_at DESC, id DESC OFFSET {offset} LIMIT {limit}"
        )
        return [row[0] for row in rows]

    def counts(self, column: str, where: str = "true") -> dict[str, int]:
        return dict(
            self.rows(
                f"SELECT {column}, count(*) FROM tickets_ticket WHERE {LISTED} AND {where}"
                " GROUP BY 1"
            )
        )


@dataclass(frozen=True)
class Route:
    """`usual` and `helpdesk` are None if they have no such route; the limit has if `limited`."""

    name: str
    title: str
    ours: Sequence[Request]
    check: Check
    usual: Sequence[Request] | None = None
    helpdesk: Sequence[Request] | None = None
    limited: bool = False
    writes: bool = False
    where: str = "true"
    texts: tuple[str, ...] = field(default=())

    def requests(self, desk: str) -> Sequence[Request] | None:
        return {
            "ours": self.ours,
            "usual": self.usual,
            "helpdesk": self.helpdesk,
            "limit": self.ours if self.limited else None,
        }[desk]


def learn_facts(database: psycopg.Connection, helpdesk: dict[str, Any]) -> Facts:
    rng = random.Random(13)
    database.execute("SET jit = off")

    def column(query: str) -> list[int]:
        return [row[0] for row in database.execute(query).fetchall()]

    (total,) = column(f"SELECT count(*) FROM tickets_ticket WHERE {LISTED}")
    newest = column(
        f"SELECT id FROM tickets_ticket WHERE {LISTED} AND id <= (SELECT max(id) FROM"
        " tickets_ticket) ORDER BY id DESC LIMIT 5000"
    )
    active = column(
        f"SELECT id FROM tickets_ticket WHERE {LISTED} AND status IN ('open', 'in_progress')"
        " ORDER BY id DESC LIMIT 400"
    )
    steps = [total // 2 // PAGE + number for number in range(20)]
    deep = [step * PAGE for step in steps if step * PAGE + PAGE <= total]
    return Facts(database, total, rng.sample(newest, TICKETS), active, deep, [], helpdesk)


def make_routes(facts: Facts) -> list[Route]:
    """Return the routes that read, then those that write."""
    return [*_lists(facts), *_searches(facts), *_figures(), *_pages(facts), *_writes(facts)]


def get(path: str, **headers: str) -> Request:
    return Request("GET", path, headers)


def _lists(facts: Facts) -> list[Route]:
    two = "status=resolved&category=billing"
    deep = [get(f"/api/tickets/?page={skipped // PAGE + 1}") for skipped in facts.deep]
    return [
        Route(
            *("list", "list, 20 rows"),
            [get(f"/api/tickets/?limit={PAGE}")],
            check_rows,
            [get("/api/tickets/?page=1")],
            [helpdesk_list(facts, "")],
            limited=True,
        ),
        Route(
            *("filters", "two filters"),
            [get(f"/api/tickets/?{two}&limit={PAGE}")],
            check_rows,
            [get(f"/api/tickets/?{two}")],
            limited=True,
            where="status = 'resolved' AND category = 'billing'",
        ),
        Route(
            *("deep", "deep page"),
            [get(path) for path in facts.deep_paths],
            check_deep,
            deep,
            limited=True,
        ),
    ]


def _searches(facts: Facts) -> list[Route]:
    titles = {
        "rare": "search, rare word",
        "common": "search, common word",
        "old": "search, common but old",
        "apart": "search, never together",
    }
    routes = []
    for name, text in SEARCHES.items():
        query = text.replace(" ", "+")
        parts = text.split()
        where = " AND ".join(f"(title || ' ' || description) ILIKE '%{part}%'" for part in parts)
        routes.append(
            Route(
                *(name, titles[name]),
                [get(f"/api/tickets/?search={query}&limit={PAGE}")],
                check_search,
                [get(f"/api/tickets/?search={query}")],
                [helpdesk_list(facts, text)] if name in ("rare", "common") else None,
                limited=True,
                where=where,
                texts=tuple(parts),
            )
        )
    return routes


def _figures() -> list[Route]:
    return [
        Route(
            *("stats", "statistics"),
            [get("/api/tickets/stats/")],
            check_stats,
            [get("/api/tickets/stats/")],
            limited=True,
        ),
        Route(
            *("stats_filter", "statistics, one filter"),
            [get("/api/tickets/stats/?category=billing")],
            check_stats,
            [get("/api/tickets/stats/?category=billing")],
            limited=True,
            where="category = 'billing'",
        ),
    ]


def _pages(facts: Facts) -> list[Route]:
    tickets = [get(f"/api/tickets/{ticket}/") for ticket in facts.some]
    tabs = {"HX-Request": "true", "HX-Target": "tabs"}
    return [
        Route(*("ticket", "one ticket"), tickets, check_ticket, tickets, limited=True),
        Route(*("list_page", "agents' list page"), [get("/tickets/?sort=newest")], check_list_page),
        Route(
            *("list_filter", "agents' list page, one filter"),
            [get("/tickets/?category=billing&sort=newest")],
            check_list_page,
            where="category = 'billing'",
        ),
        Route(*("tabs", "tab counts"), [Request("GET", "/tickets/?sort=newest", tabs)], check_tabs),
        Route(
            *("ticket_page", "ticket page"),
            [get(f"/tickets/{ticket}/") for ticket in facts.some],
            check_ticket_page,
        ),
        Route(
            *("dashboard", "dashboard, all time"),
            [get("/dashboard/?days=0")],
            check_dashboard,
            helpdesk=[Request("GET", "/dashboard/", helpdesk_headers(facts))],
        ),
        Route(
            *("triage", "triage report, all time"), [get("/dashboard/triage/?days=0")], check_page
        ),
    ]


def _writes(facts: Facts) -> list[Route]:
    def changes(column: str, *values: str) -> list[Request]:
        return [
            Request("PATCH", f"/api/tickets/{ticket}/", {}, json.dumps({column: value}))
            for value in values
            for ticket in facts.active
        ]

    status = changes("status", "in_progress", "open")
    priority = changes("priority", "low", "high")
    new = [
        Request("POST", "/api/tickets/", {}, json.dumps(_new_ticket(number)))
        for number in range(500)
    ]
    theirs = [
        Request(
            "POST",
            "/api/tickets/",
            helpdesk_headers(facts),
            json.dumps(
                {
                    "queue": facts.helpdesk.get("queue", 1),
                    "title": f"Charged twice {number}",
                    "description": TEXT,
                    "priority": 2,
                    "submitter_email": "lena@example.org",
                }
            ),
        )
        for number in range(500)
    ]
    return [
        Route("status", "change status", status, check_change, status, limited=True, writes=True),
        Route("priority", "change priority", priority, check_change, priority, writes=True),
        Route(
            *("create", "create, category and priority given"),
            *(new, check_create, new, theirs),
            limited=True,
            writes=True,
        ),
    ]


def _new_ticket(number: int) -> dict[str, str]:
    return {"title": f"Charged twice {number}", "description": TEXT, **NEW}


def helpdesk_headers(facts: Facts) -> dict[str, str]:
    token = "a" * 32
    session = facts.helpdesk.get("session", "")
    return {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}


def helpdesk_list(facts: Facts, search: str) -> Request:
    """Return what the page of an agent asks for: a page of a list, newest first."""
    query = {"filtering": {}, "sorting": "created", "sortreverse": True, "search_string": search}
    encoded = base64.b64encode(json.dumps(query).encode()).decode()
    path = f"/datatables_ticket_list/{encoded}?draw=1&start=0&length={PAGE}"
    return Request("GET", path, helpdesk_headers(facts))


# --- checks -----------------------------------------------------------------------------------


def expect(right: object, answered: object, what: str) -> None:
    if right != answered:
        raise WrongAnswer(f"{what}: {str(answered)[:300]} instead of {str(right)[:300]}")


def ids_of(answer: Answer) -> list[int]:
    """Return the ids of a page: ours is a list, the peers' are under a key."""
    body = answer.json()
    rows: Any = body
    if isinstance(body, dict):
        rows = body.get("results", body.get("data"))
    return [row["id"] for row in cast(list[dict[str, Any]], rows)]


def check_rows(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(facts.ids(route.where), ids_of(answer), request.path)


def check_deep(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    requests = route.ours if request in route.ours else route.usual
    expect(facts.ids("true", facts.deep[requests.index(request)]), ids_of(answer), request.path)


def check_search(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    """A page may be short if it leads to the next one: together they have the right rows."""
    ids = ids_of(answer)
    for _ in range(CHECKED_PAGES):
        path = next_path(answer, port)
        if path is None or len(ids) >= PAGE:
            break
        answer = send(port, get(path))
        expect(200, answer.status, path)
        ids += ids_of(answer)
    expect(facts.ids(route.where), ids[:PAGE], request.path)


def next_path(answer: Answer, port: int) -> str | None:
    following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link") or "")
    return following[1].removeprefix(f"http://127.0.0.1:{port}") if following else None


def seconds_until_row(port: int, request: Request) -> float:
    """Follow the pages of a search. Return the seconds until one has a row, or is the last."""
    started = time.perf_counter()
    for _ in range(CHECKED_PAGES):
        answer = send(port, request)
        path = next_path(answer, port)
        if path is None or ids_of(answer):
            break
        request = get(path)
    return time.perf_counter() - started


def check_stats(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    stats = cast(dict[str, Any], answer.json())
    for column in ("status", "priority", "category"):
        counts = {name: count for name, count in stats[f"{column}_breakdown"].items() if count}
        expect(facts.counts(column, route.where), counts, f"{request.path}, {column}")
    expect(sum(facts.counts("status", route.where).values()), stats["total_tickets"], "total")


def check_ticket(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    (row,) = _rows(facts, request, "title, description, status, category")
    ticket = cast(dict[str, Any], answer.json())
    expect(row, tuple(ticket[name] for name in ("title", "description", "status", "category")), "")


def _rows(facts: Facts, request: Request, columns: str) -> list[tuple[Any, ...]]:
    (number,) = (part for part in request.path.split("/") if part.isdigit())
    query = f"SELECT {columns} FROM tickets_ticket WHERE id = {number}"
    return facts.database.execute(query).fetchall()


def check_page(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(True, answer.body.rstrip().endswith(b"</html>"), f"{request.path} is a whole page")


def check_list_page(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    check_page(facts, port, route, request, answer)
    text = answer.body.decode()
    missing = [ticket for ticket in facts.ids(route.where) if f'"/tickets/{ticket}/"' not in text]
    expect([], missing, f"{request.path} has the newest tickets")


def check_ticket_page(
    facts: Facts, port: int, route: Any, request: Request, answer: Answer
) -> None:
    check_page(facts, port, route, request, answer)
    ((title,),) = _rows(facts, request, "title")
    expect(True, title in html.unescape(answer.body.decode()), f"{request.path} has its title")


def check_tabs(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    text = re.sub(r"[,.\s]", "", answer.body.decode())
    for status, count in facts.counts("status").items():
        if count < 10_000:
            expect(True, str(count) in text, f"the tab of {status} says {count}")


def check_dashboard(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(200, answer.status, request.path)
    if request in route.ours:
        text = re.sub(r"[,.\s]", "", answer.body.decode())
        expect(True, str(sum(facts.counts("status").values())) in text, "the dashboard's total")


def check_change(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    ((column, value),) = json.loads(request.body or "").items()
    expect(value, cast(dict[str, Any], answer.json())[column], request.path)
    again = send(port, get(request.path))
    expect(value, cast(dict[str, Any], again.json())[column], f"{request.path}, read again")


def check_create(facts: Facts, port: int, route: Any, request: Request, answer: Answer) -> None:
    expect(201, answer.status, request.path)
    ticket = cast(dict[str, Any], answer.json())
    expect(TEXT, ticket["description"], "the description of a new ticket")
    if "Cookie" in request.headers:  # django-helpdesk reads all tickets to answer one
        return
    again = send(port, get(f"/api/tickets/{ticket['id']}/"))
    expect(TEXT, cast(dict[str, Any], again.json())["description"], "a new ticket, read again")
