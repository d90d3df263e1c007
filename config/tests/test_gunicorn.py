"""The real web server: when it replaces its processes."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import psutil
import pytest
from django.conf import settings

START = 120  # seconds that a slow machine may take
PAGE = "/api/docs/"  # needs no database


@contextmanager
def server(**environment):
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
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
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
