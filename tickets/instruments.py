"""What a process counts for `/metrics`, besides what stands in the database.

The web server's processes share their counts, see `config/shared_counts.py`. Every label has few
values: names of addresses, never addresses.
"""

from __future__ import annotations

import os
from threading import Lock

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
_OWN = CollectorRegistry()
# What a refused request was about: a limit on one client, or wrong passwords of one account.
LIMITS = (
    *("create", "suggest", "links", "replies", "sign-in", "second-factor", "forgotten", "upload"),
    *("desk", "password"),
)
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter(
    "desk_requests",
    "Requests by address, method and class of the status",
    ["route", "method", "status"],
    registry=_OWN,
)
DURATIONS = Histogram(
    "desk_request_duration_seconds",
    "Time until a response began",
    ["route"],
    buckets=SECONDS,
    registry=_OWN,
)
REFUSALS = Counter("desk_refusals", "Requests refused by a limit", ["limit"], registry=_OWN)
POOL = Gauge(
    "desk_pool_connections",
    "Connections to the database, after the latest request of each process",
    ["state"],
    registry=_OWN,
    multiprocess_mode="livesum",
)
POOL_WAITS = Counter(
    "desk_pool_waits", "Times that a thread waited for a connection", registry=_OWN
)
POOL_WAIT_SECONDS = Counter(
    "desk_pool_wait_seconds", "How long threads waited for a connection", registry=_OWN
)
POOL_TIMEOUTS = Counter(
    "desk_pool_timeouts", "Times that a thread got no connection in time", registry=_OWN
)
for name in LIMITS:
    REFUSALS.labels(name)


class PoolCounts:
    """Adds up what the pools of this process have counted, one pool after the other."""

    SUMS = {
        "requests_queued": (POOL_WAITS, 1),
        "requests_wait_ms": (POOL_WAIT_SECONDS, 0.001),
        "requests_errors": (POOL_TIMEOUTS, 1),
    }

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: dict[str, int] = {}

    def note(self, stats: dict[str, int]) -> None:
        """Take what psycopg's pool says about itself; nothing if there is no pool."""
        idle = stats.get("pool_available", 0)
        POOL.labels("idle").set(idle)
        POOL.labels("used").set(stats.get("pool_size", 0) - idle)
        POOL.labels("awaited").set(stats.get("requests_waiting", 0))
        with self._lock:
            for name, (counter, unit) in self.SUMS.items():
                value, latest = stats.get(name, 0), self._latest.get(name, 0)
                # A new pool counts from 0.
                if added := value - latest if value >= latest else value:
                    counter.inc(added * unit)
                self._latest[name] = value


pool_counts = PoolCounts()


def of_this_server() -> CollectorRegistry:
    """Return what all processes of this web server have counted, or else what this one has."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return _OWN
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
