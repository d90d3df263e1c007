"""Kill the worker while it works through a long queue.

Each new ticket queues a job whose effects can be counted: `encode_ticket` stores one vector per
ticket, and its model's prediction of the urgency, which must not be there twice.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from .client import Client
from .desk import WORKER, Desk

CLIENTS = 4
PATIENCE = 300.0  # seconds without any progress
PREFIX = "Soaked job"
ENCODE = "task_name ~ 'encode_ticket$'"
LEFT = f"SELECT count(*) FROM procrastinate_jobs WHERE {ENCODE} AND status IN ('todo', 'doing')"
FAILED = (
    f"SELECT count(*) FROM procrastinate_jobs WHERE {ENCODE} AND status NOT IN ('todo', 'doing')"
)
HELD = "SELECT id, worker_id FROM procrastinate_jobs WHERE status = 'doing'"
EFFECTS = f"""
WITH ours AS (SELECT id FROM tickets_ticket WHERE starts_with(title, '{PREFIX} ')),
predicted AS (
    SELECT ticket_id, count(*) FROM tickets_prediction
    WHERE field = 'urgency' AND ticket_id IN (SELECT id FROM ours) GROUP BY ticket_id, model
)
SELECT (SELECT count(*) FROM ours),
    (SELECT count(*) FROM tickets_ticketvector WHERE ticket_id IN (SELECT id FROM ours)),
    (SELECT count(DISTINCT ticket_id) FROM predicted),
    (SELECT coalesce(sum(count - 1), 0) FROM predicted)
"""


@dataclass
class Jobs:
    """What became of the jobs. `rescues` are the seconds until a job of a dead worker was free."""

    queued: int = 0
    kills: int = 0
    lacking: int = 0
    doubled: int = 0
    failed: int = 0
    seconds: float = 0.0
    rescues: list[float] = field(default_factory=list)


class RescueWatch:
    """Times how long the jobs of killed workers stay with them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._held: dict[tuple[Any, ...], float] = {}  # (job, worker) -> when it was killed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.seconds: list[float] = []

    def __enter__(self) -> RescueWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def note_kill(self, moment: float) -> None:
        """Call it right after the only worker was killed: what is held now, it held."""
        held = self._desk.rows(HELD)
        with self._lock:
            for job in held:
                self._held.setdefault(job, moment)

    @property
    def is_waiting(self) -> bool:
        return bool(self._held)

    def _run(self) -> None:
        while not self._ended.wait(0.2):
            if not self._held:
                continue
            try:
                with self._desk.connect() as connection:
                    held = set(connection.execute(HELD).fetchall())
            except psycopg.OperationalError:
                continue
            with self._lock:
                for job in self._held.keys() - held:
                    self.seconds.append(time.monotonic() - self._held.pop(job))


@contextmanager
def worked_off(
    desk: Desk, jobs: int, kills: int, deadline: float, progress: Callable[[float], None]
) -> Iterator[Jobs]:
    """Queue so many jobs, and kill the worker so often meanwhile, or until `deadline`.

    At the end of the block all are done, and the result is complete: the last jobs of dead workers
    need their time.
    """
    result, started, chance = Jobs(), time.monotonic(), random.Random(2)
    with RescueWatch(desk) as watch, ThreadPoolExecutor(CLIENTS) as pool:
        created = [pool.submit(_create, desk.port, number) for number in range(jobs)]

        def finished() -> int:
            stored = sum(future.done() for future in created)
            [[left]] = desk.rows(LEFT)
            return max(0, stored - int(left))

        for number in range(kills):
            due = jobs * number // kills
            _wait(desk, lambda due=due: finished() >= due, finished)  # type: ignore[misc]
            if time.monotonic() > deadline:
                break
            watch.note_kill(desk.kill(WORKER, chance))
            result.kills += 1
            progress((number + 1) / kills)
        result.queued = sum(future.result() for future in created)
        yield result
        _wait(desk, lambda: desk.rows(LEFT) == [(0,)] and not watch.is_waiting, finished)
        result.rescues = watch.seconds
    result.seconds = time.monotonic() - started
    [[result.failed]] = desk.rows(FAILED)
    [[stored, vectors, predicted, doubled]] = desk.rows(EFFECTS)
    result.lacking = jobs - vectors + jobs - predicted
    result.doubled = int(doubled) + stored - jobs


def _create(port: int, number: int) -> bool:
    title = f"{PREFIX} {number}"
    body = {"title": title, "description": f"Invoice {number} shows a wrong amount. Please help."}
    body |= {"category": "billing", "priority": "low"}  # so that nobody waits for the encoder
    key = {"Idempotency-Key": f"soaked-job-{number}"}
    client = Client(port)
    return client.until_success("POST", "/api/tickets/", PATIENCE, body=body, **key).status == 201


def _wait(desk: Desk, is_over: Callable[[], bool], count: Callable[[], int]) -> None:
    """Wait until it is over. Raise RuntimeError if nothing moves for PATIENCE seconds."""
    last, since = -1, time.monotonic()
    while not is_over():
        if (number := count()) != last:
            last, since = number, time.monotonic()
        if time.monotonic() - since > PATIENCE:
            raise RuntimeError("The jobs do not go on.")
        desk.revive()
        time.sleep(0.2)
