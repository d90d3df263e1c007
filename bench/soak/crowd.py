"""A crowd of half-open connections at the proxy, and a good client among them.

nginx runs with `deploy/nginx.conf` in front of the desk. The crowd runs in a process of its own,
from many addresses and from one. Undisturbed rounds alternate with the others, so that changes in
the machine's load affect all alike.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.program import percentile
from bench.ui.desk import ROOT, end_with_parent
from tickets.tests.scaling.servers import Nginx, temporary_root

from .client import Client

UNDISTURBED = "undisturbed"
CROWDS = {"from 300 addresses": 300, "from one address": 1}
ROUNDS = 3
PAUSE = 0.03  # seconds between two requests, so that a round outlasts the proxy's own limits
PATH = "/api/tickets/?limit=20"


@dataclass
class Good:
    """What a good client saw. Times in milliseconds."""

    times: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def p50(self) -> float:
        return percentile(self.times, 50)

    @property
    def p99(self) -> float:
        return percentile(self.times)


def crowd(
    port: int, connections: int, requests: int, progress: Callable[[float], None]
) -> dict[str, Good]:
    """Return what a good client of the desk at a port sees, without a crowd and with each."""
    result = {name: Good() for name in (UNDISTURBED, *CROWDS)}
    root = temporary_root()
    nginx = Nginx(root, [port, port])
    try:
        nginx.start()
        for number in range(ROUNDS):
            _ask(nginx.port, requests, result[UNDISTURBED])
            for name, addresses in CROWDS.items():
                with _gathered(nginx.port, connections, addresses):
                    _ask(nginx.port, requests, result[name])
            progress((number + 1) / ROUNDS)
    finally:
        nginx.kill()
        shutil.rmtree(root)
    return result


def _ask(port: int, requests: int, good: Good) -> None:
    client = Client(port)
    for _ in range(requests):
        started = time.perf_counter()
        answer = client.ask("GET", PATH)
        good.times.append((time.perf_counter() - started) * 1000)
        good.failures += answer.status != 200
        time.sleep(PAUSE)


@contextmanager
def _gathered(port: int, connections: int, addresses: int) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.soak.half_open"]
    with subprocess.Popen(
        [*command, str(port), str(connections), str(addresses)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    ) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError("The crowd did not gather.")
            yield
        finally:
            process.kill()
