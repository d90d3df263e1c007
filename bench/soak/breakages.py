"""The database is stopped, killed, frozen, out of connections, and its disk is full.

Meanwhile clients ask. Each request must succeed or be a 503, in time, and the desk must answer
again once the database does.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import psutil
import psycopg

from embedded_postgres.lock import exclusive_lock
from embedded_postgres.processes import shut_down

from .client import Client
from .desk import Desk

CLIENTS = 8
PATIENCE = 60.0  # seconds
QUIET = 1.0  # seconds of requests before and after
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND application_name <> 'soak'
"""


@dataclass
class Breakage:
    """What clients got while the database was broken, and how soon after its return it worked.

    `statuses` of all requests by clients; 0 is no answer. Times are in seconds.
    """

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    first_success: float = 0.0
    alive: Counter[int] = field(default_factory=Counter)  # of /healthz
    slowest_alive: float = 0.0


@dataclass(frozen=True)
class Sent:
    started: float
    ended: float
    status: int
    path: str


class Askers:
    """Clients that read, create and write all the time."""

    def __init__(self, port: int, number: int) -> None:
        self.client, self.number = Client(port), number
        self.sent: list[Sent] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[n]) for n in range(CLIENTS)]
        self._threads.append(threading.Thread(target=self._ask_health))

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, client: int) -> None:
        ticket = f"/api/tickets/{self.number}/"
        lamp = {"title": "Lamp", "description": "The lamp is dark."}
        count = 0
        while not self._ended.wait(0.05):
            count += 1
            key = {"Idempotency-Key": f"broken-{id(self)}-{client}-{count}"}
            note = {"body": f"Note {client} {count}"}
            self._ask("GET", ticket)
            self._ask("POST", "/api/tickets/", lamp, **key)
            self._ask("GET", "/api/tickets/?limit=5")
            self._ask("POST", f"{ticket}comments/", note)
            self._ask("GET", "/readyz")

    def _ask_health(self) -> None:
        while not self._ended.wait(0.1):
            self._ask("GET", "/healthz")

    def _ask(self, method: str, path: str, body: object = None, **headers: str) -> None:
        started = time.monotonic()
        answer = self.client.ask(method, path, body, **headers)
        self.sent.append(Sent(started, time.monotonic(), answer.status, path))


@contextmanager
def stopped(desk: Desk) -> Iterator[None]:
    """Shut it down. Nobody can start it meanwhile: we hold the lock that this takes."""
    with exclusive_lock(desk.data / "postgres.lock", time.monotonic() + PATIENCE):
        shut_down(desk.cluster)
        yield


@contextmanager
def killed(desk: Desk) -> Iterator[None]:
    with exclusive_lock(desk.data / "postgres.lock", time.monotonic() + PATIENCE):
        for process in desk.database_processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        yield


@contextmanager
def frozen(desk: Desk) -> Iterator[None]:
    processes = desk.database_processes()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def out_of_connections(desk: Desk) -> Iterator[None]:
    """Take every connection there is, those of the desk first."""
    with ExitStack() as held:
        first = held.enter_context(desk.connect())
        first.execute("SET application_name = 'soak'")
        while True:
            try:
                connection = held.enter_context(desk.connect())
                connection.execute("SET application_name = 'soak'")
            except psycopg.OperationalError:
                if not first.execute(END_OTHERS).fetchall():
                    break
        yield


@contextmanager
def full_disk(desk: Desk) -> Iterator[None]:
    """Leave no room on the file system of the desk's data, also where the desk makes some."""
    ended = threading.Event()

    def keep_full() -> None:
        while not ended.wait(0.05):
            desk.home.fill()

    desk.home.fill()
    thread = threading.Thread(target=keep_full)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        desk.home.empty()


BREAKAGES = {
    "stopped": stopped,
    "killed": killed,
    "frozen": frozen,
    "out of connections": out_of_connections,
    "disk full": full_disk,
}


def break_database(desk: Desk, name: str, seconds: float) -> Breakage:
    """Break the database for so many seconds while clients ask."""
    client = Client(desk.port)
    lamp = {"title": "Lamp", "description": "The lamp is dark."}
    number = client.until_success("POST", "/api/tickets/", PATIENCE, body=lamp).json()["id"]
    desk.rows("SELECT 1")
    with Askers(desk.port, number) as askers:
        time.sleep(QUIET)
        with BREAKAGES[name](desk):
            broken = time.monotonic()
            time.sleep(seconds)
        returned = _returned(desk)
        deadline = time.monotonic() + PATIENCE
        while not (first := _first_success(askers.sent, returned)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"The desk does not answer after its database was {name}.")
            time.sleep(0.02)
        time.sleep(QUIET)
    result = Breakage(seconds, first_success=first - returned)
    for request in askers.sent:
        if request.ended < broken:
            continue
        length = request.ended - request.started
        if request.path == "/healthz":
            result.alive[request.status] += 1
            result.slowest_alive = max(result.slowest_alive, length)
        else:
            result.statuses[request.status] += 1
            result.slowest = max(result.slowest, length)
    return result


def _first_success(sent: list[Sent], returned: float) -> float | None:
    ends = [
        each.ended
        for each in list(sent)
        if each.ended > returned and 200 <= each.status < 300 and each.path != "/healthz"
    ]
    return min(ends, default=None)


def _returned(desk: Desk) -> float:
    """Return when the database answers us, whom the desk does not know."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with desk.connect() as connection:
                connection.execute("CREATE TEMPORARY TABLE room (id int)")
            return time.monotonic()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.01)
