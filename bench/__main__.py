"""Run the benchmarks: `make bench`, or `make bench ARGS="--tickets 300000 --rounds 9"`.

`make bench ARGS="model"` measures what a model that hangs costs the pages, see `model.py`.

Fills a database of its own (dropped at the end) with made-up tickets and times pairs of
questions with the same answer, in turn, so that a machine's ups and downs hit both alike.
Prints each pair's medians in milliseconds and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402  (needs the applications)
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from bench import model  # noqa: E402
from tickets.models import Category, Priority, Sentiment, Status, Ticket  # noqa: E402
from tickets.querysets import write_cursor  # noqa: E402

PAGE = 50
SENDER = "user777@company777"
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("what", nargs="?", choices=("database", "model"), default="database")
    options = parser.parse_args()
    if options.what == "model":
        model.main()
        return
    with filled_database(options.tickets):
        print(f"{options.tickets:,} tickets, median of {options.rounds} rounds, in ms\n")
        print(f"{'question':<34} {'ours':>9} {'usual':>9} {'ratio':>7}")
        for name, ours, usual in pairs(options.tickets):
            a, b = side_by_side(ours, usual, options.rounds)
            print(f"{name:<34} {a:9.2f} {b:9.2f} {b / a:6.1f}x", flush=True)


@contextmanager
def filled_database(tickets: int):
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        members = {
            choices.__name__.lower(): choices.values
            for choices in (Category, Priority, Status, Sentiment)
        }
        with connection.cursor() as cursor:
            # The audit trail would double the rows without being asked anything here.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(FILL, {**members, "tickets": tickets})
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("VACUUM ANALYZE tickets_ticket")
        yield
    finally:
        teardown_databases(databases, verbosity=0)
        server = getattr(connection, "server", None)
        if server and server.started_here:
            server.stop()


def pairs(tickets: int) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """(what is asked, our way, the usual way); both ways give the same answer."""
    newest = Ticket.objects.newest_first()
    deep = tickets // 2
    cursor_at_depth = newest.page(deep).older
    cursor_back = write_cursor(newest[deep], newer=True)
    word = "chargeback"
    containing = Ticket.objects.filter(description__icontains=word) | Ticket.objects.filter(
        title__icontains=word
    )
    return [
        (
            f"page of {PAGE} behind {deep:,} rows",
            lambda: [t.pk for t in Ticket.objects.page(PAGE, cursor_at_depth).rows],
            lambda: [t.pk for t in newest[deep : deep + PAGE]],
        ),
        (
            f"the {PAGE} rows before those",
            lambda: [t.pk for t in Ticket.objects.page(PAGE, cursor_back).rows],
            lambda: [t.pk for t in newest[deep - PAGE : deep]],
        ),
        (
            "search for an address",
            lambda: [t.pk for t in Ticket.objects.search(f"from:{SENDER}").page(PAGE).rows],
            lambda: [t.pk for t in newest.filter(requester_email__icontains=SENDER)[:PAGE]],
        ),
        (
            "search for a rare word",
            lambda: [t.pk for t in Ticket.objects.search(word).page(PAGE).rows],
            lambda: [t.pk for t in containing.order_by("-created_at", "-id")[:PAGE]],
        ),
        (
            "first page of open, critical",
            lambda: [t.pk for t in urgent().page(PAGE).rows],
            lambda: [t.pk for t in sorted(urgent(), key=lambda t: t.created_at)[::-1][:PAGE]],
        ),
        (
            "breakdown by status",
            lambda: Ticket.objects.counts_by_status(),
            lambda: dict(Counter(t.status for t in Ticket.objects.only("status").iterator())),
        ),
    ]


def urgent():
    return Ticket.objects.filtered({"status": ["open"], "priority": ["critical"]})


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


if __name__ == "__main__":
    main()
