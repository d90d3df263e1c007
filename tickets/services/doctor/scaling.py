"""What a desk past one machine has beside its database: PgBouncer, and a replica."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError, connection, connections

from .finding import Finding, ok, wrong

# Of a database that is asked twice, once through PgBouncer: what must be the same.
IDENTITY = """
SELECT pg_is_in_recovery(), system_identifier, current_database(), current_user
FROM pg_control_system()
"""
DIFFERENCES = (
    "a server that cannot be written",
    *("another server", "another database", "another role"),
)
SESSION = "SELECT pg_backend_pid()"
ROUNDS = 20  # in which two clients take turns
MODE = "Set pool_mode = transaction in pgbouncer.ini."
PATIENCE = 2  # seconds for a replica to catch up


def look_at_pooler() -> Iterator[Finding]:
    """Compare what PgBouncer leads to with the database, and look at its mode."""
    try:
        with _client() as first, _client() as second:
            yield _examined(first, second)
    except psycopg.OperationalError as error:
        text = " ".join(str(error).split())
        advice = (
            MODE
            if "pooling mode" in text
            else "Start PgBouncer, or check DATABASE_POOL_URL, and in pgbouncer.ini the address and"
            " the account of the database. Requests get 503 meanwhile."
        )
        yield wrong("pool", f"The database cannot be used through PgBouncer: {text}.", advice)


def _client() -> psycopg.Connection[Any]:
    """Connect as a web server does."""
    described = connection.copy("pool")
    described.settings_dict |= settings.DATABASES["default"]["POOLER"]
    return psycopg.connect(**described.get_connection_params(), autocommit=True)


def _examined(first: psycopg.Connection[Any], second: psycopg.Connection[Any]) -> Finding:
    ours, theirs = _row(connection, IDENTITY), _row(first, IDENTITY)
    for what, mine, other in zip(DIFFERENCES, ours, theirs, strict=True):
        if mine != other:
            names = f": {other}, not {mine}" if isinstance(mine, str) else ""
            return wrong(
                "pool",
                f"DATABASE_POOL_URL leads to {what}{names}.",
                "Check DATABASE_POOL_URL, and the line of the database in pgbouncer.ini.",
            )
    for statement in ("BEGIN", "ROLLBACK"):  # refused in the mode that knows no transactions
        first.execute(statement)
    # A session that another client gets in between is shared, as it must be. Two clients that each
    # keep one of their own would need as many sessions as the desk has threads.
    turns = [(_row(first, SESSION), _row(second, SESSION)) for _ in range(ROUNDS)]
    of_first, of_second = (set(sessions) for sessions in zip(*turns, strict=True))
    if len(of_first) == len(of_second) == 1 and of_first != of_second:
        return wrong(
            "pool",
            "Each connection keeps a session of its own: PgBouncer is in session mode, or there is"
            " none behind DATABASE_POOL_URL.",
            MODE,
        )
    return ok("pool", "PgBouncer leads to the database, in transaction mode.")


def look_at_replica() -> Iterator[Finding]:
    replica = connections["replica"]
    try:
        [is_replica] = _row(replica, "SELECT pg_is_in_recovery()")
        late = _seconds_late(replica) if is_replica else 0.0
    except OperationalError as error:
        text = " ".join(str(error).split())
        advice = "Start it, or check DATABASE_REPLICA_URL. The primary answers meanwhile."
        yield wrong("replica", f"It cannot be used: {text}.", advice)
        return
    if not is_replica:
        yield wrong("replica", "It is no replica.", "Check DATABASE_REPLICA_URL.")
    elif late > settings.REPLICA_MAX_LAG:
        yield wrong(
            "replica",
            f"It is {timedelta(seconds=round(late))} behind, more than REPLICA_MAX_LAG, so the"
            " primary answers.",
            "Look whether it is paused, has lost the primary, or is too slow: its log says so.",
        )
    else:
        yield ok("replica", "It answers, and is not late.")


def _seconds_late(replica: Any) -> float:
    """Return how old the newest change is that it has, if it lacks one for PATIENCE; else 0."""
    [position] = _row(connection, "SELECT pg_current_wal_lsn()::text")
    deadline = time.monotonic() + PATIENCE
    while True:
        [has_all, seconds] = _row(
            replica,
            "SELECT coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false),"
            " extract(epoch FROM clock_timestamp()"
            " - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))::float8",
            position,
        )
        if has_all:
            return 0.0
        if time.monotonic() > deadline:
            return float(seconds)
        time.sleep(0.1)


def _row(database: Any, query: str, *values: object) -> tuple[Any, ...]:
    with database.cursor() as cursor:
        cursor.execute(query, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row
