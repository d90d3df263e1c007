"""The real web server: when it replaces its processes."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager

import psutil
import pytest
from django.conf import settings

START = 120  # seconds that a slow machine may take
PAGE = "/api/docs/"  # needs no database


@contextmanager
def server(log=None, **environment):
    """Run gunicorn with one worker, without a database. Yield its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SECRET_KEY": "for this test only",
        "TRIAGE_ENCODER": "0",
        "WEB_WORKERS": "1",
        **environment,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stderr=log)
    try:
        wait_until(lambda: is_listening(port))
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(is_so):
    deadline = time.monotonic() + START
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def worker(process):
    """Return the id of the worker's process, once there is exactly one."""
    wait_until(lambda: len(process.children()) == 1)
    return process.children()[0].pid


def fetch(address):
    with urllib.request.urlopen(f"{address}{PAGE}", timeout=60) as response:
        return response.status


@pytest.mark.parametrize("limit", ["1", "1000"])
def test_a_worker_that_uses_too_much_memory_is_replaced_and_every_request_answered(limit):
    with server(WEB_WORKER_MB=limit) as (address, process):
        first = worker(process)
        assert [fetch(address) for _ in range(10)] == [200] * 10
        if limit == "1":
            wait_until(lambda: not psutil.pid_exists(first))
            assert fetch(address) == 200
        else:
            assert worker(process) == first


def test_a_server_that_stops_answers_what_it_has_and_refuses_what_comes():
    with server() as (address, process):
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(
                b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntitle"
            )
            fetch(address)  # so the first request was taken as well
            process.terminate()
            wait_until(lambda: not is_listening(port))
            assert process.children()
            client.sendall(b"=La\x00")
            assert client.recv(100).startswith(b"HTTP/1.1 4")


def test_connections_without_a_request_take_no_thread():
    with server(WEB_THREADS="1") as (address, _), ExitStack() as stack:
        port = int(address.rpartition(":")[2])
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(5)
        ]
        assert fetch(address) == 200
        # Each would have taken the only thread for five seconds, and none was answered yet.
        for client in silent:
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.setblocking(True)
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", ["/readyz", "/api/tickets/", "/tickets/1/"])
def test_an_embedded_database_that_cannot_start_is_503(tmp_path, path):
    cluster = tmp_path / "postgres" / "data"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9\n")
    with server(DATABASE_URL="", DATA_DIR=str(tmp_path), ACCESS_MODE="open") as (address, _):
        for _again in range(3):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{address}{path}", timeout=60)
            assert caught.value.status == 503
            assert caught.value.headers["Retry-After"]
            caught.value.close()


def test_all_lines_of_the_log_have_one_format(tmp_path):
    path = tmp_path / "log"
    with path.open("wb") as log, server(log, LOG_FORMAT="json") as (address, _):
        fetch(address)
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")  # a space before the colon
            assert client.recv(100).startswith(b"HTTP/1.1 400")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {"gunicorn.error", "tickets.web.request_log"} <= {line["logger"] for line in lines}
    assert "api-docs" in [line.get("route") for line in lines]
    assert not [line for line in lines if line["level"] == "ERROR" or "traceback" in line]
