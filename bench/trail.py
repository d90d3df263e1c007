"""What the audit trail costs a write, in the database.

Each kind of write runs with and without the triggers that record events, in turn, on the same rows.
The transaction is rolled back, so that the disk's own time does not hide theirs.
"""

from __future__ import annotations

import operator
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

TRIGGERS = """
SELECT tgname, tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE NOT tgisinternal AND prosrc ~* 'insert into "?tickets_(ticket|comment)event'
"""
TICKET = """
INSERT INTO tickets_ticket (title, description, category, priority, status, sentiment,
    urgency_score, requester_email, created_at, updated_at, link_nonce)
VALUES ('Charged twice', repeat('Some words about it. ', 25), 'billing', 'high', 'open', 'calm', 5,
    'kim@example.org', now(), now(), '')
"""
COMMENT = """
INSERT INTO tickets_comment (ticket_id, author_role, body, public, created_at)
VALUES (%s, 'agent', repeat('Some words about it. ', 10), true, now())
"""
STATUS = "UPDATE tickets_ticket SET status = 'in_progress', version = version + 1 WHERE id = %s"
MANY = """
UPDATE tickets_ticket SET priority = 'low', version = version + 1 WHERE id = ANY(%s)
"""
WRITES, BULK = 500, 500  # of each kind in a round; rows that a bulk change changes
WANTED = 150  # microseconds a write, at most


def main(rounds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM tickets_ticket ORDER BY id LIMIT %s", [WRITES])
        numbers = [number for (number,) in cursor.fetchall()]
    kinds: dict[str, tuple[Callable[[Any], None], int]] = {
        "a change of status": (lambda cursor: each(cursor, STATUS, numbers), WRITES),
        f"one of {BULK} changed at once": (
            lambda cursor: cursor.execute(MANY, [numbers[:BULK]]),
            BULK,
        ),
        "a new ticket": (lambda cursor: each(cursor, TICKET, [None] * WRITES), WRITES),
        "a new comment": (lambda cursor: each(cursor, COMMENT, numbers), WRITES),
    }
    print(f"medians of {rounds} rounds of {WRITES}, in microseconds a row\n")
    print(f"{'write':<32} {'with':>8} {'without':>8} {'cost':>8} {'wanted':>8}")
    for name, (write, rows) in kinds.items():
        times = measure(write, rows, rounds)
        cost = statistics.median(map(operator.sub, times[True], times[False]))
        print(
            f"{name:<32} {statistics.median(times[True]):8.0f}"
            f" {statistics.median(times[False]):8.0f} {cost:8.0f} {WANTED:8}"
        )


def each(cursor: Any, statement: str, values: list[Any]) -> None:
    for value in values:
        cursor.execute(statement, None if value is None else [value])


def measure(write: Callable[[Any], None], rows: int, rounds: int) -> dict[bool, list[float]]:
    """Return the microseconds a row of each round, with the trail and without."""
    times: dict[bool, list[float]] = defaultdict(list)
    for number in range(-1, rounds):
        for is_recorded in (True, False) if number % 2 else (False, True):
            seconds = one_round(write, is_recorded=is_recorded)
            if number >= 0:  # the first one does not count
                times[is_recorded].append(seconds / rows * 1e6)
    return times


def one_round(write: Callable[[Any], None], *, is_recorded: bool) -> float:
    """Return how long the writes took, in seconds. They are rolled back."""
    with connection.as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        for trigger, table in cursor.fetchall():
            action = "ENABLE" if is_recorded else "DISABLE"
            cursor.execute(f'ALTER TABLE {table} {action} TRIGGER "{trigger}"')
        started = time.perf_counter()
        write(cursor)
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds
