"""The parts of the soak, on one desk."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench.mail import ways
from bench.mail.server import CountingServer, mail_server

from . import desk as desks
from .acknowledged import Comparison
from .breakages import BREAKAGES, Breakage, break_database
from .client import Client
from .crowd import Good, crowd
from .jobs import Jobs, worked_off
from .kills import kill
from .load import Load

# Of each thousand kills.
SHARES = {
    desks.WEB_PROCESS: 330,
    desks.DATABASE_PROCESS: 200,
    desks.POSTMASTER: 150,
    desks.WORKER: 170,
    desks.WEB_PARENT: 110,
    desks.RUN_LOCAL: 30,
    desks.EVERYTHING: 10,
}
PARTS = ("kills", "jobs", "breakages", "crowd")
FROZEN_SECONDS = 75.0
CONNECTIONS = 9000
PATIENCE = 300.0


@dataclass(frozen=True)
class Plan:
    """How much of each part to do. What is 0 or empty is left out."""

    kills: Mapping[str, int] = field(default_factory=dict)
    jobs: int = 0
    worker_kills: int = 0
    breakages: Mapping[str, float] = field(default_factory=dict)  # to seconds
    connections: int = 0  # half-open
    requests: int = 400  # of a good client, in each round
    minutes: float = 60.0  # for the kills, and again for the jobs


@dataclass
class Kills:
    times: dict[str, list[float]]
    seconds: float
    comparison: Comparison
    answers: Counter[str]  # confirmations, by address


@dataclass
class Result:
    kills: Kills | None = None
    jobs: Jobs | None = None
    breakages: dict[str, Breakage] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    crowd: dict[str, Good] = field(default_factory=dict)
    connections: int = 0


Progress = Callable[[str, float], None]


def plan_of(
    parts: Collection[str], kills: int, jobs: int, worker_kills: int, minutes: float
) -> Plan:
    """Return the long form of some PARTS."""
    counts = {kind: round(kills * share / 1000) for kind, share in SHARES.items()}
    seconds = dict.fromkeys(BREAKAGES, 10.0) | {"frozen": FROZEN_SECONDS}
    return Plan(
        kills=counts if "kills" in parts else {},
        jobs=jobs if "jobs" in parts else 0,
        worker_kills=worker_kills,
        breakages=seconds if "breakages" in parts else {},
        connections=CONNECTIONS if "crowd" in parts else 0,
        minutes=minutes,
    )


def soak(plan: Plan, progress: Progress, **settings: str) -> Result:
    """Start a desk and do to it what the plan says."""
    result = Result()
    with ExitStack() as stack:
        home = desks.Home()
        stack.callback(home.remove)
        server = stack.enter_context(mail_server())
        inbox_url, by_imap = stack.enter_context(ways.imap_server())
        settings = {
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
            "CONFIRMATION_LIMIT": "1000000",
            **({"INBOX_URL": inbox_url} if inbox_url else {}),
            **settings,
        }
        progress("start", 0)
        desk = stack.enter_context(desks.running_desk(home, **settings))
        with ExitStack() as comparing:  # what the kills left is compared after the breakages
            with ExitStack() as working:
                if plan.jobs:
                    deadline = time.monotonic() + 60 * plan.minutes
                    step = partial(progress, "jobs under kills of the worker")
                    work = worked_off(desk, plan.jobs, plan.worker_kills, deadline, step)
                    result.jobs = working.enter_context(work)
                if plan.kills:
                    kills = killed_under_load(desk, by_imap, server, plan, progress)
                    result.kills = comparing.enter_context(kills)
            for number, (name, seconds) in enumerate(plan.breakages.items()):
                progress(f"database: {name}", number / len(plan.breakages))
                if name == "disk full" and not home.is_mounted:
                    result.left_out.append(name)
                else:
                    result.breakages[name] = break_database(desk, name, seconds)
        if plan.connections:
            result.connections = plan.connections
            step = partial(progress, "a crowd at the proxy")
            result.crowd = crowd(desk.port, plan.connections, plan.requests, step)
    return result


@contextmanager
def killed_under_load(
    desk: desks.Desk,
    by_imap: ways.Deliver | None,
    server: CountingServer,
    plan: Plan,
    progress: Progress,
) -> Iterator[Kills]:
    """Kill processes under load. At the end of the block compare what was acknowledged."""
    token = desk.manage("create_token", "soak", "--scopes", "mail").strip()
    by_way: dict[str, ways.Deliver | None] = {
        "http": partial(ways.by_http, f"http://127.0.0.1:{desk.port}", token),
        "lmtp": partial(ways.by_lmtp, desk.lmtp_port),
        "pipe": partial(ways.by_pipe, desk.environment),
        "imap": by_imap,
    }
    load = Load(desk.port, by_way, desk.lmtp_port)
    started = time.monotonic()
    with load.running():
        deadline = started + 60 * plan.minutes
        step = partial(progress, "kills under load")
        times = kill(desk, load, plan.kills, deadline, step)
    if load.problems:  # the desk's log says why
        raise RuntimeError("\n".join(load.problems))
    seconds = time.monotonic() - started
    result = Kills(times, seconds, Comparison(), server.answers)
    yield result
    progress("comparing", 0)
    client = Client(desk.port)
    wait_for_mail(desk, load.acknowledged.mails)
    result.comparison = load.acknowledged.compare(client)


def wait_for_mail(desk: desks.Desk, subjects: set[str]) -> None:
    """Wait until each message that was taken is a ticket, as jobs of dead workers take a while."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        rows: Sequence[tuple[Any, ...]] = desk.rows("SELECT title FROM tickets_ticket")
        if subjects <= {title for (title,) in rows}:
            return
        desk.revive()
        time.sleep(1)
