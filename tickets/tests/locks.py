"""Wait for another connection that waits for us."""

import time

from django.db import connection

LIMIT = 60  # seconds, for a busy machine
WAITING = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database())"
)


def wait_for_lock():
    """Return as soon as another connection waits for a lock, AssertionError if none ever does."""
    ends = time.monotonic() + LIMIT
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            # A transaction goes on seeing the connections that it saw at its first look.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
