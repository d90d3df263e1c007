"""Write an archive of the desk."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets.services.backup.age import note_backup
from tickets.services.backup.making import make

STDOUT = "-"


class Command(BaseCommand):
    help = (
        "Write the database, the files of tickets and the secret key to one archive, while the"
        " desk runs. `manage.py restore` makes a desk from it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the archive; - is the standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _target(options["file"]) as target:
                manifest = make(target, self._report)
        except OSError as error:
            raise CommandError(f"The backup failed: {error}") from error
        note_backup()
        self._report(
            f"Backup of {manifest.created_at}, release {manifest.version}.\n"
            f"Rows: {manifest.digest}\n"
            "It has the secret key and all that people wrote: keep it as private as the desk. Keep"
            " the settings (`.env`) as well; they are not in it."
        )

    def _report(self, text: str) -> None:
        self.stderr.write(text, lambda line: line)  # not in the colour of errors


@contextmanager
def _target(name: str) -> Iterator[IO[bytes]]:
    """Open what only we can read. The name appears once all of it is on the disk."""
    if name == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()  # fails if nobody took all of it
        return
    path = Path(name)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
