"""Store the generated tickets: COPY without triggers, then what the triggers would have written."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

from .tickets import CHUNK, COMMENTS, TABLES, Chunk, Plan, make_chunk

PROCESSES = 2
# What the audit trail says of each ticket: it came, it changed with each comment, it was finished.
TICKET_EVENTS = """
INSERT INTO tickets_ticketevent (pgh_created_at, pgh_label, pgh_context, pgh_obj_id, {columns})
SELECT at, label, jsonb_build_object('actor', coalesce(account.username, 'anonymous'),
    'user', account.id), ticket.id, {values}
FROM tickets_ticket ticket
CROSS JOIN LATERAL (
    SELECT ticket.created_at AS at, 'insert' AS label, 1 AS version, 0 AS number
    UNION ALL
    SELECT created_at, 'update', 1 + row_number() OVER (ORDER BY id), 1 FROM tickets_comment
    WHERE id BETWEEN ticket.id * %(comments)s::bigint AND (ticket.id + 1) * %(comments)s::bigint - 1
        AND NOT is_opening
    UNION ALL
    SELECT ticket.resolved_at, 'update', ticket.version - merges, 2
    FROM (SELECT count(*) AS merges FROM tickets_ticketmerge
        WHERE source_id BETWEEN %(first)s AND %(last)s AND target_id = ticket.id) counted
    WHERE ticket.resolved_at IS NOT NULL
    UNION ALL
    SELECT merged_at, 'update', target_version, 3 FROM tickets_ticketmerge
    WHERE source_id BETWEEN %(first)s AND %(last)s AND target_id = ticket.id
) made
LEFT JOIN auth_user account ON account.id = ticket.assignee_id AND made.number > 0
WHERE ticket.id BETWEEN %(first)s AND %(last)s
ORDER BY ticket.id, made.version
"""
# Values that differed before the ticket was as it is now.
EARLIER = {
    "version": "made.version",
    "updated_at": "made.at",
    "status": "CASE WHEN made.number >= 2 OR ticket.resolved_at IS NULL THEN ticket.status"
    " ELSE 'open' END",
    "assignee_id": "CASE WHEN made.number > 0 THEN ticket.assignee_id END",
    "waiting_since": "CASE made.number WHEN 0 THEN ticket.created_at ELSE ticket.waiting_since END",
    "snoozed_until": "NULL",
    "description": "CASE made.number WHEN 0 THEN ticket.description ELSE '' END",
}
COMMENT_EVENTS = """
INSERT INTO tickets_commentevent (pgh_created_at, pgh_label, pgh_context, pgh_obj_id, {columns})
SELECT comment.created_at, 'insert', jsonb_build_object(
    'actor', coalesce(account.username, 'requester'), 'user', account.id), comment.id, {values}
FROM tickets_comment comment LEFT JOIN auth_user account ON account.id = comment.author_id
WHERE comment.id >= %(first)s * %(comments)s::bigint
    AND comment.id < (%(last)s + 1) * %(comments)s::bigint
ORDER BY comment.id
"""
# What triggers derive from finished rows, by table, for the tickets from `first` to `last`.
DERIVED = {
    "tickets_ticketdocument": """
INSERT INTO tickets_ticketdocument (ticket_id, created_at, document)
SELECT id, created_at, tickets_document(id) FROM tickets_ticket
WHERE id BETWEEN %(first)s AND %(last)s AND merged_into_id IS NULL ORDER BY id
""",
}
INDEXES = """
SELECT relation.relname, pg_get_indexdef(indexrelid) FROM pg_index
JOIN pg_class relation ON relation.oid = indexrelid
WHERE indrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1
"""
UNIQUE = """
SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = ANY(%s::regclass[]) AND contype = 'u' ORDER BY 1
"""
FILLED = (*TABLES, "tickets_ticketevent", "tickets_commentevent")
Report = Callable[[str, float], None]  # what is done, and which share of it, 0..1


def fill(plan: Plan, report: Report) -> None:
    """Fill the empty tables of the desk. Raise RuntimeError if there are tickets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM tickets_ticket)")
        if cursor.fetchone() != (False,):
            raise RuntimeError("The desk has tickets. Name an empty DATA_DIR.")
    with connection.as_owner(), connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with _workers(plan) as pool:
            with without_indexes(cursor, FILLED, report):
                for number, _ in enumerate(pool.imap_unordered(_store, plan.chunks)):
                    report("tickets", (number + 1) / len(plan.chunks))
            for table in FILLED:
                cursor.execute(f"ANALYZE {table}")
            with without_indexes(cursor, tuple(DERIVED), report):
                for number, _ in enumerate(pool.imap_unordered(_derive, plan.chunks)):
                    report("search documents", (number + 1) / len(plan.chunks))
        report("statistics", 0)
        for table in (*FILLED, *DERIVED):
            cursor.execute(f"VACUUM (ANALYZE, FREEZE) {table}")
            _continue_ids(cursor, table)
        report("statistics", 1)


