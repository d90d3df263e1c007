"""Make a desk from an archive of the same release or an earlier one."""

from __future__ import annotations

import zlib
from contextlib import suppress
from pathlib import Path
from typing import LiteralString
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.core.files import File
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from ...exceptions import BackupError
from ...models.secret_keys import secret_keys
from ..attachments.storage import storage
from ..personal_data.replay import Erasures, read_erasures, replay
from .archive import (
    CHUNK_BYTES,
    FILES,
    SECRET_KEY,
    TABLES,
    Manifest,
    Report,
    Table,
    described,
    table_names,
)

UNLIMITED = """
SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL TimeZone = 'UTC'
"""
# What checks references. It is made anew when all rows are there: one by one would take longer.
REFERENCES = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
# Of the sessions of other roles, some owners see no more than that there are any.
SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
    AND coalesce(backend_type, 'client backend') = 'client backend'
"""


def restore(archive: ZipFile, report: Report, *, replace: bool = False) -> Manifest:
    """Fill the database and the storage of files from an archive, then migrate to this release.

    Raise BackupError, and change nothing, if the archive is unreadable or of a newer release, if
    somebody else is connected, or if the database is not empty and may not be replaced. Raise it
    too if the rows differ from those of the archive. What was erased since the backup, as far as
    the database knows that is replaced, is erased again.
    """
    manifest = Manifest.read(archive)
    _test(archive)
    graph = MigrationExecutor(connection).loader.graph
    if set(manifest.migrations) - graph.nodes.keys():
        raise BackupError(
            f"This backup is of release {manifest.version}, which is newer than this one. Install"
            " that one, or a later one, first."
        )
    parents = {
        parent.key
        for key in manifest.migrations
        for parent in graph.node_map[key].parents
        if parent.key[0] == key[0]
    }
    erasures = read_erasures() if replace else Erasures()
    _make_room(replace)
    report(f"Preparing a database of release {manifest.version}")
    latest = [key for key in manifest.migrations if key not in parents]
    MigrationExecutor(connection).migrate(latest)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(UNLIMITED)
        _load(cursor, archive, manifest, report)
    _write_files(archive, report)
    report("Migrating to this release")
    call_command("migrate", verbosity=0)
    for line in replay(erasures):
        report(line)
    return manifest


def key_of(archive: ZipFile) -> str:
    """Return the secret key of the desk that was backed up."""
    return archive.read(SECRET_KEY).decode()


def adopt_key(archive: ZipFile) -> Path | None:
    """Store the archive's secret key where this desk reads it. None if this desk has it already,
    be it as one of SECRET_KEY_FALLBACKS.

    Raise BackupError if the environment sets another one.
    """
    key, path = key_of(archive), settings.DATA_DIR / "secret_key"
    if key in secret_keys():
        return None
    if not path.exists() or path.read_text().strip() != settings.SECRET_KEY:
        raise BackupError(
            "SECRET_KEY differs from that of the backup. Set it to the one in the archive"
            " (`unzip -p ARCHIVE secret_key`): until then, private links and sessions do not work,"
            " and the passwords of mailboxes cannot be read."
        )
    draft = path.with_name("secret_key.restored")
    draft.touch(mode=0o600)
    draft.write_text(key)
    draft.replace(path)
    return Path(path)


def _test(archive: ZipFile) -> None:
    """Raise BackupError if a part of the archive cannot be read."""
    with suppress(BadZipFile, zlib.error, EOFError):
        if archive.testzip() is None:
            return
    raise BackupError("This backup is damaged. Take another one.")


def _make_room(replace: bool) -> None:
    """Leave an empty database, or raise BackupError."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS)
        [sessions] = cursor.fetchone() or (0,)
        if sessions:
            raise BackupError("The database is in use. Stop the web server and the worker first.")
        if not table_names(cursor):
            return
        if not replace:
            raise BackupError(
                "The database is not empty. To delete all that it has, add --replace."
            )
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _load(cursor: CursorWrapper, archive: ZipFile, manifest: Manifest, report: Report) -> None:
    lacking = manifest.tables.keys() - set(table_names(cursor))
    if lacking:
        raise BackupError(f"This release makes no table {min(lacking)}.")
    cursor.execute(REFERENCES)
    references = cursor.fetchall()
    for table_name, name, _definition in references:
        cursor.execute(f"ALTER TABLE {table_name} DROP CONSTRAINT {name}")
    for name, table in manifest.tables.items():
        _load_table(cursor, archive, name, table)
        report(f"{name}: {table.rows:,} rows")
    for table_name, name, definition in references:
        cursor.execute(f"ALTER TABLE {table_name} ADD CONSTRAINT {name} {definition}")
    for name, value in manifest.sequences.items():
        if value is not None:
            cursor.execute("SELECT setval(%s::regclass, %s)", [f'"{name}"', value])


def _load_table(cursor: CursorWrapper, archive: ZipFile, name: str, table: Table) -> None:
    identifier = sql.Identifier(name)
    # Triggers have done their work when the rows were written first.
    _execute(cursor, "ALTER TABLE {0} DISABLE TRIGGER USER; TRUNCATE {0}", identifier)
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(identifier, table.selected)
    with archive.open(TABLES + name) as member, cursor.copy(query) as rows:
        while block := member.read(CHUNK_BYTES):
            rows.write(block)
    _execute(cursor, "ALTER TABLE {} ENABLE TRIGGER USER", identifier)
    if described(cursor, name) != table:
        raise BackupError(f"The rows of {name} differ from those that were backed up.")


def _write_files(archive: ZipFile, report: Report) -> None:
    names = [name for name in archive.namelist() if name.startswith(FILES)]
    for name in names:
        stored = name.removeprefix(FILES)
        storage().delete(stored)
        with archive.open(name) as member:
            storage().save(stored, File(member, stored))
    report(f"{len(names):,} files")


def _execute(cursor: CursorWrapper, statement: LiteralString, name: sql.Identifier) -> None:
    cursor.execute(sql.SQL(statement).format(name).as_string(connection.connection))
