"""The database: whether it answers, its release, its tables and its clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import NotSupportedError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from .finding import Finding, ok, wrong

MIN_VERSION = 18
MAX_DIFFERENCE = timedelta(seconds=2)
START = "Start it, or check DATABASE_URL or POSTGRES_HOST and the settings beside it."
FROZEN = "It is frozen, or a firewall drops what is sent. Look at its machine."
# What PostgreSQL says, and what to do.
ADVICE = {
    "password authentication failed": "Set POSTGRES_PASSWORD, or the password of DATABASE_URL, to"
    " that of the account.",
    "does not exist": "Check the names of the database and of its user in the settings.",
    "too many clients": "Raise max_connections of PostgreSQL, or put PgBouncer in between: see"
    " docs/scaling.md.",
    "could not translate host name": "Check the name of the server in the settings.",
    "failed to resolve host": "Check the name of the server in the settings.",
    "timeout expired": FROZEN,
    "not answer": FROZEN,
}


def look_at_connection() -> Iterator[Finding]:
    """Connect. An embedded server that does not run is left alone."""
    server = getattr(connection, "server", None)
    if server is not None and not server.is_running():
        yield wrong(
            "database",
            f"The embedded PostgreSQL in {server.data} does not run.",
            "Start the desk: make run.",
        )
        return
    started = time.monotonic()
    try:
        connection.ensure_connection()
        release = connection.connection.info.parameter_status("server_version") or ""
        version = connection.connection.info.server_version // 10_000
    except NotSupportedError as error:  # Django refuses what is older still
        release, version = str(error).rpartition("found ")[2].rstrip(")."), 0
    except OperationalError as error:
        text = " ".join(str(error).split())
        advice = next((advice for part, advice in ADVICE.items() if part in text), START)
        yield wrong("database", f"It cannot be used: {text}.", advice)
        return
    if version < MIN_VERSION:
        yield wrong(
            "database",
            f"PostgreSQL {release} is too old.",
            f"The desk needs PostgreSQL {MIN_VERSION}: upgrade the server.",
        )
    else:
        milliseconds = (time.monotonic() - started) * 1000
        yield ok("database", f"PostgreSQL {release} answers in {milliseconds:.0f} ms.")


def look_at_migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    loader = executor.loader
    missing = executor.migration_plan(loader.graph.leaf_nodes())
    unknown = [key for key in loader.applied_migrations if key not in loader.disk_migrations]
    if newer := [name for app, name in unknown if app == "tickets"]:
        yield wrong(
            "migrations",
            f"The database is of a newer release: it has {min(newer)}.",
            "Install that release, or restore a backup of this one.",
        )
    elif missing:
        names = ", ".join(f"{each.app_label}.{each.name}" for each, _ in missing[:3])
        yield wrong(
            "migrations",
            f"The database lacks {len(missing)}, beginning with {names}.",
            "Run manage.py migrate, then restart the web server and the worker.",
        )
    else:
        yield ok("migrations", f"The database has all {len(loader.graph.nodes)}.")


def look_at_clock() -> Iterator[Finding]:
    """Compare this machine's clock with that of the database."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [theirs] = cursor.fetchone() or (before,)
    ours = before + (timezone.now() - before) / 2
    difference = theirs - ours
    if abs(difference) > MAX_DIFFERENCE:
        yield wrong(
            "time",
            f"This machine's clock differs from that of the database by"
            f" {abs(difference).total_seconds():.0f} seconds.",
            "Set both by NTP, for example with systemd-timesyncd or chrony.",
        )
    else:
        yield ok("time", f"{ours:%Y-%m-%d %H:%M:%S} UTC, here and in the database.")
