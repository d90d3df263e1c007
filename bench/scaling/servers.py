"""What a list costs with one and two web servers, with and without PgBouncer and a replica.

Also: what requests notice when one of these servers is killed.

Needs wrk, PgBouncer and nginx (Debian: apt install wrk pgbouncer nginx-light). All servers are
processes of this machine, so they share its cores: the figures say what a part costs, not how far
machines of their own would lead.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import time
from typing import Any

import psutil
from psycopg import ClientCursor

from bench.harness import TICKETS
from tickets.tests.scaling.servers import Nginx, Process
from tickets.tests.scaling.site import Client, Load, Site, Web
from tickets.vocabulary import Category, Priority, Sentiment, Status

ROWS, CONNECTIONS, SECONDS, ROUNDS = 20_000, 16, 4, 3
LIST = "/api/tickets/?limit=20"
DIRECT, POOLED, REPLICATED = "direct", "PgBouncer", "PgBouncer, replica"
LEFT_OUT = {
    DIRECT: ("DATABASE_POOL_URL", "DATABASE_REPLICA_URL"),
    POOLED: ("DATABASE_REPLICA_URL",),
    REPLICATED: (),
}


def main() -> None:
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("Install wrk (Debian: apt install wrk pgbouncer nginx-light).")
    site = Site(quiet=True)
    try:
        site.start()
        fill(site)
        throughput(site, wrk)
        failures(site)
    finally:
        site.remove()


def fill(site: Site) -> None:
    choices = (Category, Priority, Status, Sentiment)
    values = {enum.__name__.lower(): enum.values for enum in choices}
    with site.primary.connect() as connection:
        connection.execute("SET session_replication_role = replica")  # no audit trail
        cursor = ClientCursor(connection)
        cursor.execute(TICKETS, {**values, "tickets": ROWS})
        cursor.execute("VACUUM ANALYZE")
    site.replica.catch_up()


def throughput(site: Site, wrk: str) -> None:
    """Print what each way reaches. The ways take turns, so that the load of the machine hits all
    alike."""
    webs = {}
    for number, (way, names) in enumerate(LEFT_OUT.items()):
        environment = {k: v for k, v in site.environment.items() if k not in names}
        webs[way] = [
            site.started(Web(site.root, f"{name}-web{number}", environment))
            for name in ("first", "second")
        ]
    fronts: dict[tuple[str, int], list[Process]] = {}  # what answers comes first
    for way, pair in webs.items():
        for web in pair:
            web.wait()
        proxy = Nginx(site.root, [web.port for web in pair], name=f"nginx{len(fronts)}")
        fronts |= {(way, 1): [pair[0]], (way, 2): [site.started(proxy), *pair]}
    for front in fronts.values():  # each process opens its connections first
        count_requests(wrk, front[0], site.reader, seconds=2)
    samples: dict[tuple[str, int], list[list[float]]] = {key: [] for key in fronts}
    for _ in range(ROUNDS):
        for key, front in fronts.items():
            groups = (front, [site.pgbouncer], [site.primary], [site.replica])
            before = [cpu_seconds(group) for group in groups]
            requests = count_requests(wrk, front[0], site.reader, SECONDS)
            used = [cpu_seconds(group) - then for group, then in zip(groups, before, strict=True)]
            each = [1000 * seconds / requests for seconds in used]
            samples[key].append([requests / SECONDS, *each])
    print(f"list of 20, {CONNECTIONS} connections, medians of {ROUNDS} rounds\n")
    print(f"{'':<37}{'':>10}{'CPU of one request, in ms':^44}")
    titles = ("requests/s", "web, nginx", "PgBouncer", "primary", "replica")
    print(f"{'':<37}" + "".join(f"{title:>11}" for title in titles))
    for (way, count), rounds in samples.items():
        rate, *each = (statistics.median(values) for values in zip(*rounds, strict=True))
        name = f"{way}, {count} web server{'s' if count > 1 else ''}"
        print(f"{name:<37}{rate:11.0f}" + "".join(f"{value:11.2f}" for value in each), flush=True)


def cpu_seconds(servers: list[Process]) -> float:
    """Return the processor time that the servers and their processes have used."""
    total = 0.0
    for server in servers:
        first = psutil.Process(server.popen.pid)
        for process in (first, *first.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def count_requests(wrk: str, server: Process, token: str, seconds: int) -> int:
    options = ["-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Authorization: Bearer {token}"]
    address = f"http://127.0.0.1:{server.port}{LIST}"
    output = subprocess.run(
        [wrk, *options, address], capture_output=True, text=True, check=True
    ).stdout
    requests = re.search(r"(\d+) requests in", output)
    if requests is None or "Non-2xx" in output:
        sys.exit(output)
    return int(requests[1])


class Timed(Load):
    """A load that knows how long the slowest answer took."""

    def __init__(self, client: Client) -> None:
        self.times: list[float] = []
        self.client = client
        super().__init__(self._ask, clients=8)

    def _ask(self) -> Any:
        started = time.perf_counter()
        try:
            return self.client.get(LIST)
        finally:
            self.times.append(time.perf_counter() - started)


def failures(site: Site) -> None:
    """Kill a web server, and then the replica, while eight clients read lists."""
    print(f"\n{'killed under load':<22}{'answers':>9}{'errors':>8}{'p50':>9}{'slowest':>10}")
    for name, server in (
        ("nothing", None),
        ("web server", site.webs[0]),
        ("replica", site.replica),
    ):
        with Timed(site.program(site.reader)) as load:
            time.sleep(2)
            if server is not None:
                server.kill()
            time.sleep(4)
        errors = sum(status != 200 for status in load.statuses)
        middle, slowest = (1000 * part(load.times) for part in (statistics.median, max))
        print(
            f"{name:<22}{len(load.statuses):9}{errors:8}{middle:6.0f} ms{slowest:7.0f} ms",
            flush=True,
        )
        site.start_again()
        time.sleep(3)  # until nginx asks the web server again