@contextmanager
def without_indexes(cursor: Any, tables: tuple[str, ...], report: Report) -> Iterator[None]:
    """Drop the indexes of these tables meanwhile: they are built faster than they are kept."""
    cursor.execute(INDEXES, [list(tables)])
    indexes = cursor.fetchall()
    cursor.execute(UNIQUE, [list(tables)])
    unique = cursor.fetchall()
    for name, table, _ in unique:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        statements = [definition for _, definition in indexes]
        statements += [
            f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}' for name, table, text in unique
        ]
        for number, statement in enumerate(statements):
            report("indexes", number / len(statements))
            cursor.execute(statement)
        report("indexes", 1)


@contextmanager
def _workers(plan: Plan) -> Iterator[Any]:
    """Yield a pool of processes, each with a connection of its own."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    address = {name: parameters[name] for name in names if parameters.get(name)}
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, _open, (plan, address)) as pool:
        yield pool


_worker: dict[str, Any] = {}


def _open(plan: Plan, address: dict[str, Any]) -> None:
    stored = psycopg.connect(**address, autocommit=True)
    # Triggers and foreign keys cost most of the time. The rows refer to each other rightly.
    stored.execute("SET session_replication_role = replica")
    stored.execute("SET synchronous_commit = off")
    stored.execute("SET statement_timeout = 0")
    stored.execute("SET jit = off")
    _worker.update(plan=plan, connection=stored)


def _store(number: int) -> None:
    chunk = make_chunk(_worker["plan"], number)
    stored: psycopg.Connection = _worker["connection"]
    with stored.transaction(), stored.cursor() as cursor:
        for table, columns in TABLES.items():
            copy_lines(cursor, table, columns, chunk.lines[table])
        for statement, parameters in events_of(cursor, chunk):
            cursor.execute(statement, parameters)


def _derive(number: int) -> None:
    plan, stored = _worker["plan"], _worker["connection"]
    chunk = {"first": number * CHUNK + 1, "last": min((number + 1) * CHUNK, plan.tickets)}
    for statement in DERIVED.values():
        stored.execute(statement, chunk)


def copy_lines(cursor: Any, table: str, columns: tuple[str, ...], lines: list[str]) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        copy.write("\n".join(lines) + "\n" if lines else "")


def events_of(cursor: Any, chunk: Chunk) -> Iterator[tuple[Any, dict[str, int]]]:
    """Yield the statements that write the events of a chunk, for the columns of this release."""
    parameters = {"first": chunk.first, "last": chunk.last, "comments": COMMENTS}
    for statement, table, alias, earlier in (
        (TICKET_EVENTS, "tickets_ticketevent", "ticket", EARLIER),
        (COMMENT_EVENTS, "tickets_commentevent", "comment", {}),
    ):
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        columns = [each.name for each in cursor.description if not each.name.startswith("pgh_")]
        values = (earlier.get(column, f"{alias}.{column}") for column in columns)
        yield statement.format(columns=", ".join(columns), values=", ".join(values)), parameters


def _continue_ids(cursor: Any, table: str) -> None:
    """Let the next row's id follow those that were stored."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''",
        [table],
    )
    for (column,) in cursor.fetchall():
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), max({column})) FROM {table}"
            f" HAVING max({column}) IS NOT NULL",
            [table, column],
        )
