"""Start, query, crash and suspend an embedded server in tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from embedded_postgres.processes import postmaster, server_processes
from embedded_postgres.server import Server

CHECKOUT = Path(__file__).resolve().parents[2]
DATABASE = "example"
STARTER = f"""
import sys
from pathlib import Path
from embedded_postgres.exceptions import EmbeddedPostgresError
from embedded_postgres.server import Server

server = Server(Path(sys.argv[1]))
try:
    server.ensure_running({DATABASE!r})
except EmbeddedPostgresError as error:
    sys.exit(str(error))
print("started" if server.started_here else "found")
sys.stdout.flush()
sys.stdin.read()
"""


def connect(server: Server, autocommit: bool = True) -> psycopg.Connection[tuple[Any, ...]]:
    conninfo = make_conninfo(**server.ensure_running(DATABASE), dbname=DATABASE)
    return psycopg.connect(conninfo, autocommit=autocommit)


def query(server: Server, sql: str) -> list[tuple[Any, ...]]:
    with connect(server) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def data_of(server: Server) -> Path:
    return (server.data_dir / "postgres" / "data").resolve()


def first_process(server: Server) -> psutil.Process:
    process = postmaster(data_of(server))
    assert process is not None
    return process


def crash(server: Server) -> None:
    """Kill all of the server's processes with SIGKILL, as a power cut would."""
    for process in server_processes(data_of(server)).values():
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    wait_until(lambda: not server_processes(data_of(server)))


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)


@contextmanager
def suspended(process: psutil.Process) -> Iterator[None]:
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def start_in_subprocess(data_dir: Path, *python_path: Path) -> subprocess.Popen[str]:
    """Start or find the server in another process, which prints "started" or "found" and waits."""
    path = os.pathsep.join(
        [*map(str, python_path), str(CHECKOUT), os.environ.get("PYTHONPATH", "")]
    )
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
