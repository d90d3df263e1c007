"""A database that a release has filled."""

from __future__ import annotations

import gzip
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Contents:
    """The columns and the rows of every table, by its name, and the names of everything else."""

    columns: dict[str, set[str]]
    rows: dict[str, Rows]
    names: list[str]


class Database:
    """A separate database on the test run's server."""

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        self.server = {
            name: str(parameters[name])
            for name in ("host", "port", "user", "password")
            if parameters.get(name)
        }
        self.name = f"upgrade_{secrets.token_hex(4)}"

    @classmethod
    @contextmanager
    def restored(cls, dump: Path) -> Iterator[Database]:
        """Create a database from a dump, and drop it afterwards."""
        with cls.empty() as database:
            database._restore(dump)
            yield database

    @contextmanager
    def copied(self) -> Iterator[Database]:
        """Create a database like this one, to which nobody is connected. Drop it afterwards."""
        with self.empty(like=self.name) as database:
            yield database

    @classmethod
    @contextmanager
    def empty(cls, *, like: str = "template1") -> Iterator[Database]:
        """Create a database, and drop it afterwards."""
        database = cls()
        name = sql.Identifier(database.name)
        with database._connect("postgres") as server:
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(like))
            )
        try:
            yield database
        finally:
            with database._connect("postgres") as server:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _restore(self, dump: Path) -> None:
        settings = connection.settings_dict | {"NAME": self.name}
        command, environment = connection.client.settings_to_cmd_args_env(
            settings, ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]
        )
        subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            input=gzip.decompress(dump.read_bytes()),
            stdout=subprocess.DEVNULL,
            check=True,
        )

    @property
    def url(self) -> str:
        """Return a DATABASE_URL. The host may be a socket directory, so it is a parameter."""
        user, password = (
            quote(self.server.get(name, ""), safe="") for name in ("user", "password")
        )
        account = f"{user}:{password}" if password else user
        address: dict[str, str] = {
            name: value for name, value in self.server.items() if name in ("host", "port")
        }
        return f"postgres://{account}@/{self.name}?{urlencode(address)}"

    def connected(self, options: str) -> psycopg.Connection[Any]:
        """Return a connection of one's own, with options such as "-c lock_timeout=1000"."""
        parameters = make_conninfo(**self.server, dbname=self.name, options=options)
        return psycopg.connect(parameters, autocommit=True)

    def query(self, text: str, *values: Any) -> list[dict[str, Any]]:
        with self._connect(self.name) as database:
            cursor = database.cursor(row_factory=dict_row)
            cursor.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def value(self, text: str, *values: Any) -> Any:
        [row] = self.query(text, *values)
        return next(iter(row.values()))

    def contents(self) -> Contents:
        """Return everything that is stored. PostgreSQL converts each row to JSON."""
        columns: dict[str, set[str]] = {}
        for row in self.query(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        ):
            columns.setdefault(row["table_name"], set()).add(row["column_name"])
        rows = {
            table: [row["row"] for row in self.query(f'SELECT to_jsonb(t) AS row FROM "{table}" t')]
            for table in columns
        }
        return Contents(columns, rows, self._names())

    def _names(self) -> list[str]:
        """Return the names of constraints, indexes, sequences, columns and triggers."""
        rows = self.query(
            "SELECT conrelid::regclass || ' ' || conname AS name FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT relkind::text || ' ' || relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT table_name || ' ' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
            " UNION ALL SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger"
            " WHERE NOT tgisinternal"
        )
        return sorted(row["name"] for row in rows)

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(make_conninfo(**self.server, dbname=name), autocommit=True)
