"""Statements that take long: what they were, without values, and what kept them waiting."""

from __future__ import annotations

import logging
import re
import time
from threading import Lock
from typing import Any

import psycopg
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

from .connection import Connection

logger = logging.getLogger(__name__)
MAX_CHARS = 2000  # of a statement in the log
LOOK_SECONDS = 0.5  # for the answer about locks
CONNECT_SECONDS = 2  # for the connection; less is not possible
# A name in quotation marks stays. A value that was cut off goes to the end of the text.
VALUES = re.compile(
    r"""
    (?P<name>"[^"]*")
    | \bE'(?:[^'\\]|\\.|'')*(?:'|\Z)
    | '(?:[^']|'')*(?:'|\Z)
    | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)
    | \b\d[\w.]*
    """,
    re.VERBOSE | re.DOTALL,
)
BLOCKERS = r"""
SELECT waiting.mode,
    coalesce(waiting.relation, (
        SELECT relation FROM pg_locks WHERE pid = waiting.pid AND locktype = 'tuple' LIMIT 1
    ))::regclass::text,
    blocker.pid, substring(blocker.query FROM '^\s*(\w+)'), blocker.state,
    extract(epoch FROM clock_timestamp() - blocker.xact_start)::float8
FROM pg_locks waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) blocking (pid)
LEFT JOIN pg_stat_activity blocker ON blocker.pid = blocking.pid
WHERE waiting.pid = %s AND NOT waiting.granted
LIMIT 1
"""
_one_look = Lock()  # or a queue behind a lock would double the sessions of the database


def without_values(sql: str) -> str:
    """Return a statement on one line with ? for each value."""
    text = VALUES.sub(lambda match: match["name"] or "?", sql)
    text = " ".join(text.split())
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}…"


def blockers(pid: int, **params: Any) -> str:
    """Return in words which lock a session waits for, and who has it; "" if it waits for none.

    It asks with a connection of its own, and says nothing if that takes too long, or if another
    thread asks at the moment.
    """
    if not _one_look.acquire(blocking=False):
        return ""
    try:
        with _Look.connect(**params | {"connect_timeout": CONNECT_SECONDS}) as look:
            row = look.execute(BLOCKERS, [pid]).fetchone()
    except psycopg.Error:
        return ""
    finally:
        _one_look.release()
    if row is None:
        return ""
    mode, relation, blocker, verb, state, seconds = row
    what = f"{mode} on {relation}" if relation else mode
    doing = f"{(verb or 'unknown').upper()}, {state or 'unknown'}"
    since = f", its transaction {seconds:.1f} s old" if seconds is not None else ""
    return f"; waited for {what}, blocked by session {blocker} ({doing}{since})"


class _Look(Connection):
    seconds = LOOK_SECONDS

    @staticmethod
    def on_silence() -> None:
        """Leave it to the statement itself to find out that nobody answers."""


class _Timed:
    """A cursor that logs what takes at least the `slow_seconds` of its DatabaseWrapper."""

    db: Any

    def _execute(self, sql: Any, params: Any, *ignored: Any) -> Any:
        return self._time(super()._execute, sql, params, *ignored)  # type: ignore[misc]

    def _executemany(self, sql: Any, params: Any, *ignored: Any) -> Any:
        return self._time(super()._executemany, sql, params, *ignored)  # type: ignore[misc]

    def _time(self, execute: Any, sql: Any, *arguments: Any) -> Any:
        connection = self.db.connection
        connection.blocked_by = ""
        started = time.perf_counter()
        try:
            return execute(sql, *arguments)
        finally:
            seconds = time.perf_counter() - started
            if seconds >= self.db.slow_seconds:
                log_slow(str(sql), seconds, connection.blocked_by)


class TimedCursor(_Timed, CursorWrapper):
    pass


class TimedDebugCursor(_Timed, CursorDebugWrapper):
    pass


def log_slow(sql: str, seconds: float, blocked_by: str) -> None:
    details = {"ms": round(seconds * 1000, 1)}
    logger.warning("slow statement: %s%s", without_values(sql), blocked_by, extra=details)
