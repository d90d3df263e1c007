"""A temporary database of generated tickets, and a timer for two ways to query it."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from tickets.vocabulary import Category, Priority, Sentiment, Status

SENDER = "user777@company777"  # in some of the tickets' addresses
RARE_TERM = "chargeback"  # in one ticket of 997
TICKETS = """
INSERT INTO tickets_ticket (title, description, category, priority, status, sentiment,
    urgency_score, requester_email, created_at, updated_at, link_nonce)
SELECT 'Ticket ' || n || ' about ' || (ARRAY['invoices', 'sign-in', 'exports'])[1 + n %% 3],
    (SELECT string_agg(md5((n * 31 + word)::text), ' ') FROM generate_series(1, 30) word)
        || CASE WHEN n %% 997 = 0 THEN ' chargeback' ELSE '' END,
    (%(category)s::text[])[1 + n %% 4], (%(priority)s::text[])[1 + n / 7 %% 4],
    (%(status)s::text[])[1 + n / 3 %% 4], (%(sentiment)s::text[])[1 + n / 5 %% 4],
    n %% 101, 'user' || n %% 50000 || '@company' || n %% 2000 || '.example.org',
    now() - n * interval '25 seconds', now(), ''
FROM generate_series(1, %(tickets)s) n
"""

# Name, our way, the usual way. Both ways return the same result.
Pair = tuple[str, Callable[[], object], Callable[[], object]]


@contextmanager
def sample_database(tickets: int, *statements: str) -> Iterator[None]:
    """Create a database with `tickets` tickets, run the statements in it, and drop it at the end.

    The statements can use `%(tickets)s`.
    """
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        members = {
            choices.__name__.lower(): choices.values
            for choices in (Category, Priority, Status, Sentiment)
        }
        with connection.as_owner(), connection.cursor() as cursor:
            # No triggers: the audit trail would double the rows, and no benchmark reads it.
            cursor.execute("SET session_replication_role = replica")
            for statement in (TICKETS, *statements):
                cursor.execute(statement, {**members, "tickets": tickets})
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("VACUUM ANALYZE")
        yield
    finally:
        teardown_databases(databases, verbosity=0)
        server = getattr(connection, "server", None)
        if server and server.started_here:
            server.stop()


def compare(pairs: Iterable[Pair], rounds: int) -> None:
    """Print each pair's medians in milliseconds and their ratio."""
    print(f"{'query':<42} {'ours':>9} {'usual':>9} {'ratio':>7}")
    for name, ours, usual in pairs:
        our_time, usual_time = median_times(ours, usual, rounds)
        ratio = usual_time / our_time
        print(f"{name:<42} {our_time:9.2f} {usual_time:9.2f} {ratio:6.1f}x", flush=True)


def median_times(
    ours: Callable[[], object], usual: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Run both alternately, after one round that does not count. Return medians in milliseconds."""
    if ours() != usual():
        sys.exit("The two ways return different results, so a comparison would be meaningless.")
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, durations in zip((ours, usual), times, strict=True):
            start = time.perf_counter()
            run()
            durations.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])
