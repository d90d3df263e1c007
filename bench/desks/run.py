"""Measure the desks beside each other: `make bench ARGS="--sizes 10000,1000000 --rounds 3"`.

For each size: make the tickets, give the peers the same ones, start all servers, check every
answer against plain SQL, then time the routes in rounds that go through the desks in turn, so that
changes in the machine's load affect all alike. Reading comes first: writing adds tickets. The
results go to docs/benchmarks/results.json, from which `report.py` writes docs/benchmarks.md and
the charts.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from bench.progress import Progress

from . import data, report, servers
from .checks import WrongAnswer, seconds_until_row
from .client import Answer, Request, Timing, get, load, send, send_in_threads
from .facts import PAGE, learn_facts
from .goals import HARD
from .routes import Route, make_routes
from .servers import ROOT, Database, Server

HELPDESK_UNTIL = 100_000  # tickets; beyond that a single page takes it minutes
# An answer that takes this part of a route's time is slow: then few requests are timed, and once.
SLOW = 1 / 8
SLOW_CONNECTIONS, SLOW_REQUESTS = 4, 2
EXPORTED = 100_000


@dataclass(frozen=True)
class Options:
    sizes: tuple[int, ...]
    rounds: int
    seconds: float
    data: Path | None  # where desks stay for the next run; None for a temporary directory
    only: tuple[str, ...]  # names of routes; empty for all
    desks: tuple[str, ...]


def main(options: Options) -> None:
    progress = Progress(sys.stderr)
    results = report.read_results()
    results["machine"] = machine()
    try:
        for size in options.sizes:
            result = measure_size(size, options, progress)
            if options.only and str(size) in results["sizes"]:
                result = merged(results["sizes"][str(size)], result)
            results["sizes"][str(size)] = result
            report.write(results)
    finally:
        progress.close()
    print(f"Written to {report.PAGE.relative_to(ROOT)}.")


def merged(earlier: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return an earlier result of a size with the routes that were measured again."""
    again = {name: result[name] for name in ("export_rows", "export_seconds")}
    notes = {name: text for name, text in earlier["notes"].items() if name not in result["routes"]}
    routes = earlier["routes"] | result["routes"]
    return {**earlier, **again, "routes": routes, "notes": notes | result["notes"]}


def machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "python": platform.python_version(),
        "client": "wrk" if shutil.which("wrk") else "threads of Python",
        "load": round(os.getloadavg()[0], 1),
    }


@contextlib.contextmanager
def data_directory(size: int, options: Options) -> Iterator[Path]:
    if options.data:
        yield options.data.resolve() / str(size)
        return
    with tempfile.TemporaryDirectory(prefix="tickets-bench-") as directory:
        yield Path(directory) / str(size)


def measure_size(size: int, options: Options, progress: Progress) -> dict[str, Any]:
    with data_directory(size, options) as data_dir, contextlib.ExitStack() as stack:
        progress(f"{size:,}: making tickets", 0)
        made = data.make_desk(data_dir, size)
        database = data.database_of(data_dir)
        stack.callback(data.stop_database, data_dir)
        names = [name for name in peers_of(size) if name in options.desks]
        for name in names:
            progress(f"{size:,}: copying to {name}", 0)
            servers.install_peer({"usual": "rest"}.get(name, name))
        needs = data.make_peers(
            data_dir, database, [{"usual": "rest"}.get(name, name) for name in names]
        )
        facts = learn_facts(
            stack.enter_context(psycopg.connect(database.conninfo(), autocommit=True)), needs
        )
        facts = replace(facts, deep_paths=capture(data_dir, deep=facts.deep)["deep"])
        routes = [
            route for route in make_routes(facts) if not options.only or route.name in options.only
        ]
        measured = Measured(size, options, data_dir, database, progress)
        measured.count_statements(routes, names)
        limits = stack.enter_context(tempfile.TemporaryDirectory(prefix="tickets-bench-"))
        statements = Path(limits, "statements.json")
        statements.write_text(json.dumps(measured.statements))
        # The embedded server ends with the program that `make run` starts: peers start after it.
        desks = {"ours": stack.enter_context(servers.our_desk(data_dir))}
        if "limit" in options.desks:
            desks["limit"] = stack.enter_context(servers.limit(database, statements))
        if "usual" in names:
            desks["usual"] = stack.enter_context(
                servers.peer("rest", database, "/api/tickets/?page=1")
            )
        if "helpdesk" in names:
            desks["helpdesk"] = stack.enter_context(servers.peer("helpdesk", database, "/login/"))
        measured.check_all(routes, desks, facts)
        measured.time_all(routes, desks)
        result = measured.result()
        result |= {
            "tickets": facts.total,
            "loading_seconds": round(made),
            "memory": memory(desks, database),
            "space": data.sizes(database),
            "postgresql": facts.database.info.server_version // 10_000,
            "export_rows": min(EXPORTED, facts.total),
            "export_seconds": export(desks["ours"], facts),
            "pgbench": measured.pgbench(facts, Path(limits)),
        }
        return result


