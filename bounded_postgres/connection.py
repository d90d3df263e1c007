"""A connection that gives up a server that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

WAIT_INTERVAL = 0.1  # seconds; how often psycopg looks whether Ctrl-C was pressed
# How much longer than `statement_timeout` to wait: what the server cancels, it says itself.
GRACE = 0.5  # seconds
MAX_LOOK = 2.5  # seconds that `on_slow` may take


class NoAnswer(psycopg.OperationalError):
    """No server answers: it is silent, was not asked since it is, or cannot run.

    Whether it has executed what it was asked last is unknown. Django converts the error to its own
    `OperationalError`, like every psycopg error.
    """


class Connection(psycopg.Connection[Any]):
    """It waits `seconds` for the answer to a statement; None waits as long as it takes.

    A server that has not answered by then is reported to `on_silence`. If `slow_seconds` have
    passed, `on_slow` is asked what blocks this session, which becomes `blocked_by`. Nobody is
    asked if that is 0, or if the answer could come after `seconds`.
    """

    seconds: float | None = None
    slow_seconds = 0.0
    on_silence: Callable[[], None]
    on_slow: Callable[[int], str]
    blocked_by = ""

    def wait(self, gen: Any, interval: float = WAIT_INTERVAL, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit = self.seconds
        if self.slow_seconds and (limit is None or self.slow_seconds + MAX_LOOK <= limit):
            started = time.monotonic()
            try:
                return super().wait(gen, interval, self.slow_seconds)
            except psycopg.errors._WaitTimeout:
                # The statement goes on meanwhile, and so does its time.
                self.blocked_by = self.on_slow(self.pgconn.backend_pid)
            if limit is not None:
                limit = max(limit - (time.monotonic() - started), 0.0)
        if limit is None:
            return super().wait(gen, interval)
        try:
            return super().wait(gen, interval, limit)
        except psycopg.errors._WaitTimeout:
            # What the server still sends belongs to this statement, and not to the next one.
            self.pgconn.finish()
            self.on_silence()
            message = f"the database has not answered within {self.seconds:g} seconds"
            raise NoAnswer(message) from None


class Driver:
    """psycopg as Django uses it, with connections of the given class."""

    def __init__(self, connection_class: type[Connection]) -> None:
        self.connect = connection_class.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)
