"""The whole program as `make run` starts it: real processes and a database of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import psutil
import pytest

from .program import ROOT, TIMEOUT, status_of, wait_until


def passwords(output):
    return re.findall(r"(agent|admin) +password: (\S+)", output)


def test_the_first_start_loads_tickets_and_shows_passwords(first_start, running):
    assert running.fetch("/")[0] == 200
    assert json.loads(running.fetch("/api/tickets/stats/")[1])["total_tickets"] > 100
    assert [name for name, _ in passwords(first_start[1])] == ["agent", "admin"]


def test_a_restart_loads_nothing_and_keeps_what_was_written(first_start, running):
    seeded = json.loads(running.fetch("/api/tickets/stats/")[1])["total_tickets"]
    created = json.loads(
        running.fetch("/api/tickets/", {"title": "Kept", "description": "over a restart"})[1]
    )
    processes = running.processes()
    assert running.stop(signal.SIGINT) == 0
    assert not [process for process in processes if process.is_running()]
    assert not running.database_processes()

    running.start(FAKE_MAIL="1")
    assert json.loads(running.fetch(f"/api/tickets/{created['id']}/")[1])["title"] == "Kept"
    assert json.loads(running.fetch("/api/tickets/stats/")[1])["total_tickets"] == seeded + 1
    assert passwords(running.output()) == passwords(first_start[1])


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
        assert program.is_running(), program.output()
        assert time.monotonic() < deadline, program.output()
        time.sleep(0.02)
    children = program.processes()
    program.stop(by)
    for process in children:
        with suppress(psutil.NoSuchProcess):
            process.wait(TIMEOUT)

    program.start()
    assert [name for name, _ in passwords(program.output())] == ["agent", "admin"]
    assert json.loads(program.fetch("/api/tickets/stats/")[1])["total_tickets"] > 100


def test_acknowledged_data_survives_a_kill_of_everything(running):
    created = json.loads(
        running.fetch("/api/tickets/", {"title": "Safe", "description": "through a crash"})[1]
    )
    everything = {*running.processes(), *running.database_processes()}
    for process in [psutil.Process(running.process.pid), *everything]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    running.process.wait(TIMEOUT)

    running.start(FAKE_MAIL="1")
    assert json.loads(running.fetch(f"/api/tickets/{created['id']}/")[1])["title"] == "Safe"


TICKET = {"title": "Lamp", "description": "Dark", "requester_email": "kim@example.org"}


def test_requests_and_jobs_go_on_after_a_crash_of_the_database(running):
    number = json.loads(running.fetch("/api/tickets/", TICKET)[1])["id"]
    for process in running.database_processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    # The read starts the server again, and is answered unless that takes long.
    wait_until(lambda: status_of(running, f"/api/tickets/{number}/") == 200)
    number = json.loads(running.fetch("/api/tickets/", TICKET)[1])["id"]
    message_about(running, number)


def test_the_fake_mail_server_takes_what_the_desk_sends(running):
    number = json.loads(running.fetch("/api/tickets/", TICKET)[1])["id"]
    message = message_about(running, number)
    assert "support+t" in message
    assert "You can simply reply to this email." in message


def message_about(program, number):
    """Wait for the confirmation of a ticket, and return it as the fake mail server shows it."""
    [address] = re.findall(
        r"Email to and from the desk: (http://127\.0\.0\.1:\d+/)", program.output()
    )
    link = re.compile(rf'href="/(messages/\d+)"[^>]*>[^<]*\[#{number}\] We have your request')
    deadline = time.monotonic() + TIMEOUT
    while True:
        page = urllib.request.urlopen(address, timeout=TIMEOUT).read().decode()
        if linked := link.search(page):
            break
        assert time.monotonic() < deadline, (page, program.output())
        time.sleep(0.2)
    return urllib.request.urlopen(address + linked[1], timeout=TIMEOUT).read().decode()


def test_a_killed_process_is_restarted(running):
    [killed] = running.workers()
    killed.kill()
    wait_until(lambda: running.workers() not in ([], [killed]))


def test_a_taken_port_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run_to_end(DATA_DIR=str(tmp_path), PORT=str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert "Cannot listen on 127.0.0.1" in result.stderr
    assert result.stderr.strip().count("\n") == 0


def test_a_database_that_cannot_start_is_one_line(tmp_path):
    cluster = tmp_path / "postgres" / "data"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9\n")
    result = run_to_end(DATA_DIR=str(tmp_path), PORT="0")
    assert result.returncode == 1
    assert "PostgreSQL" in result.stderr
    assert result.stderr.strip().count("\n") == 0


def test_a_second_one_on_the_same_data_is_refused_in_one_line(running):
    result = run_to_end(DATA_DIR=str(running.data_dir), PORT="0")
    assert result.returncode == 1
    assert "A desk is already running on" in result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert running.fetch("/")[0] == 200


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
