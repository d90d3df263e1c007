"""Make a desk from an archive of `manage.py backup`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from tickets.exceptions import BackupError
from tickets.management.owner import OwnerCommand
from tickets.services.backup.archive import open_archive
from tickets.services.backup.restoring import adopt_key, restore

STDIN = "-"


class Command(OwnerCommand):
    help = (
        "Make the desk of a backup, of this release or an earlier one. Stop the web server and the"
        " worker first. The rows are compared with those that were backed up."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the archive; - is the standard input")
        parser.add_argument(
            "--replace", action="store_true", help="delete what the database has now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # One session and no pool: others in the database are not ours.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        try:
            with _source(options["file"]) as file, open_archive(file) as archive:
                manifest = restore(archive, self._report, replace=options["replace"])
                self._report(
                    f"Restored the desk of {manifest.created_at}, release {manifest.version}.\n"
                    f"Rows: {manifest.digest}"
                )
                if path := adopt_key(archive):
                    self._report(f"The secret key is now that of the backup: {path}")
        except (OSError, BackupError) as error:
            raise CommandError(str(error)) from error

    def _report(self, text: str) -> None:
        self.stderr.write(text, lambda line: line)  # not in the colour of errors


@contextmanager
def _source(name: str) -> Iterator[IO[bytes]]:
    """Open an archive, which is read in any order."""
    if name != STDIN:
        with open(name, "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        yield copy
