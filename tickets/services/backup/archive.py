"""What an archive has: a ZIP file with a member for each table and each file.

`manifest.json` comes last, so an archive that was broken off has none. It has

- `format`, `version` and `created_at`: of the archive, of the desk, and of its data
- `migrations`: those that the database had, as pairs of the app and the name
- `tables`: by name, its `columns` in order, its `rows` and their `digest`
- `sequences`: the last values by name

`tables/NAME` is what PostgreSQL's COPY writes as text, `files/NAME` the bytes of a stored file, and
`secret_key` the key that private links, sessions and passwords of mailboxes depend on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from ...exceptions import BackupError

Report = Callable[[str], None]  # is given a line for each part that is done
FORMAT = 1
CHUNK_BYTES = 1024 * 1024
MANIFEST, SECRET_KEY = "manifest.json", "secret_key"
TABLES, FILES = "tables/", "files/"

# Rows of a table in any order: their number, and the sum of their hashes. As a session of UTC
# writes them; so a row has one form wherever it is.
DIGEST = "SELECT count(*), coalesce(sum(hashtextextended(each::text, 0)), 0) FROM {} each"
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
TABLE_NAMES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s) ORDER BY 1
"""
# Made by commands of their own, and empty on a desk that starts.
LEFT_OUT = ["django_migrations", "triage_cache"]


@dataclass(frozen=True)
class Table:
    """A table of an archive."""

    columns: list[str]
    rows: int
    digest: str

    @property
    def selected(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))


@dataclass(frozen=True)
class Manifest:
    """What an archive says about itself."""

    version: str
    created_at: str
    migrations: list[tuple[str, str]]
    tables: dict[str, Table]
    sequences: dict[str, int | None]

    @property
    def digest(self) -> str:
        """A hash of all rows of all tables. Equal for equal databases."""
        lines = (f"{name} {each.rows} {each.digest}" for name, each in sorted(self.tables.items()))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def write(self, archive: ZipFile) -> None:
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(self)}, indent=1))

    @classmethod
    def read(cls, archive: ZipFile) -> Manifest:
        """Raise BackupError if the archive is broken off, or of a newer form."""
        try:
            values: dict[str, Any] = json.loads(archive.read(MANIFEST))
        except (KeyError, BadZipFile):
            raise BackupError("This is no backup, or it was broken off.") from None
        if values.pop("format") != FORMAT:
            raise BackupError("This backup was made by a newer release. Install that one first.")
        values["tables"] = {name: Table(**table) for name, table in values["tables"].items()}
        values["migrations"] = [(app, name) for app, name in values["migrations"]]
        return cls(**values)


def open_archive(file: Any) -> ZipFile:
    """Open an archive to read it. Raise BackupError if it is none."""
    try:
        return ZipFile(file)
    except (BadZipFile, EOFError):
        raise BackupError("This is no backup, or it was broken off.") from None


def table_names(cursor: CursorWrapper) -> list[str]:
    cursor.execute(TABLE_NAMES, [LEFT_OUT])
    return [name for (name,) in cursor.fetchall()]


def described(cursor: CursorWrapper, name: str) -> Table:
    """Return what a table of the database has now."""
    cursor.execute(COLUMNS, [f'"{name}"'])
    columns = [column for (column,) in cursor.fetchall()]
    cursor.execute(sql.SQL(DIGEST).format(sql.Identifier(name)).as_string(connection.connection))
    [rows, digest] = cursor.fetchone() or (0, 0)
    return Table(columns, rows, str(digest))
