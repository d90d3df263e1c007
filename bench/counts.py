"""What the counts that the database keeps cost those who write.

Our desk, as `make run` starts it, gets new tickets and changes of status over 16 connections. The
rounds go with and without the triggers that note what is counted, in turn, on the same tickets.
"""

from __future__ import annotations

import operator
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import psycopg
from psycopg import sql

from bench.desks import data, servers
from bench.desks.client import get, load
from bench.desks.facts import learn_facts
from bench.desks.routes import make_routes
from bench.progress import Progress

ROUTES = ("status", "create")  # creates leave the worker something to do
TRIGGERS = """
SELECT tgname FROM pg_trigger
WHERE tgrelid = 'tickets_ticket'::regclass AND starts_with(tgname, 'tickets_counts_')
"""
WANTED = 0.75  # of the rate without the triggers


def main(tickets: int, rounds: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="tickets-bench-") as directory:
        data_dir = Path(directory, "desk")
        data.make_desk(data_dir, tickets)
        database = data.database_of(data_dir)
        try:
            with (
                psycopg.connect(database.conninfo(), autocommit=True) as connection,
                servers.our_desk(data_dir) as desk,
            ):
                rates = measure(connection, desk.port, rounds, seconds)
        finally:
            data.stop_database(data_dir)
    print(f"{tickets:,} tickets, 16 connections, medians of {rounds} rounds, requests per second\n")
    for name in ROUTES:
        counting, free = rates[name, True], rates[name, False]
        ratio = statistics.median(map(operator.truediv, counting, free))
        print(
            f"{name:8} with the counts {statistics.median(counting):6.0f},"
            f" without {statistics.median(free):6.0f}; ratio {ratio:.2f}, wanted {WANTED}"
        )


def measure(
    connection: psycopg.Connection, port: int, rounds: int, seconds: float
) -> dict[tuple[str, bool], list[float]]:
    """Return the rates of each round, by route and whether the counts are kept."""
    made = {route.name: route for route in make_routes(learn_facts(connection, {}))}
    routes = [made[name] for name in ROUTES]
    rates: dict[tuple[str, bool], list[float]] = defaultdict(list)
    progress = Progress(sys.stderr)
    load(port, [get("/")], 1)  # each thread loads what it needs before it is timed
    for route in routes:
        for number in range(rounds):
            for is_kept in (True, False) if number % 2 else (False, True):
                progress(f"{route.name}, {'with' if is_kept else 'without'}", number / rounds)
                keep_counts(connection, is_kept=is_kept)
                timing = load(port, route.ours, seconds)
                if timing.errors:
                    raise RuntimeError(f"{route.name}: {timing.errors} errors")
                rates[route.name, is_kept].append(timing.rate)
    progress.close()
    return rates


def keep_counts(connection: psycopg.Connection, *, is_kept: bool) -> None:
    """Switch the triggers of the counts on or off."""
    for (name,) in connection.execute(TRIGGERS).fetchall():
        action = sql.SQL("ENABLE" if is_kept else "DISABLE")
        alter = sql.SQL("ALTER TABLE tickets_ticket {} TRIGGER {}")
        connection.execute(alter.format(action, sql.Identifier(name)))