def peers_of(size: int) -> list[str]:
    return ["usual", "helpdesk"] if size <= HELPDESK_UNTIL else ["usual"]


def capture(data_dir: Path, **questions: Any) -> dict[str, Any]:
    """Have our desk answer requests in another process, and return the SQL that it took."""
    environment = {**os.environ, "DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "bench.desks.capture"]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
    )
    if result.returncode:
        sys.exit(result.stderr[-2000:])
    captured: dict[str, Any] = json.loads(result.stdout)
    return captured


def memory(desks: dict[str, Server], database: Database) -> dict[str, Any]:
    """Return megabytes: of each desk's largest worker alone, and of all that `make run` starts."""
    workers = {name: round(desk.worker_megabytes()) for name, desk in desks.items()}
    parts = servers.parts_of_make_run(desks["ours"], database)
    return {**workers, "make run": sum(parts.values()), "parts": parts}


def export(desk: Server, facts: Any) -> float:
    """Return the seconds that a CSV of 100,000 tickets takes, or of all if they are fewer."""
    rows = min(EXPORTED, facts.total)
    ((since,),) = facts.rows(
        f"SELECT created_at FROM tickets_ticket WHERE {data.LISTED}"
        f" ORDER BY created_at DESC OFFSET {rows - 1} LIMIT 1"
    )
    path = f"/tickets/export.csv?created_after={quote(since.isoformat())}"
    started = time.perf_counter()
    answer = send(desk.port, get(path))
    seconds = time.perf_counter() - started
    if answer.status != 200 or answer.body.count(b"\n") < rows:
        raise WrongAnswer(f"The export answers {answer.status} with too few of {rows} lines.")
    return seconds


