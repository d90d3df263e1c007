"""What is measured: for each route the requests of every desk, and the check of an answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load.languages import APART, COMMON, OLD, RARE

from .checks import (
    TEXT,
    check_change,
    check_create,
    check_dashboard,
    check_deep,
    check_list_page,
    check_page,
    check_rows,
    check_search,
    check_stats,
    check_tabs,
    check_ticket,
    check_ticket_page,
)
from .client import Answer, Request, get
from .facts import PAGE, Facts

SEARCHES = {"rare": RARE, "common": COMMON, "old": OLD, "apart": " ".join(APART)}
NEW = {"category": "billing", "priority": "high"}

Check = Callable[[Facts, int, Any, Request, Answer], None]


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


def make_routes(facts: Facts) -> list[Route]:
    """Return the routes that read, then those that write."""
    return [*_lists(facts), *_searches(facts), *_figures(), *_pages(facts), *_writes(facts)]


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
