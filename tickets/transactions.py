"""Send statements whose results nobody reads to the database together.

Each round trip costs more than a small statement. So what `unread` holds back within a
`transaction` travels in the message of the next statement, or in that of the COMMIT; savepoints
and the BEGIN do so anyway. PostgreSQL runs the statements of a message in order and stops at the
first error.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.transaction import atomic

BEGIN = "BEGIN"
Answer = TypeVar("Answer")
LONG_SECONDS = 60  # for each statement of an export or a report
# As Django writes them. pghistory puts its context before each statement.
SAVEPOINT = re.compile(r'(?:^|; )((?:ROLLBACK TO |RELEASE )?SAVEPOINT ("\w+"))$')


class _Buffer:
    """Wraps the execution of all statements of a transaction."""

    def __init__(self) -> None:
        self.is_holding = False
        self.held: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        cursor = context["cursor"]
        if savepoint := SAVEPOINT.search(sql):
            sql, name = savepoint.groups()
            if not sql.startswith("ROLLBACK"):
                self.held.append(sql)
                return None
            self._drop_since(name)
            params = None
        elif self.is_holding and not _travels_alone(cursor, many):
            self.held.append(_written_out(cursor, sql, params))
            return None
        if not self.held:
            return execute(sql, params, many, context)
        if _travels_alone(cursor, many):
            self.send()
            return execute(sql, params, many, context)
        result = execute(self._joined(_written_out(cursor, sql, params)), None, many, context)
        while result.nextset():  # to the result of the last statement
            pass
        return result

    def send(self, last: str = "") -> None:
        if not self.held:
            return
        # What is held has been through the other wrappers.
        wrappers, connection.execute_wrappers = connection.execute_wrappers, []
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._joined(last))
        finally:
            connection.execute_wrappers = wrappers

    @contextmanager
    def last_of_all(self) -> Iterator[None]:
        """Get the statements as the wrappers that came since have made them."""
        wrappers = connection.execute_wrappers
        position = wrappers.index(self)
        wrappers.append(wrappers.pop(position))
        try:
            yield
        finally:
            wrappers.insert(position, wrappers.pop())

    def _joined(self, last: str) -> str:
        held, self.held = self.held, []
        return "; ".join([*held, last])

    def _drop_since(self, name: str) -> None:
        """Drop what was held back since a savepoint, which may have been sent before."""
        start = f"SAVEPOINT {name}"
        self.held = self.held[: self.held.index(start) + 1] if start in self.held else []


def _travels_alone(cursor: Any, many: bool) -> bool:
    """Return whether it has many parameters, a cursor on the server, or is prepared."""
    return many or bool(getattr(cursor, "name", None)) or not hasattr(cursor, "mogrify")


def _written_out(cursor: Any, sql: str, params: Any) -> str:
    with connection.wrap_database_errors:
        text: str = cursor.mogrify(sql, params)
    return text


_local = threading.local()


@contextmanager
def transaction() -> Iterator[None]:
    """Open a transaction, or a savepoint inside another one."""
    if hasattr(_local, "buffer"):
        with _local.buffer.last_of_all(), atomic():
            yield
        return
    is_outermost = not connection.in_atomic_block
    buffer = _local.buffer = _Buffer()
    try:
        with atomic(), connection.execute_wrapper(buffer):
            if is_outermost:
                # Without this, psycopg would send a BEGIN of its own, and wait for it.
                connection.connection.autocommit = True
                buffer.held.append(BEGIN)
            yield
            if not connection.needs_rollback and buffer.held != [BEGIN]:
                # After this COMMIT there is none left for Django to send.
                buffer.send("COMMIT" if is_outermost else "")
    finally:
        del _local.buffer


@contextmanager
def unread() -> Iterator[None]:
    """Hold back the statements of the block. Outside of a `transaction` they run at once.

    Reading the result of one is an error, and an UPDATE does not know how many rows it changed.
    """
    buffer: _Buffer | None = getattr(_local, "buffer", None)
    if buffer is None or buffer.is_holding:
        yield
        return
    buffer.is_holding = True
    try:
        yield
    finally:
        buffer.is_holding = False


def insert(*rows: Model, ignore_conflicts: bool = False) -> None:
    """Insert rows of one model. Those without a key do not learn it."""
    if not rows:
        return
    fields = _insertable(type(rows[0]), has_keys=rows[0].pk is not None)
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for row in rows
        for field in fields
    ]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    placeholders = ", ".join(["(" + ", ".join(["%s"] * len(fields)) + ")"] * len(rows))
    sql = f"INSERT INTO {quote(rows[0]._meta.db_table)} ({columns}) VALUES {placeholders}"  # noqa: S608  # nosec B608  # names of columns
    with unread(), connection.cursor() as cursor:
        cursor.execute(f"{sql} ON CONFLICT DO NOTHING" if ignore_conflicts else sql, values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@functools.cache
def _insertable(model: type[Model], *, has_keys: bool) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if not field.generated and (has_keys or not field.primary_key)
    ]


def update(row: Model, columns: Collection[str]) -> None:
    """Store these columns of a locked row, by their names in Python."""
    options: Any = row._meta
    fields = [options.get_field(name) for name in columns]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with unread(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(options.db_table)} SET {assignments}"  # noqa: S608  # nosec B608  # names of columns
            f" WHERE {quote(options.pk.column)} = %s",
            [*values, row.pk],
        )


@contextmanager
def long_reading() -> Iterator[None]:
    """Let the statements of a block take LONG_SECONDS each: those of an export or a report."""
    with connection.patient(LONG_SECONDS):  # type: ignore[attr-defined]
        yield


def read_in_batches(batches: Iterator[Answer]) -> Iterator[Answer]:
    """Yield the same; each batch may take as long as a report. No transaction outlives a batch."""
    while True:
        with long_reading():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch
