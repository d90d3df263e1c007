"""A million tickets in one table and in months: lists, one ticket, creates, and the end of a year.

Both tables have the same rows and the indexes that lists need. The primary key of a partitioned
table must contain the month, so a number alone is unique in it nowhere.
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from embedded_postgres.server import Server

TICKETS, MONTHS, ROUNDS = 1_000_000, 60, 31
TABLES = ("whole", "months")
CREATE = f"""
CREATE TABLE whole AS
SELECT n::bigint AS id, 'Ticket ' || n AS title, repeat(md5(n::text), 16) AS description,
    (ARRAY['billing', 'technical', 'account', 'general'])[1 + hashint4(n) & 3] AS category,
    (ARRAY['low', 'medium', 'high', 'critical'])[1 + hashint4(n + 7) & 3] AS priority,
    (ARRAY['closed', 'closed', 'closed', 'open'])[1 + hashint4(n + 9) & 3] AS status,
    date_trunc('month', now()) + interval '1 month'
        - ({TICKETS} - n + 1) * (interval '{MONTHS} months' / {TICKETS}.0) AS created_at
FROM generate_series(1, {TICKETS}) n;
ALTER TABLE whole ALTER created_at SET NOT NULL, ADD PRIMARY KEY (id);
CREATE TABLE months (LIKE whole) PARTITION BY RANGE (created_at);
DO $$ BEGIN
    FOR month IN 0 .. {MONTHS} LOOP
        EXECUTE format('CREATE TABLE month_%s PARTITION OF months FOR VALUES FROM (%L) TO (%L)',
            month, date_trunc('month', now()) - (month || ' months')::interval,
            date_trunc('month', now()) - (month - 1 || ' months')::interval);
    END LOOP;
END $$;
INSERT INTO months SELECT * FROM whole;
ALTER TABLE months ADD PRIMARY KEY (id, created_at);
"""
INDEXES = """
CREATE INDEX ON {table} (created_at DESC, id DESC);
CREATE INDEX ON {table} (status, created_at DESC, id DESC);
CREATE INDEX ON {table} (priority, created_at DESC, id DESC);
"""
PAGE = "ORDER BY created_at DESC, id DESC LIMIT 21"
BEFORE = "(created_at, id) < (%(middle)s, 0) AND created_at <= %(middle)s"
QUESTIONS = {
    "newest 20": f"SELECT * FROM {{table}} {PAGE}",
    "one filter": f"SELECT * FROM {{table}} WHERE status = 'open' {PAGE}",
    "two filters": "SELECT * FROM {table}"
    f" WHERE status = 'open' AND priority = 'critical' {PAGE}",
    "page in the middle": f"SELECT * FROM {{table}} WHERE {BEFORE} {PAGE}",
    "one ticket": "SELECT * FROM {table} WHERE id = %(number)s",
    "create": "INSERT INTO {table} SELECT %(new)s, title, description, category, priority, status,"
    " now() FROM whole WHERE id = %(number)s",
}


def main() -> None:
    with scratch_database() as connection:
        print(f"{TICKETS:,} tickets; milliseconds of planning + running, median of {ROUNDS}\n")
        connection.execute(CREATE.encode())
        for table in TABLES:
            connection.execute(INDEXES.format(table=table).encode())
        connection.execute("VACUUM ANALYZE")
        print(f"{'':<20}{'one table':>16}{f'{MONTHS + 1} months':>18}")
        for name in QUESTIONS:
            cells = (cost(connection, name, table) for table in TABLES)
            print(f"{name:<20}" + "".join(f"{plan:10.2f} + {run:.2f}" for plan, run in cells))
        end_of_a_year(connection)


@contextmanager
def scratch_database() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Run a server of its own, and remove it and its data at the end."""
    data_dir = Path(tempfile.mkdtemp(prefix=f"partitions-{os.getpid()}-"))
    data_dir.chmod(0o711)  # if we are root, the server's account must pass through
    server = Server(data_dir)
    try:
        address = make_conninfo(**server.ensure_running("scratch"), dbname="scratch")
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection
    finally:
        server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


def cost(
    connection: psycopg.Connection[tuple[Any, ...]], name: str, table: str
) -> tuple[float, float]:
    """Return how long planning and running a question take."""
    [[middle]] = connection.execute("SELECT created_at FROM whole WHERE id = %s", [TICKETS // 2])
    question = QUESTIONS[name].format(table=table)
    plans = []
    for number in range(ROUNDS):
        values = {
            "middle": middle,
            "number": TICKETS // 3 + number,
            "new": 2 * TICKETS + secrets.randbelow(TICKETS),
        }
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {question}"
        [[[plan]]] = psycopg.ClientCursor(connection).execute(explain.encode(), values)
        plans.append((plan["Planning Time"], plan["Execution Time"]))
    planning, running = zip(*plans, strict=True)
    return statistics.median(planning), statistics.median(running)


def end_of_a_year(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Delete the oldest year: row by row, and as twelve tables."""
    started = time.perf_counter()
    oldest = f"SELECT min(created_at) + interval '12 months' FROM month_{MONTHS - 1}"
    deleted = connection.execute(f"DELETE FROM whole WHERE created_at < ({oldest})".encode())
    in_rows = time.perf_counter() - started
    connection.execute("VACUUM whole")
    with_vacuum = time.perf_counter() - started
    started = time.perf_counter()
    for month in range(MONTHS - 12, MONTHS):
        connection.execute(f"DROP TABLE month_{month}".encode())
    in_months = time.perf_counter() - started
    print(
        f"\nthe oldest year, {deleted.rowcount:,} tickets: {in_rows:.1f} s row by row,"
        f" {with_vacuum:.1f} s with VACUUM; {in_months:.2f} s in months"
    )
