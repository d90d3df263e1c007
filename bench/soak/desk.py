"""The desk as `make run` starts it, its processes, and a small file system of its own."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

from bench.ui.desk import ROOT, end_with_parent, environment_with, free_port
from embedded_postgres.processes import postmaster, server_processes
from embedded_postgres.server import Server

from .client import Client

RUN_LOCAL, WEB_PARENT, WEB_PROCESS = "run_local", "web parent", "web process"
WORKER, POSTMASTER, DATABASE_PROCESS = "worker", "postmaster", "database process"
EVERYTHING = "everything"
PATIENCE = 300.0  # seconds until a process must be there, or the desk must answer
LOG_LINES = 400  # of what the desk wrote before it failed
DISK_BYTES = 4 << 30  # of memory, as far as they are used


class Desk:
    """`manage.py run_local`, started again whenever it ends, as a service manager would."""

    def __init__(self, home: Home, log: IO[bytes], **settings: str) -> None:
        self.home, self.data = home, home.path / "data"
        self.port, self.lmtp_port = free_port(), free_port()
        self.environment = environment_with(
            ACCESS_MODE="open",
            PORT=str(self.port),
            DATA_DIR=str(self.data),
            LMTP_ADDRESS=f"127.0.0.1:{self.lmtp_port}",
            **settings,
        )
        self._log = log
        self._database: dict[str, str] = {}

    def start(self) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "manage.py", "run_local"],
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C reaches only us
            preexec_fn=end_with_parent,
        )

    def revive(self) -> None:
        """Start it again if it has ended."""
        if self.popen.poll() is not None:
            self.start()

    def stop(self) -> None:
        self.popen.terminate()
        self.popen.wait(PATIENCE)
        Server(self.data).stop()  # if its last start has not come far

    def manage(self, *arguments: str) -> str:
        completed = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return completed.stdout

    # --- its processes ---

    @property
    def cluster(self) -> Path:
        return (self.data / "postgres" / "data").resolve()

    def database_processes(self) -> list[psutil.Process]:
        return list(server_processes(self.cluster).values())

    def processes(self, kind: str) -> list[psutil.Process]:
        with suppress(psutil.Error):
            if kind == RUN_LOCAL:
                return [psutil.Process(self.popen.pid)] if self.popen.poll() is None else []
            if kind == POSTMASTER:
                first = postmaster(self.cluster)
                return [first] if first else []
            if kind == DATABASE_PROCESS:
                first = postmaster(self.cluster)
                return list(first.children()) if first else []
            children = psutil.Process(self.popen.pid).children()
            if kind == WORKER:
                return [child for child in children if "procrastinate" in child.cmdline()]
            parents = [child for child in children if "config/gunicorn.py" in child.cmdline()]
            if kind == WEB_PARENT:
                return parents
            return [process for parent in parents for process in parent.children()]
        return []

    def kill(self, kind: str, chance: random.Random) -> float:
        """Kill a process of a kind, once there is one. Return when, on the monotonic clock.

        EVERYTHING is killed at once, and what takes the others with it is started again.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.revive()
            victims = self._everything() if kind == EVERYTHING else self.processes(kind)
            if victims and kind != EVERYTHING:
                victims = [chance.choice(victims)]
            if victims:
                moment = time.monotonic()
                for process in victims:
                    with suppress(psutil.NoSuchProcess):
                        process.kill()
                if kind in (RUN_LOCAL, EVERYTHING):
                    self.popen.wait()
                    self.start()
                return moment
            time.sleep(0.02)
        raise RuntimeError(f"There is no {kind} to kill.")

    def _everything(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.popen.pid)
            return [first, *first.children(recursive=True), *self.database_processes()]
        return []

    # --- its database ---

    def connect(self) -> psycopg.Connection[Any]:
        """Ask the database past the desk."""
        if not self._database:
            self._database = Server(self.data).ensure_running()
        address: dict[str, Any] = self._database
        return psycopg.connect(**address, dbname="tickets", autocommit=True, connect_timeout=5)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what the database answers, as soon as it does."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.connect() as connection:
                    return connection.execute(query.encode(), values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)


@contextmanager
def running_desk(home: Home, **settings: str) -> Iterator[Desk]:
    """Run a desk until the end of the block."""
    with tempfile.NamedTemporaryFile(prefix="desk-soak-log-") as log:
        desk = Desk(home, log, **settings)
        desk.start()
        try:
            client, deadline = Client(desk.port), time.monotonic() + PATIENCE
            while not client.ask("GET", "/api/tickets/?limit=1").is_success:
                if desk.popen.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The desk did not start: {Path(log.name).read_text()}")
                time.sleep(0.1)
            yield desk
        except Exception as error:
            lines = Path(log.name).read_text(errors="replace").splitlines()
            error.add_note("\n".join(["The desk's log ends with:", *lines[-LOG_LINES:]]))
            raise
        finally:
            desk.stop()


class Home:
    """A temporary directory. If this account may mount one, it is a file system of its own."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="desk-soak-"))
        self.is_mounted = self._mount(f"size={DISK_BYTES},mode=711")
        self.path.chmod(0o711)  # if we are root, the database's account must pass through

    def fill(self) -> None:
        """Leave no room, except for what is being written just now."""
        self._mount(f"remount,size={shutil.disk_usage(self.path).used}")

    def empty(self) -> None:
        self._mount(f"remount,size={DISK_BYTES}")

    def remove(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.path)], check=True)
        shutil.rmtree(self.path, ignore_errors=True)

    def _mount(self, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(self.path)]
        return (
            bool(shutil.which("mount"))
            and not subprocess.run(command, capture_output=True).returncode
        )
