"""The program with a temporary data directory, and clients that send it requests."""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def program(**settings: str) -> Iterator[int]:
    """Run the program with these settings and an empty database. Yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="tickets-bench-") as data_dir:
        Path(data_dir).chmod(0o711)  # if we are root, the database's account must pass through
        environment = os.environ | {
            "DATA_DIR": f"{data_dir}/data",
            "PORT": str(port),
            "ACCESS_MODE": "open",
            **settings,
        }
        environment.pop("FAKE_LLM", None)
        command = [sys.executable, "manage.py", "run_local"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        ) as process:
            try:
                wait_until_serving(port, process)
                yield port
            finally:
                process.terminate()
                process.wait(60)


def wait_until_serving(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit("The program did not start.")
        try:
            if request(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("The program does not answer.")


def run_in_threads(count: int, work: Callable[[int], object]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def request(port: int, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def percentile(times: Sequence[float], percent: int = 99) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]
