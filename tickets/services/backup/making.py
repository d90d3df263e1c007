"""Make an archive of the desk while it runs."""

from __future__ import annotations

import shutil
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg import sql

from ... import __version__
from ...models.attachments import StoredFile
from ..attachments.storage import storage
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

LEVEL = 3  # of compression: the higher ones take thrice the time for a tenth of the size
# All of it sees the database at one moment, and may take as long as it takes.
AT_ONE_MOMENT = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL TimeZone = 'UTC'
"""


def make(target: IO[bytes], report: Report) -> Manifest:
    """Write an archive of the database, the files and the secret key. Return what it has.

    The database is that of one moment. A file that is deleted meanwhile may be missing.
    """
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        archive.writestr(SECRET_KEY, settings.SECRET_KEY)
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(AT_ONE_MOMENT)
            manifest = Manifest(
                version=__version__,
                created_at=timezone.now().isoformat(timespec="seconds"),
                migrations=_migrations(cursor),
                tables={
                    name: _write_table(cursor, archive, name, report)
                    for name in table_names(cursor)
                },
                sequences=_sequences(cursor),
            )
            files = list(StoredFile.objects.values_list("name", "thumbnail"))
        _write_files(archive, [name for names in files for name in names if name], report)
        manifest.write(archive)
    return manifest


def _migrations(cursor: CursorWrapper) -> list[tuple[str, str]]:
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    return list(cursor.fetchall())


def _sequences(cursor: CursorWrapper) -> dict[str, int | None]:
    cursor.execute(
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        " AND sequencename <> 'django_migrations_id_seq' ORDER BY 1"
    )
    return dict(cursor.fetchall())


def _write_table(cursor: CursorWrapper, archive: ZipFile, name: str, report: Report) -> Table:
    table = described(cursor, name)
    query = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(name), table.selected)
    with archive.open(TABLES + name, "w", force_zip64=True) as member, cursor.copy(query) as rows:
        for block in rows:
            member.write(block)
    report(f"{name}: {table.rows:,} rows")
    return table


def _write_files(archive: ZipFile, names: list[str], report: Report) -> None:
    missing = 0
    for name in names:
        info = ZipInfo(FILES + name)  # not compressed: most files are already
        try:
            with storage().open(name) as source:
                first = source.read(CHUNK_BYTES)
                with archive.open(info, "w", force_zip64=True) as member:
                    member.write(first)
                    shutil.copyfileobj(source, member, CHUNK_BYTES)
        except FileNotFoundError:
            missing += 1
    report(f"{len(names) - missing:,} files")
    if missing:
        report(f"{missing:,} files are missing: they were deleted meanwhile, or are lost.")
