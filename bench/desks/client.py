"""Send requests to a server as fast as it answers: wrk, or threads of our own."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

CONNECTIONS = 16
TIMEOUT = 60  # seconds
# wrk sends the requests of a file in turn, each a line of percent-encoded text, and prints what it
# has seen as JSON.
SCRIPT = """
local requests, position = {}, 0
for line in io.lines("REQUESTS") do
    requests[#requests + 1] = line:gsub("%%(%x%x)", function(code)
        return string.char(tonumber(code, 16))
    end)
end
request = function()
    position = position % #requests + 1
    return requests[position]
end
done = function(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "microseconds": %d, "p50": %f, "p99": %f, "errors": %d}\\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    def raw(self, port: int) -> str:
        """Return the request as HTTP/1.1. Its body must be ASCII, as JSON can be."""
        headers = {"Host": f"127.0.0.1:{port}", **self.headers}
        if self.body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", self.body or ""])


@dataclass(frozen=True)
class Timing:
    """What a client saw. Latencies are in milliseconds. Answers from 400 on are errors."""

    rate: float  # requests per second
    p50: float
    p99: float
    requests: int
    errors: int


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


def get(path: str, **headers: str) -> Request:
    return Request("GET", path, headers)


def send(port: int, request: Request) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        return _exchange(connection, request)
    finally:
        connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request) -> Answer:
    headers = dict(request.headers)
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(request.method, request.path, request.body, headers)
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def load(port: int, requests: Sequence[Request], seconds: float) -> Timing:
    """Send the requests in turn over 16 connections for some seconds."""
    if shutil.which("wrk"):
        return _run_wrk(port, requests, seconds)
    return send_in_threads(port, requests, CONNECTIONS, seconds)


def _run_wrk(port: int, requests: Sequence[Request], seconds: float) -> Timing:
    with tempfile.TemporaryDirectory() as directory:
        lines, script = Path(directory, "requests"), Path(directory, "script.lua")
        lines.write_text("".join(f"{quote(each.raw(port))}\n" for each in requests))
        script.write_text(SCRIPT.replace("REQUESTS", str(lines)))
        command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS)]
        command += ["--duration", f"{max(1, round(seconds))}s", "--timeout", f"{TIMEOUT}s"]
        command += ["--script", str(script), f"http://127.0.0.1:{port}/"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=seconds + TIMEOUT)
    return read_wrk(result.stdout)


def read_wrk(output: str) -> Timing:
    """Return what the script printed. Raise ValueError if it did not."""
    _, marker, line = output.partition("RESULT ")
    if not marker:
        raise ValueError(f"wrk printed no result: {output[-300:]}")
    values = json.loads(line)
    seconds = values["microseconds"] / 1e6
    good = values["requests"] - values["errors"]
    return Timing(
        max(good, 0) / seconds,
        values["p50"] / 1000,
        values["p99"] / 1000,
        values["requests"],
        values["errors"],
    )


def send_in_threads(
    port: int,
    requests: Sequence[Request],
    connections: int,
    seconds: float = 0,
    count: int = 0,
) -> Timing:
    """Send for some seconds, or `count` requests over each connection."""
    turn = itertools.count()
    times: list[float] = []
    errors: list[int] = []
    start = time.perf_counter()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        for number in itertools.count(1):
            request = requests[next(turn) % len(requests)]
            before = time.perf_counter()
            try:
                status = _exchange(connection, request).status
            except (OSError, http.client.HTTPException):
                status = 0
                connection.close()
            times.append((time.perf_counter() - before) * 1000)
            if status == 0 or status >= 400:
                errors.append(status)
            is_over = number == count if count else time.perf_counter() - start > seconds
            if is_over:
                break
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    quantiles = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times
    return Timing(
        (len(times) - len(errors)) / elapsed,
        statistics.median(times),
        quantiles[-1],
        len(times),
        len(errors),
    )
