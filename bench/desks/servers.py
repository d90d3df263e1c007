"""The processes that are compared: started, measured and stopped."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from psycopg.conninfo import make_conninfo

from .client import Request, send

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".build" / "peers"
PROCESSES, THREADS = 2, 8  # of every web server, as `make run` has them
GUNICORN = (
    *("-m", "gunicorn", "--worker-class", "gthread", "--preload", "--log-level", "error"),
    *("--workers", str(PROCESSES), "--threads", str(THREADS), "--worker-tmp-dir", "/dev/shm"),
)


@dataclass(frozen=True)
class Server:
    """A running web server: gunicorn's master process is `pid`, or below it."""

    name: str
    port: int
    pid: int

    def workers(self) -> list[psutil.Process]:
        """Return gunicorn's worker processes."""
        processes = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        masters = [each for each in processes if _is_master(each)]
        return [worker for master in masters for worker in master.children()]

    def web_seconds(self) -> dict[int, float]:
        return {process.pid: _seconds(process) for process in self.workers()}

    def worker_megabytes(self) -> float:
        """Return the memory that the largest worker shares with no other process."""
        return max(each.memory_full_info().uss for each in self.workers()) / 1e6


def _is_master(process: psutil.Process) -> bool:
    try:
        is_child = _has_gunicorn(process.parent())
        return _has_gunicorn(process) and not is_child
    except psutil.NoSuchProcess:
        return False


def _has_gunicorn(process: psutil.Process | None) -> bool:
    if process is None:
        return False
    arguments = process.cmdline()
    return "gunicorn" in arguments or any(each.startswith("gunicorn") for each in arguments[:1])


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True)
class Database:
    """The embedded server of a desk. `address` is libpq's `host`, `port` and `user`."""

    address: Mapping[str, str]
    pid: int

    def conninfo(self, name: str = "tickets") -> str:
        return make_conninfo(**self.address, dbname=name)

    def seconds(self) -> dict[int, float]:
        """Return the CPU time of its processes, by pid."""
        times = {}
        for process in psutil.Process(self.pid).children():
            try:
                times[process.pid] = _seconds(process)
            except psutil.NoSuchProcess:
                continue
        return times

    def processes(self) -> list[psutil.Process]:
        server = psutil.Process(self.pid)
        return [server, *server.children()]


def spent(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Return the CPU seconds between two readings. A process that is new counts from its start."""
    return sum(max(0.0, value - before.get(pid, 0.0)) for pid, value in after.items())


def megabytes(processes: list[psutil.Process]) -> float:
    """Return their memory, what they share being divided among them."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 1e6


def parts_of_make_run(desk: Server, database: Database) -> dict[str, float]:
    """Return the megabytes of all that `make run` starts, by what it is."""
    program = psutil.Process(desk.pid)
    parts = {"the command itself": [program], "web server": [], "worker": []}
    for process in program.children():
        name = "web server" if _has_gunicorn(process) else "worker"
        parts[name] += [process, *process.children(recursive=True)]
    parts["PostgreSQL"] = database.processes()
    return {name: round(megabytes(processes)) for name, processes in parts.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    name: str, command: list[str], environment: Mapping[str, str], port: int, probe: str
) -> Iterator[Server]:
    """Run a web server until the end. Raise RuntimeError if it does not answer."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(name, process, port, probe)
        yield Server(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _wait(name: str, process: subprocess.Popen[bytes], port: int, probe: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if send(port, Request("GET", probe)).status < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{name} does not answer.")


@contextmanager
def our_desk(data_dir: Path) -> Iterator[Server]:
    """Run the program as `make run` does, on a data directory that is migrated and filled."""
    port = free_port()
    environment = {
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "ACCESS_MODE": "open",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "manage.py", "run_local"]
    with running("our desk", command, environment, port, "/readyz") as server:
        yield server


@contextmanager
def limit(database: Database, statements: Path) -> Iterator[Server]:
    port = free_port()
    environment = {
        "LIMIT_STATEMENTS": str(statements),
        "LIMIT_DATABASE": database.conninfo(),
    }
    command = [sys.executable, *GUNICORN, "--bind", f"127.0.0.1:{port}", "bench.desks.limit"]
    with running("the limit", command, environment, port, "/probe") as server:
        yield server


@contextmanager
def peer(
    name: str, database: Database, probe: str, *, count_statements: bool = False
) -> Iterator[Server]:
    """Run the peer in the folder `peer_<name>` of `bench/`."""
    port = free_port()
    environment = peer_environment(name, database)
    if count_statements:
        environment["COUNT_STATEMENTS"] = "1"
    python = str(PEERS / name / "bin" / "python")
    command = [python, *GUNICORN, "--bind", f"127.0.0.1:{port}", f"bench.peer_{name}.wsgi"]
    with running(f"peer_{name}", command, environment, port, probe) as server:
        yield server


def peer_environment(name: str, database: Database) -> dict[str, str]:
    address = {**database.address, "dbname": f"peer_{name}"}
    return {
        "DJANGO_SETTINGS_MODULE": f"bench.peer_{name}.settings",
        "PEER_DATABASE": json.dumps(address),
    }


def run_in_peer(name: str, database: Database, *arguments: str) -> str:
    """Run the peer's Python and return what it prints."""
    environment = {**os.environ, **peer_environment(name, database)}
    command = [str(PEERS / name / "bin" / "python"), *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"peer_{name}: {result.stderr[-2000:]}")
    return result.stdout


def install_peer(name: str) -> None:
    """Install the peer's packages, pinned with their digests, into an environment of its own."""
    requirements = ROOT / "bench" / f"peer_{name}" / "requirements.txt"
    environment, stamp = PEERS / name, PEERS / name / "requirements.stamp"
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    pip += ["install", "--quiet", "--require-hashes", "-r", str(requirements)]
    subprocess.run(pip, check=True)
    stamp.write_text(requirements.read_text())
