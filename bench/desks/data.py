"""The desks' data: our own generated, the peers' copied from it, so that all have the same rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from embedded_postgres.programs import binary
from embedded_postgres.server import server_of

from .servers import ROOT, Database, run_in_peer

LISTED = "merged_into_id IS NULL AND NOT spam"
REST_COLUMNS = (
    "id, title, description, category, priority, status, sentiment, urgency_score,"
    " requester_email, created_at, updated_at"
)
# django-helpdesk: a queue, statuses and priorities as numbers.
HELPDESK_COLUMNS = (
    "id, queue_id, title, created, modified, submitter_email, status, on_hold, description,"
    " priority, secret_key"
)
HELPDESK_VALUES = (
    "id, 1, title, created_at, updated_at, nullif(requester_email, ''),"
    " CASE status WHEN 'open' THEN 1 WHEN 'in_progress' THEN 2 WHEN 'resolved' THEN 3 ELSE 4 END,"
    " false, description,"
    " CASE priority WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 ELSE 4 END,"
    " md5(id::text)"
)
# What each part of our database weighs.
SIZES = """
SELECT relname, pg_relation_size(oid) AS rows, pg_indexes_size(oid) AS indexes,
    pg_total_relation_size(oid) AS total
FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace
ORDER BY total DESC LIMIT 12
"""


def make_desk(data_dir: Path, tickets: int) -> float:
    """Fill a new desk, or bring the schema of an earlier one up to date. Return the seconds."""
    started = time.monotonic()
    environment = {**os.environ, "DATA_DIR": str(data_dir)}
    if data_dir.exists():
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    else:
        command = [sys.executable, "-m", "bench.load", "--tickets", str(tickets)]
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    data_dir.parent.chmod(0o711)  # if we are root, the database's account must pass through
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return time.monotonic() - started


def database_of(data_dir: Path) -> Database:
    """Start the desk's embedded server if it does not run."""
    address = server_of(data_dir).ensure_running("tickets")
    pid_file = data_dir.resolve() / "postgres" / "data" / "postmaster.pid"
    return Database(dict(address), int(pid_file.read_text().splitlines()[0]))


def stop_database(data_dir: Path) -> None:
    server_of(data_dir).stop()


def make_peers(data_dir: Path, database: Database, names: list[str]) -> dict[str, Any]:
    """Create the peers' databases with the desk's listed tickets. Return what a client needs."""
    needs: dict[str, Any] = {}
    for name in names:
        with psycopg.connect(database.conninfo("postgres"), autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS peer_{name}")
            server.execute(f"CREATE DATABASE peer_{name}")
        migrate = ("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
        run_in_peer(name, database, *migrate)
        if name == "rest":
            _copy(database, name, "ticket", REST_COLUMNS, REST_COLUMNS)
        else:
            needs = json.loads(run_in_peer(name, database, "-m", "bench.peer_helpdesk.agent"))
            _copy(database, name, "helpdesk_ticket", HELPDESK_COLUMNS, HELPDESK_VALUES)
    return needs


def _copy(database: Database, name: str, table: str, columns: str, values: str) -> None:
    """Copy the listed tickets into a peer's table, oldest first."""
    read = f"COPY (SELECT {values} FROM tickets_ticket WHERE {LISTED} ORDER BY id) TO STDOUT"
    with (
        psycopg.connect(database.conninfo()) as ours,
        psycopg.connect(database.conninfo(f"peer_{name}"), autocommit=True) as theirs,
    ):
        with (
            ours.cursor().copy(read) as source,
            theirs.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as target,
        ):
            for data in source:
                target.write(data)
        if name == "rest":
            # Four indexes of one column: not those that Django adds for LIKE.
            extra = theirs.execute(
                "SELECT indexname FROM pg_indexes WHERE tablename = 'ticket'"
                " AND indexname LIKE '%%_like'"
            ).fetchall()
            for (index,) in extra:
                theirs.execute(f'DROP INDEX "{index}"')
        theirs.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
        )
        theirs.execute(f"VACUUM (ANALYZE, FREEZE) {table}")


def sizes(database: Database) -> dict[str, Any]:
    """Return the bytes of our database, of its largest tables, and of the peer's."""
    with psycopg.connect(database.conninfo()) as ours:
        tables = ours.execute(SIZES).fetchall()
        total = dict(
            ours.execute("SELECT datname, pg_database_size(datname) FROM pg_database").fetchall()
        )
    return {"databases": total, "tables": tables}


def pgbench(
    database: Database, script: str, protocol: str, seconds: float, directory: Path
) -> float | None:
    """Return the transactions per second of a script, or None if there is no pgbench.

    Only the protocol `simple` leaves a colon in a text alone, but it plans every time.
    """
    try:
        program = binary("pgbench")
    except psycopg.OperationalError:
        return None
    path = directory / "script.sql"
    path.write_text(script)
    command = [str(program), "--no-vacuum", "--client", "16", "--jobs", "2", "--file", str(path)]
    command += ["--time", str(max(1, round(seconds))), "--protocol", protocol]
    command += ["--host", database.address["host"], "--port", database.address["port"]]
    command += ["--username", database.address["user"], "tickets"]
    result = subprocess.run(command, capture_output=True, text=True)
    rates = [line for line in result.stdout.splitlines() if line.startswith("tps = ")]
    if not rates:
        raise RuntimeError(f"pgbench: {result.stderr[-500:]}")
    return float(rates[0].split()[2])
