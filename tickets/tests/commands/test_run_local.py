"""The whole program as `make run` starts it: real processes and a database of their own."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from embedded_postgres.processes import server_processes
from embedded_postgres.server import Server

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

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while text not in self.output():
            assert self.process.poll() is None, self.output()
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


@pytest.fixture
def program():
    # Pytest's own directory is private, and the server may run as another account.
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o711)
        program = Program(Path(directory) / "data")
        yield program
        if program.process.poll() is None:
            program.stop()
        Server(program.data_dir).stop()


def test_it_serves_seeds_once_keeps_data_and_stops_everything(program):
    program.start()
    status, _page = program.fetch("/")
    assert status == 200
    seeded = json.loads(program.fetch("/api/tickets/stats/")[1])["total_tickets"]
    assert seeded > 100
    created = json.loads(
        program.fetch("/api/tickets/", {"title": "Kept", "description": "over a restart"})[1]
    )
    passwords = re.findall(r"(agent|admin) +password: (\S+)", program.output())
    assert [name for name, _ in passwords] == ["agent", "admin"]

    processes = program.processes()
    assert program.stop(signal.SIGINT) == 0
    assert not [process for process in processes if process.is_running()]
    assert not program.database_processes()

    program.start()
    assert json.loads(program.fetch(f"/api/tickets/{created['id']}/")[1])["title"] == "Kept"
    assert json.loads(program.fetch("/api/tickets/stats/")[1])["total_tickets"] == seeded + 1
    assert re.findall(r"(agent|admin) +password: (\S+)", program.output()) == passwords


def is_migrating(program):
    return "Preparing the database" in program.output()


def is_loading_tickets(program):
    commands = []
    for process in program.processes():
        with suppress(psutil.NoSuchProcess):
            commands.append(process.cmdline())
    return any("seed" in command for command in commands)


@pytest.mark.parametrize(
    ("step", "by"), [(is_migrating, signal.SIGINT), (is_loading_tickets, signal.SIGKILL)]
)
def test_an_interrupted_first_start_is_taken_up_again(program, step, by):
    program.launch()
    deadline = time.monotonic() + TIMEOUT
    while not step(program):
        assert program.process.poll() is None, program.output()
        assert time.monotonic() < deadline, program.output()
        time.sleep(0.02)
    children = program.processes()
    program.stop(by)
    for process in children:
        with suppress(psutil.NoSuchProcess):
            process.wait(TIMEOUT)

    program.start()
    passwords = re.findall(r"(agent|admin) +password: (\S+)", program.output())
    assert [name for name, _ in passwords] == ["agent", "admin"]
    assert json.loads(program.fetch("/api/tickets/stats/")[1])["total_tickets"] > 100


def test_acknowledged_data_survives_a_kill_of_everything(program):
    program.start()
    created = json.loads(
        program.fetch("/api/tickets/", {"title": "Safe", "description": "through a crash"})[1]
    )
    everything = {*program.processes(), *program.database_processes()}
    for process in [psutil.Process(program.process.pid), *everything]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    program.process.wait(TIMEOUT)

    program.start()
    assert json.loads(program.fetch(f"/api/tickets/{created['id']}/")[1])["title"] == "Safe"


def test_requests_and_jobs_go_on_after_a_crash_of_the_database(program):
    program.start(FAKE_MAIL="1")
    [outbox] = re.findall(
        r"Email to and from the desk: (http://127\.0\.0\.1:\d+/)", program.output()
    )
    ticket = {"title": "Lamp", "description": "Dark", "requester_email": "kim@example.org"}
    number = json.loads(program.fetch("/api/tickets/", ticket)[1])["id"]
    for process in program.database_processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    # The read starts the server again, and is answered.
    assert json.loads(program.fetch(f"/api/tickets/{number}/")[1])["title"] == "Lamp"
    number = json.loads(program.fetch("/api/tickets/", ticket)[1])["id"]
    deadline = time.monotonic() + TIMEOUT
    while f"[#{number}] We have your request" not in urllib.request.urlopen(outbox).read().decode():
        assert time.monotonic() < deadline, program.output()
        time.sleep(0.2)


def test_the_fake_mail_server_takes_what_the_desk_sends(program):
    program.start(FAKE_MAIL="1")
    [address] = re.findall(
        r"Email to and from the desk: (http://127\.0\.0\.1:\d+/)", program.output()
    )
    ticket = {"title": "Lamp", "description": "Dark", "requester_email": "kim@example.org"}
    number = json.loads(program.fetch("/api/tickets/", ticket)[1])["id"]
    deadline = time.monotonic() + TIMEOUT
    page = ""
    while f"[#{number}] We have your request" not in page:
        assert time.monotonic() < deadline, page
        time.sleep(0.2)
        page = urllib.request.urlopen(address, timeout=TIMEOUT).read().decode()
    message = urllib.request.urlopen(f"{address}messages/1", timeout=TIMEOUT).read().decode()
    assert "support+t" in message
    assert "You can simply reply to this email." in message


def test_a_killed_process_is_restarted(program):
    program.start()
    [killed] = program.workers()
    killed.kill()
    deadline = time.monotonic() + TIMEOUT
    while program.workers() in ([], [killed]):
        assert time.monotonic() < deadline, program.output()
        time.sleep(0.1)


def test_a_taken_port_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run_to_end(DATA_DIR=str(tmp_path), PORT=str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert "Cannot listen on 127.0.0.1" in result.stderr
    assert result.stderr.strip().count("\n") == 0


def test_a_second_one_on_the_same_data_is_refused_in_one_line(program):
    program.start()
    result = run_to_end(DATA_DIR=str(program.data_dir), PORT="0")
    assert result.returncode == 1
    assert "A desk is already running on" in result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert program.fetch("/")[0] == 200


def test_an_open_desk_beyond_loopback_is_refused_in_one_line(tmp_path):
    result = run_to_end(DATA_DIR=str(tmp_path), HOST="0.0.0.0", ACCESS_MODE="open")
    assert result.returncode == 1
    assert "ACCESS_MODE=open" in result.stderr
    assert result.stderr.strip().count("\n") == 0


def run_to_end(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "run_local"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
