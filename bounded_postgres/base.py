"""Django's PostgreSQL backend with connections that give up, see the package."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.transaction import atomic

from .connection import GRACE, Connection, Driver
from .slow import TimedCursor, TimedDebugCursor, blockers, log_slow
from .watch import State, Watch

# How long to wait for a connection of the pool while the server gives no more.
FULL_SECONDS = 0.5
# How libpq writes what a server says that gives no connection: "... failed: FATAL:  sorry". The
# severity may be in the server's language. libpq tells nobody its code, and its own function that
# asks whether a server is up stops all threads meanwhile.
REFUSAL = re.compile(r" failed: [^\s:]+ ?:  ")


class DatabaseWrapper(base.DatabaseWrapper):
    _watches: dict[str, Watch] = {}  # by alias, for all threads, like the pools

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(settings_dict, *args, **kwargs)
        self.answer_seconds: float | None = settings_dict.get("ANSWER_SECONDS")
        self.slow_seconds: float = settings_dict.get("SLOW_SECONDS") or 0.0
        values = {
            "seconds": self.answer_seconds,
            "slow_seconds": self.slow_seconds,
            "on_silence": staticmethod(self.note_silence),
            "on_slow": staticmethod(self.blockers),
        }
        self.connection_class: type[Connection] = type("BoundedConnection", (Connection,), values)
        self.Database: Any = Driver(self.connection_class)
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool.setdefault("connection_class", self.connection_class)

    @property
    def pool(self) -> Any:
        with suppress(KeyError):  # another thread has just removed it, see `ask`
            return super().pool
        return super().pool

    def pool_stats(self) -> dict[str, int]:
        """Return what the pool says about itself; nothing if there is none yet."""
        pools: dict[str, Any] = self._connection_pools  # type: ignore[attr-defined]
        pool = pools.get(self.alias)
        return pool.get_stats() if pool else {}

    def connect(self) -> None:
        if self.answer_seconds is None:
            super().connect()
            return
        self.watch.require()
        try:
            super().connect()
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # nobody answered, or the server refused us
                self.note_silence()
            raise

    def close_if_health_check_failed(self) -> None:
        # Django would make the pool here, and for that start an embedded server.
        if self.connection is not None:
            super().close_if_health_check_failed()

    def make_cursor(self, cursor: Any) -> Any:
        return TimedCursor(cursor, self) if self.slow_seconds else super().make_cursor(cursor)

    def make_debug_cursor(self, cursor: Any) -> Any:
        if self.slow_seconds:
            return TimedDebugCursor(cursor, self)
        return super().make_debug_cursor(cursor)

    def _commit(self) -> None:
        started = time.perf_counter()
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            seconds = time.perf_counter() - started
            if self.slow_seconds and seconds >= self.slow_seconds:
                log_slow("COMMIT", seconds, "")

    def blockers(self, pid: int) -> str:
        """Return in words what blocks a session of this database, "" for nothing."""
        try:
            return blockers(pid, **self.get_connection_params())
        except OperationalError:  # an embedded server has ended
            return ""

    @property
    def watch(self) -> Watch:
        return self._watches.setdefault(self.alias, Watch())

    def note_silence(self) -> None:
        """Ask the server no more, in no thread, until it answers."""
        self.watch.note_silence(self.ask)

    def ask(self) -> State:
        """Ask the server for a new connection. If it gives one, start with a new pool.

        The connections of the old one may be lost, and its next attempt may be far away.
        """
        pools: dict[str, Any] = self._connection_pools  # type: ignore[attr-defined]
        try:
            with self.connection_class.connect(**self.get_connection_params()) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, OperationalError) as error:
            if not REFUSAL.search(str(error)):
                return State.SILENT
            if pool := pools.get(self.alias):
                pool.timeout = FULL_SECONDS
            return State.FULL
        if pool := pools.pop(self.alias, None):
            pool.close(timeout=0)
        return State.READY

    @property
    def owner(self) -> dict[str, Any]:
        """What is different for the role that owns the tables; nothing if it is our own.

        Requests come as a role that owns nothing: the setting OWNER names the other one.
        """
        return self.settings_dict.get("OWNER") or {}

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Run the block on a connection as the role that owns the tables, outside of the pool.

        Call it outside of transactions: the thread's connection is closed before and after.
        """
        if not self.owner:
            yield
            return
        usual = self.settings_dict
        self.close()
        options = {**usual["OPTIONS"], **self.owner.get("OPTIONS", {})}
        options.pop("pool", None)
        # The name may be that of a test's database.
        changed = {"OWNER": None, "OPTIONS": options, "NAME": usual["NAME"]}
        self.settings_dict = {**usual, **self.owner, **changed}
        try:
            yield
        finally:
            self.close()
            self.settings_dict = usual

    @contextmanager
    def _nodb_cursor(self) -> Iterator[Any]:
        """Databases are created and dropped by the owner."""
        with self.as_owner(), super()._nodb_cursor() as cursor:
            yield cursor

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Run the block in a transaction whose statements may take so long.

        Where statements have no limit, it does nothing.
        """
        if self.answer_seconds is None:
            yield
            return
        with atomic(self.alias):
            connection, limit = self.connection, seconds + GRACE
            # First, whether the server answers at all.
            connection.seconds = min(limit, self.answer_seconds)
            try:
                with self.cursor() as cursor:
                    cursor.execute("SET LOCAL statement_timeout = %s", [int(seconds * 1000)])
                connection.seconds = limit
                yield
            finally:
                del connection.seconds  # leaves that of its class
