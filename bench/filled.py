"""A database of its own full of made-up tickets (dropped at the end), and two ways timed in it."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from tickets.vocabulary import Category, Priority, Sentiment, Status

SENDER = "user777@company777"  # of some of the tickets
WORD = "chargeback"  # in one of 997
FILL = """
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


# (what is asked, our way, the usual way); both ways give the same answer.
Pair = tuple[str, Callable[[], object], Callable[[], object]]


@contextmanager
def filled_database(tickets: int, *more: str) -> Iterator[None]:
    """`more` are further statements that fill tables, with `%(tickets)s` in them."""
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        members = {
            choices.__name__.lower(): choices.values
            for choices in (Category, Priority, Status, Sentiment)
        }
        with connection.cursor() as cursor:
            # The audit trail would double the rows without being asked anything here.
            cursor.execute("SET session_replication_role = replica")
            for statement in (FILL, *more):
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
    print(f"{'question':<42} {'ours':>9} {'usual':>9} {'ratio':>7}")
    for name, ours, usual in pairs:
        a, b = side_by_side(ours, usual, rounds)
        print(f"{name:<42} {a:9.2f} {b:9.2f} {b / a:6.1f}x", flush=True)


def side_by_side(
    ours: Callable[[], object], usual: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median milliseconds of both, run in turn after one round that is not counted."""
    if ours() != usual():
        sys.exit("The two ways give different answers; a comparison would mean nothing.")
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for ask, kept in zip((ours, usual), times, strict=True):
            start = time.perf_counter()
            ask()
            kept.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])
