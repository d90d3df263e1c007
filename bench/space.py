"""Print what the desk's database weighs: each table and each index, in bytes per ticket.

It is the database of DATA_DIR or DATABASE_URL. The scans of an index are counted since the
database's statistics were reset, by a crash or by `pg_stat_reset()`.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

TABLES = """
SELECT relation.relname, greatest(relation.reltuples, 0)::bigint, pg_table_size(relation.oid),
    pg_indexes_size(relation.oid)
FROM pg_class relation JOIN pg_namespace ON pg_namespace.oid = relation.relnamespace
WHERE nspname = current_schema AND relkind = 'r'
ORDER BY pg_total_relation_size(relation.oid) DESC, relname
"""
INDEXES = """
SELECT relname, indexrelname, pg_total_relation_size(indexrelid), idx_scan FROM pg_stat_user_indexes
WHERE schemaname = current_schema ORDER BY 3 DESC, 2
"""


class Table(NamedTuple):
    name: str
    rows: int  # as of the last ANALYZE
    rows_bytes: int  # with long values that are stored apart
    index_bytes: int


class Index(NamedTuple):
    table: str
    name: str
    size: int  # bytes
    scans: int


def tables() -> list[Table]:
    """Return the tables, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [Table(*row) for row in cursor.fetchall()]


def indexes() -> list[Index]:
    """Return the indexes, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        return [Index(*row) for row in cursor.fetchall()]


def main() -> None:
    all_tables = tables()
    tickets = next(table.rows for table in all_tables if table.name == "tickets_ticket")
    if tickets < 1000:
        print("There are too few tickets, or they were never analysed.")
        return
    print(f"{tickets:,} tickets\n")
    print(f"{'bytes per ticket':<42} {'rows':>9} {'indexes':>9} {'together':>9}")
    for table in all_tables:
        total = table.rows_bytes + table.index_bytes
        if total >= tickets:
            _print(table.name, table.rows_bytes, table.index_bytes, tickets)
    rows, index_bytes = (sum(table[part] for table in all_tables) for part in (2, 3))
    _print("together", rows, index_bytes, tickets)
    print(f"\n{'bytes per ticket':<42} {'index':>9} {'scans':>9}")
    for index in indexes():
        if index.size >= tickets:
            print(f"{index.name:<42} {index.size / tickets:9.0f} {index.scans:9}")


def _print(name: str, rows: int, index_bytes: int, tickets: int) -> None:
    sizes = (rows, index_bytes, rows + index_bytes)
    print(f"{name:<42} " + " ".join(f"{size / tickets:9.0f}" for size in sizes))
