"""Write docs/benchmarks.md and its charts from the results of the runs."""

# ruff: noqa: E501  (a paragraph of the page is one line)

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .chart import bar_chart
from .goals import Goal, goals
from .servers import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
RESULTS = FOLDER / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
DESKS = {"ours": "ours", "usual": "usual design, tuned", "limit": "limit", "helpdesk": "helpdesk"}
TITLES = {
    "list": "list, 20 rows",
    "filters": "two filters",
    "deep": "deep page",
    "rare": "search, rare word",
    "common": "search, common word",
    "old": "search, common but old",
    "apart": "search, never together",
    "stats": "statistics",
    "stats_filter": "statistics, one filter",
    "ticket": "one ticket",
    "list_page": "agents' list page",
    "list_filter": "agents' list page, one filter",
    "tabs": "tab counts",
    "ticket_page": "ticket page",
    "dashboard": "dashboard, all time",
    "triage": "triage report, all time",
    "status": "change status",
    "priority": "change priority",
    "create": "create, category and priority given",
}
INTRODUCTION = """# Benchmarks

`make bench` measures the desk beside three others, in one run and on the same machine, with the same tickets and 16 connections over loopback:

- **the usual design, tuned** (`bench/peer_rest/`): Django REST framework and django-filter, a search by `icontains`, page numbers, four indexes of one column, persistent connections, one table and nothing else;
- **the limit** (`bench/desks/limit.py`): the SQL statements of our desk behind a bare WSGI callable, without a framework;
- **django-helpdesk** from PyPI (`bench/peer_helpdesk/`), up to 100,000 tickets.

All run under gunicorn with two processes of eight threads, ours as `make run` starts it, with its worker. The tickets are generated (`bench/load/`): words by Zipf's law in twelve languages, five years up to now, nine in ten finished, with replies, predictions, feedback and audit trail. Every answer is compared with plain SQL before its route is timed. Figures are medians of rounds that go through the desks in turn. Routes that take longer than a second are measured once, with 4 connections and 8 requests. [Decision 44](decisions/0044-benchmarks.md) explains the method. This page is written by the command; do not edit it.
"""

BOUNDS = """## What bounds the rest

**Pages.** A list of 20 tickets in JSON takes 2 ms of a processor, PostgreSQL included, so a fifth of its rate is 10 ms, in which Django surrounds a request (1 ms) and renders the frame of every page (2 ms). What was tried: the alerts of the dashboard in one compiled statement instead of six, the triage report's days summed up by months first, rows of the list as strings, the newest tickets of a requester by their index and their count up to 100, which was what a ticket's page took more at a million. [Decision 45](decisions/0045-lean-reads.md) says what each brought. What is left of the dashboard is half PostgreSQL, which adds up the counts of every day, and half templates; of the list's page, the ORM with its fifty tickets and their rows. Showing stored pages would be faster, and old.

**Lists, statistics, one ticket.** A list takes .8 ms of Python alone in a process that does nothing else: gunicorn reads the request, Django calls the middleware and the view, the token is looked up, the filters are parsed, PostgreSQL renders the JSON. As much again goes to sockets and to the two processes' threads that share two processors with PostgreSQL and the client. The limit has neither accounts nor checks of its input; half of its rate would leave .8 ms for everything. What was tried: rows that PostgreSQL renders, statements that are compiled once, forms that share their fields, middleware as plain functions, no health check of connections ([decision 48](decisions/0048-requests.md)). At a million tickets the multiples of the usual design end where ours comes to the same bound: 2,000 times its search would be 1,700 requests a second, more than twice the limit.

**Writes.** A new ticket is triaged, which takes .5 ms for the lexicon alone, recorded, counted, made searchable, and confirmed by mail, in two round trips with 4 ms of PostgreSQL; the usual design inserts a row. A change of the priority also stores what triage learns from it ([decision 43](decisions/0043-writes.md)). What the triggers that count cost is too little to be measured (`make bench ARGS="counts"`).

**Space.** A third is documents: the positions of all words of a ticket and its conversation, which phrases need, and their index. The audit trail is more than a quarter, the tickets themselves a sixth, predictions an eighth. Without positions a phrase would have to be looked for in the texts.

**Memory.** Each process that imports the program takes 70 MB before it does anything, in packages of which none is large, and there are three of them beside the two that share the web server's; the encoder's words take 43 MB in each of two, its numbers are shared. PostgreSQL has 128 MB for pages, and a process of some 10 MB for each of 25 connections, with its plans and what it knows of the tables. Limits for the allocator of the C library (`MALLOC_ARENA_MAX`, `MALLOC_TRIM_THRESHOLD_`) changed less than a hundredth. Fewer connections would leave threads waiting.
"""


def read_results(path: Path = RESULTS) -> dict[str, Any]:
    if not path.exists():
        return {"machine": {}, "sizes": {}}
    results: dict[str, Any] = json.loads(path.read_text())
    return results