@dataclass
class Measured:
    """What is measured at one size."""

    size: int
    options: Options
    data_dir: Path
    database: Database
    progress: Progress

    def __post_init__(self) -> None:
        self.statements: dict[str, list[str]] = {}  # of our reading routes, by path
        self.counts: dict[str, dict[str, int]] = {}  # statements per request: route, desk
        self.notes: dict[str, dict[str, str]] = {}  # what was wrong: route, desk
        self.first: dict[tuple[str, str], float] = {}  # seconds of an answer to a single client
        self.until: dict[tuple[str, str], list[float]] = {}  # seconds until a search has a row
        self.samples: dict[tuple[str, str], list[dict[str, float]]] = {}

    def count_statements(self, routes: list[Route], names: list[str]) -> None:
        self.progress(f"{self.size:,}: counting statements", 0)
        reading = [route for route in routes if route.limited and not route.writes]
        questions = [(route, request) for route in reading for request in route.ours]
        questions += [(route, route.ours[0]) for route in routes if route not in reading]
        requests = [
            (each.method, each.path, dict(each.headers), each.body) for _, each in questions
        ]
        answers = capture(self.data_dir, requests=requests)["requests"]
        for (route, request), answer in zip(questions, answers, strict=True):
            self.counts.setdefault(route.name, {})["ours"] = answer["count"]
            if route in reading:
                self.statements[request.path] = answer["statements"]
                self.counts[route.name]["limit"] = answer["count"]
        for name in names:
            folder = {"usual": "rest"}.get(name, name)
            probe = {"usual": "/api/tickets/?page=1"}.get(name, "/login/")
            with servers.peer(folder, self.database, probe, count_statements=True) as desk:
                for route in routes:
                    for request in (route.requests(name) or ())[:1]:
                        answer = send(desk.port, request)
                        counted = int(answer.headers.get("X-Statements") or 0)
                        self.counts.setdefault(route.name, {})[name] = counted

    def check_all(self, routes: list[Route], desks: dict[str, Server], facts: Any) -> None:
        """Compare one answer of each desk and route with plain SQL. What is wrong is not timed."""
        for number, route in enumerate(routes):
            self.progress(f"{self.size:,}: checking answers", number / len(routes))
            for name, desk in desks.items():
                requests = route.requests(name)
                if requests:
                    self._check(route, name, desk, requests[0], facts)

    def _check(self, route: Route, name: str, desk: Server, request: Request, facts: Any) -> None:
        try:
            answer = send(desk.port, request)
            if answer.status >= 300:
                raise WrongAnswer(f"{request.path}: status {answer.status}")
            if name == "limit":
                self._check_limit(route, facts, answer)
            else:
                route.check(facts, desk.port, route, request, answer)
            self.first[route.name, name] = min(_seconds(desk, request) for _ in range(3))
        except (WrongAnswer, OSError, ValueError, KeyError) as error:
            self.notes.setdefault(route.name, {})[name] = f"{type(error).__name__}: {error}"[:300]
            self.progress.stream.write(f"\n{route.name}, {name}: {error}\n"[:400])

    def _check_limit(self, route: Route, facts: Any, answer: Answer) -> None:
        """The statements are ours: a page of rows must be among their results."""
        body: Any = answer.json()
        if route.name != "apart" and not any(body):
            raise WrongAnswer("no statement of the limit has a row")
        if route.name in ("list", "filters", "deep") and max(map(len, body)) < 20:
            raise WrongAnswer("no statement of the limit has 20 rows")

    def time_all(self, routes: list[Route], desks: dict[str, Server]) -> None:
        for desk in desks.values():  # each thread loads what it needs before it is timed
            load(desk.port, [get("/")], 1)
        rounds = self.options.rounds
        steps = [
            (route, name, round_)
            for writes in (False, True)
            for round_ in range(rounds)
            for route in routes
            if route.writes is writes
            for name in desks
            if route.requests(name) and name not in self.notes.get(route.name, {})
        ]
        for number, (route, name, round_) in enumerate(steps):
            self.progress(f"{self.size:,}: {route.name}, {name}", number / len(steps))
            is_slow = self.first[route.name, name] > SLOW * self.options.seconds
            if not is_slow or round_ == 0:
                self._time(route, name, desks[name], is_slow)

    def _time(self, route: Route, name: str, desk: Server, is_slow: bool) -> None:
        requests: Sequence[Request] = route.requests(name) or ()
        before = desk.web_seconds(), self.database.seconds()
        timing: Timing
        if is_slow:
            timing = send_in_threads(desk.port, requests, SLOW_CONNECTIONS, count=SLOW_REQUESTS)
        else:
            timing = load(desk.port, requests, self.options.seconds)
        web = servers.spent(before[0], desk.web_seconds())
        database = servers.spent(before[1], self.database.seconds())
        count = max(timing.requests, 1)
        sample = {
            **asdict(timing),
            "web_ms": web / count * 1000,
            "database_ms": database / count * 1000,
        }
        self.samples.setdefault((route.name, name), []).append(sample)
        if route.name in HARD and name == "ours":
            seconds = seconds_until_row(desk.port, requests[0])
            self.until.setdefault((route.name, name), []).append(seconds)

    def result(self) -> dict[str, Any]:
        routes: dict[str, Any] = {}
        for (route, desk), samples in self.samples.items():
            medians = {
                key: round(statistics.median(sample[key] for sample in samples), 3)
                for key in samples[0]
            }
            medians["errors"] = sum(sample["errors"] for sample in samples)
            medians["requests"] = sum(sample["requests"] for sample in samples)
            if (route, desk) in self.until:
                medians["until_ms"] = round(statistics.median(self.until[route, desk]) * 1000, 1)
            medians["first_ms"] = round(self.first[route, desk] * 1000, 1)
            medians["statements"] = self.counts.get(route, {}).get(desk, 0)
            routes.setdefault(route, {})[desk] = medians
        return {"routes": routes, "notes": self.notes}

    def pgbench(self, facts: Any, directory: Path) -> dict[str, float | None]:
        """Return transactions per second of the database alone."""
        statements = self.statements.get(f"/api/tickets/?limit={PAGE}")
        if statements is None:
            return {}
        first, last = min(facts.some), max(facts.some)
        one = f"\\set id random({first}, {last})\nSELECT * FROM tickets_ticket WHERE id = :id;\n"
        rows = f"{max(statements, key=len)};\n"
        return {
            name: data.pgbench(self.database, script, protocol, self.options.seconds, directory)
            for name, script, protocol in (
                ("list, 20 rows", rows, "simple"),
                ("one ticket by its id", one, "prepared"),
            )
        }


def _seconds(desk: Server, request: Request) -> float:
    started = time.perf_counter()
    send(desk.port, request)
    return time.perf_counter() - started
