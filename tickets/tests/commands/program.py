"""The whole program as `make run` starts it, for tests."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from embedded_postgres.processes import server_processes

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT = 120


def free_port() -> int:
    """Return a port below the ephemeral range, so that it stays free during a restart."""
    while True:
        port = random.randint(20_000, 29_999)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Program:
    """`manage.py run_local` on a free port and a data directory of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()

    def start(self, **environment: str) -> None:
        self.launch(**environment)
        self.wait_for("Support desk: http")

    def launch(self, **environment: str) -> None:
        environ = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SECRET_KEY")}
        self.log = self.data_dir.parent / "log"
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run_local"],
            cwd=ROOT,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            env={
                **environ,
                "ACCESS_MODE": "open",
                "DATA_DIR": str(self.data_dir),
                "PORT": str(self.port),
                **environment,
            },
        )

    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while text not in self.output():
            assert self.is_running(), self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def output(self) -> str:
        return self.log.read_text()

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(by)
        return self.process.wait(TIMEOUT)

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def workers(self) -> list[psutil.Process]:
        workers = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):  # zombies too
                workers += [process] if "procrastinate" in process.cmdline() else []
        return workers

    def database_processes(self) -> list[psutil.Process]:
        return list(server_processes((self.data_dir / "postgres" / "data").resolve()).values())

    def fetch(self, path: str, body: dict[str, str] | None = None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} if body is not None else {},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return response.status, response.read().decode()


def status_of(program, path):
    """Return the status of an answer, whatever it says."""
    try:
        return program.fetch(path)[0]
    except urllib.error.HTTPError as error:
        return error.code


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