def write(results: Mapping[str, Any]) -> None:
    """Store the results, and write the page and one chart for each size."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    for size, result in results["sizes"].items():
        (FOLDER / f"{size}.svg").write_text(chart(int(size), result))
    PAGE.write_text(page(results))


def chart(size: int, result: Mapping[str, Any]) -> str:
    """Return the SVG with the rates of all routes at one size."""
    groups = [
        (
            title,
            [
                (desk, result["routes"][name][desk]["rate"])
                for desk in DESKS
                if desk in result["routes"][name]
            ],
        )
        for name, title in TITLES.items()
        if name in result["routes"]
    ]
    return bar_chart(f"Requests per second, {size:,} tickets (logarithmic)", groups, DESKS)


def page(results: Mapping[str, Any]) -> str:
    sizes = sorted(results["sizes"].items(), key=lambda entry: int(entry[0]))
    parts = [INTRODUCTION, _machine(results["machine"], sizes), "## What should be reached\n"]
    parts += [_goal_table(list(goals(results, TITLES))), BOUNDS]
    for size, result in sizes:
        parts += _size(int(size), result)
    return "\n".join(parts).rstrip() + "\n"


def _machine(machine: Mapping[str, Any], sizes: Sequence[tuple[str, Any]]) -> str:
    version = sizes[-1][1].get("postgresql", "") if sizes else ""
    return (
        f"Measured on {machine.get('cores')} cores with {machine.get('memory_gb')} GB of memory,"
        f" which clients, servers and database share; PostgreSQL {version} (embedded, its default"
        f" settings), Python {machine.get('python')}, client: {machine.get('client')}."
        f" Load average before it: {machine.get('load')}. What else runs takes from all alike: ratios"
        " and processor time hold, rates are too low.\n"
    )


def _goal_table(rows: Sequence[Goal]) -> str:
    lines = ["| | wanted | measured | |", "| --- | ---: | ---: | --- |"]
    names = {True: "reached", False: "**not reached**", None: "not measured"}
    lines += [
        f"| {row.title} | {row.wanted} | {row.measured} | {names[row.is_reached]} |" for row in rows
    ]
    return "\n".join(lines) + "\n"


def _size(size: int, result: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {size:,} tickets\n"
    yield f"![Requests per second at {size:,} tickets](benchmarks/{size}.svg)\n"
    yield "Requests per second, and ours as a multiple of the others':\n"
    yield _rates(result["routes"])
    yield (
        "Our desk: latencies in ms with 16 connections, CPU time in ms and SQL statements per"
        " request (of the usual design in brackets):\n"
    )
    yield _costs(result["routes"])
    if result.get("notes"):
        yield "Not timed, because the answer was wrong or an error:\n"
        yield _notes(result["notes"])
    yield _memory(size, result)
    yield _space(result["space"])


def _rates(routes: Mapping[str, Any]) -> str:
    desks = [desk for desk in DESKS if any(desk in route for route in routes.values())]
    head = ["", *(DESKS[desk] for desk in desks)]
    head += [f"of {DESKS[desk]}" for desk in desks if desk != "ours"]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for name, title in TITLES.items():
        if name not in routes:
            continue
        route = routes[name]
        cells = [title, *(rate(route[desk]["rate"]) if desk in route else "" for desk in desks)]
        for desk in desks[1:]:
            theirs, mine = route.get(desk), route.get("ours")
            has_both = mine and theirs and theirs["rate"]
            cells.append(rate(mine["rate"] / theirs["rate"]) if has_both else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def rate(value: float) -> str:
    """Return a rate or a ratio with two to three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _costs(routes: Mapping[str, Any]) -> str:
    head = ("", "p50", "p99", "errors", "CPU, web", "CPU, database", "statements")
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for name, title in TITLES.items():
        mine = routes.get(name, {}).get("ours")
        if not mine:
            continue
        usual = routes[name].get("usual")
        cells = [title, f"{mine['p50']:.0f}", f"{mine['p99']:.0f}", f"{mine['errors']:.0f}"]
        for key, pattern in (("web_ms", ".1f"), ("database_ms", ".1f"), ("statements", ".0f")):
            other = f" ({usual[key]:{pattern}})" if usual else ""
            cells.append(f"{mine[key]:{pattern}}{other}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _notes(notes: Mapping[str, Mapping[str, str]]) -> str:
    lines = [
        f"- {TITLES.get(route, route)}, {DESKS[desk]}: {text}"
        for route, desks in notes.items()
        for desk, text in desks.items()
    ]
    return "\n".join(lines) + "\n"


def _memory(size: int, result: Mapping[str, Any]) -> str:
    memory = result["memory"]
    workers = ", ".join(
        f"{DESKS[name]} {value:.0f} MB" for name, value in memory.items() if name in DESKS
    )
    parts = ", ".join(f"{name} {value:.0f}" for name, value in memory.get("parts", {}).items())
    text = (
        f"Memory of a web worker after the load, without what it shares: {workers}. The whole"
        f" `make run` with its database: {memory['make run']:.0f} MB{parts and f' ({parts})'}. A CSV of"
        f" {result['export_rows']:,} tickets took {result['export_seconds']:.1f} s."
    )
    alone = [f"{name} {value:,.0f}" for name, value in result.get("pgbench", {}).items() if value]
    if alone:
        text += f" The database alone (pgbench, transactions per second): {', '.join(alone)}."
    return text + "\n"


def _space(space: Mapping[str, Any]) -> str:
    databases = space["databases"]
    theirs = databases.get("peer_rest")
    text = f"Our database weighs {databases['tickets'] / 1e6:,.0f} MB"
    text += f", that of the usual design {theirs / 1e6:,.0f} MB.\n" if theirs else ".\n"
    lines = ["| table | rows, MB | indexes, MB | all, MB |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| `{name}` | {rows / 1e6:,.0f} | {indexes / 1e6:,.0f} | {total / 1e6:,.0f} |"
        for name, rows, indexes, total in space["tables"]
        if total >= 1e6
    ]
    return "\n".join([text, *lines]) + "\n"
