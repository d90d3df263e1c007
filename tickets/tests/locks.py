"""Wait for another connection that waits for us."""

import time
from contextlib import contextmanager

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


@contextmanager
def held_elsewhere(statement, patience="200ms"):
    """Let another connection hold the locks of a statement. Ours waits for them that long."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as theirs, connection.cursor() as ours:
            theirs.execute(statement)
            ours.execute(f"SET lock_timeout = '{patience}'")
            yield
            ours.execute("RESET lock_timeout")
    finally:
        other.rollback()
        other.close()
