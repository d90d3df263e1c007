"""Deliver mail while the worker is killed and PostgreSQL crashes.

    make bench ARGS="survival"

The program runs as `make run` starts it. Clients deliver by HTTP, by LMTP, through the pipe and
into a folder that the worker fetches by IMAP, as mail servers would: they try each message again
until the desk has taken it. In the end each message must be stored and handled exactly once, have
one ticket, and be answered at most once.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from aiosmtpd.controller import Controller

from bench.mail import ways
from bench.ui.desk import ROOT, environment_with, free_port, serving
from embedded_postgres.processes import server_processes

CLIENTS = 4
PATIENCE = 300  # seconds for one message, and for the worker to finish
# Printed by a process of its own, so that this one never opens the database.
COUNT = """
import json
from collections import Counter
from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
rows = InboundMessage.objects.order_by()
tickets = Ticket.objects.filter(title__startswith="Survival")
print(json.dumps({
    "stored": Counter(rows.values_list("message_id", flat=True)),
    "states": Counter(rows.values_list("state", flat=True)),
    "tickets": Counter(tickets.values_list("title", flat=True)),
    "emails": Counter(Email.objects.filter(kind="received").values_list("state", flat=True)),
}))
"""


@dataclass
class Result:
    """What became of the messages. Counters map a Message-ID, title or address to a number."""

    messages: int
    seconds: float
    kills: int = 0
    crashes: int = 0
    stored: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    tickets: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    sent: dict[str, str] = field(default_factory=dict)  # each Message-ID to its way

    @property
    def ways(self) -> Counter[str]:
        return Counter(self.sent.values())

    @property
    def problems(self) -> list[str]:
        problems = []
        lost = Counter(way for id_, way in self.sent.items() if id_ not in self.stored)
        if lost:
            problems.append(f"lost: {dict(lost)}")
        for name, counter in (("stored", self.stored), ("tickets", self.tickets)):
            if len(counter) != self.messages or set(counter.values()) != {1}:
                problems.append(f"{name}: {len(counter)} different, {counter.most_common(3)}")
        if set(self.states) != {"handled"}:
            problems.append(f"states: {dict(self.states)}")
        if any(count > 1 for count in self.answers.values()):
            problems.append(f"answered twice: {self.answers.most_common(3)}")
        return problems


def main(messages: int = 1000, kills: int = 50, crashes: int = 5) -> None:
    result = survive(messages, kills, crashes)
    print(
        f"{result.messages:,} messages, worker killed {result.kills} times, PostgreSQL"
        f" {result.crashes} times, {result.seconds:.0f} s"
    )
    print("by " + ", ".join(f"{name} {count}" for name, count in result.ways.most_common()))
    print(f"stored: {len(result.stored):,}, tickets: {len(result.tickets):,}", end=", ")
    print(f"states: {dict(result.states)}, confirmations: {sum(result.answers.values()):,}")
    for problem in result.problems:
        print(problem)
    if result.problems:
        sys.exit(1)


def survive(messages: int, kills: int, crashes: int) -> Result:
    """Deliver so many messages, and meanwhile kill worker and database so often."""
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="desk-survival-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711)  # if we are root, the database's account must pass through
        server = stack.enter_context(mail_server())
        environment = {
            "DATA_DIR": str(home / "data"),
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
            "CONFIRMATION_LIMIT": str(2 * messages),
        }
        inbox_url, by_imap = stack.enter_context(ways.imap_server())
        environment |= ways.worker_environment(lmtp_port := free_port(), inbox_url)
        url = stack.enter_context(serving("manage.py", "run_local", **environment))
        token = manage("create_token", "survival", "--scopes", "mail", **environment).strip()
        by_way: dict[str, ways.Deliver | None] = {
            "http": partial(ways.by_http, url, token),
            "lmtp": partial(ways.by_lmtp, lmtp_port),
            "pipe": partial(ways.by_pipe, environment_with(**environment)),
            "imap": by_imap,
        }
        started = time.monotonic()
        result = Result(messages, 0)
        delivered = Progress()
        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            attacker = pool.submit(attack, home / "data", delivered, result, kills, crashes)
            names = pool.map(lambda number: deliver(by_way, number, delivered), range(messages))
            result.sent = {message_id(number): name for number, name in enumerate(names)}
            attacker.result()
        counts = wait_for_the_worker(messages, environment)
        result.seconds = time.monotonic() - started
        result.stored = Counter(counts["stored"])
        result.states = Counter(counts["states"])
        result.tickets = Counter(counts["tickets"])
        result.answers = server.answers
        return result


class Progress:
    """How many messages the desk has taken."""

    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()

    def add(self) -> None:
        with self.lock:
            self.count += 1


def attack(data: Path, delivered: Progress, result: Result, kills: int, crashes: int) -> None:
    """Kill the worker and PostgreSQL, spread over the deliveries."""
    for number in range(kills):
        while delivered.count < result.messages * number // kills:
            time.sleep(0.02)
        if kill_worker(data):
            result.kills += 1
        is_due = crashes and number % max(kills // crashes, 1) == 0 and result.crashes < crashes
        if is_due and crash_postgres(data):
            result.crashes += 1


def crash_postgres(data: Path) -> bool:
    """Kill all processes of the server, once it runs. Return False if it did not come."""
    directory = (data / "postgres" / "data").resolve()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        processes = server_processes(directory).values()
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # a server process ends with its connection
                process.kill()
        if processes:
            return True
        time.sleep(0.1)
    return False


def kill_worker(data: Path) -> bool:
    """Kill the worker of this desk, once there is one. Return False if none came."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                is_worker = "procrastinate" in process.cmdline()
                if is_worker and process.environ().get("DATA_DIR") == str(data):
                    process.kill()
                    return True
        time.sleep(0.1)
    return False


def deliver(by_way: dict[str, ways.Deliver | None], number: int, delivered: Progress) -> str:
    """Send a message until the desk has taken it. Return by which way it went."""
    name = ways.chosen(number, by_way)
    send = by_way[name]
    assert send is not None
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            send(message(number))
            delivered.add()
            return name
        except (ways.Refused, OSError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.3)


def message_id(number: int) -> str:
    return f"<{number}@survival.example>"


def message(number: int) -> bytes:
    return (
        f"From: Person {number} <person{number}@example.org>\r\n"
        f"To: support@desk.example\r\nSubject: Survival {number}\r\n"
        f"Message-ID: {message_id(number)}\r\n"
        "Date: Sun, 29 Nov 2026 10:00:00 +0000\r\n\r\n"
        f"The export number {number} fails with an error.\r\n"
    ).encode()


def wait_for_the_worker(messages: int, environment: dict[str, str]) -> dict[str, Any]:
    """Wait until every message is handled and no email waits, then return the counts."""
    deadline = time.monotonic() + PATIENCE
    while True:
        counts: dict[str, Any] = json.loads(manage("shell", "-v0", "-c", COUNT, **environment))
        is_finished = counts["states"] == {"handled": messages}
        if is_finished and not {"waiting", "sending"} & counts["emails"].keys():
            return counts
        if time.monotonic() > deadline:
            return counts
        time.sleep(3)


def manage(*arguments: str, **environment: str) -> str:
    completed = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment_with(**environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return completed.stdout


class CountingServer:
    """Takes every message, and counts them by their recipient."""

    def __init__(self) -> None:
        self.port = free_port()
        self.answers: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.answers.update(envelope.rcpt_tos)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[CountingServer]:
    server = CountingServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
