"""The bytes of files: written before the transaction that needs them, and stored once.

Each file gets a name of its own in the storage, and its row in the transaction of its attachment.
If the same bytes have a row already, that row is used and the new copy removed. So a copy is never
removed while another row may point to it. See docs/decisions/0035-files.md.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import DatabaseError

from ...exceptions import InvalidInput, StorageUnavailable
from ...files.received import MIB, NewFile, ReceivedFile
from ...models.attachments import StoredFile
from ...requester_texts import FILE_IS_GONE
from ...vocabulary import ScanState

logger = logging.getLogger(__name__)


def storage() -> Any:
    """Return where files are stored. What goes wrong there is an OSError."""
    return storages["attachments"]


def receive(name: str) -> ReceivedFile:
    """Return an empty file to write chunks to."""
    try:
        directory = storage().temporary_directory
    except OSError:  # the storage says so again when the file is written
        directory = None
    return ReceivedFile(name, settings.ATTACHMENT_MAX_MB * MIB, directory)


@contextmanager
def storing(files: Iterable[NewFile]) -> Iterator[None]:
    """Write the bytes of new files, and remove at the end those that no row points to.

    Attach the files inside. Raise StorageUnavailable; then nothing of them is left.
    """
    received = [file for file in files if isinstance(file, ReceivedFile)]
    try:
        for file in received:
            if not StoredFile.objects.filter(sha256=file.sha256).exists():
                _write(file)
        yield
    finally:
        _remove_unused([file for file in received if file.stored_as])


def _write(file: ReceivedFile) -> None:
    name = secrets.token_hex(16)
    try:
        file.stored_as = storage().save(f"{name[:2]}/{name}", File(file.content))
    except OSError as error:
        logger.error("a file could not be stored: %s", error)
        raise StorageUnavailable from error


def _remove_unused(files: Iterable[ReceivedFile]) -> None:
    """Remove copies without a row. One that stays is found by `remove_orphans` later."""
    try:
        names = {file.stored_as for file in files}
        used = set(StoredFile.objects.filter(name__in=names).values_list("name", flat=True))
        for name in names - used:
            storage().delete(name)
    except (OSError, DatabaseError) as error:
        logger.warning("an unused file could not be removed: %s", error)


def stored_file(file: NewFile) -> StoredFile:
    """Return the row of these bytes, locked, so that nobody deletes it before it is attached.

    Call it inside a transaction. Raise InvalidInput for an earlier file that is gone, and
    StorageUnavailable.
    """
    while True:
        rows = StoredFile.objects.select_for_update(no_key=True)
        row: StoredFile | None = rows.filter(sha256=file.sha256).first()
        if row is not None:
            return row
        if not isinstance(file, ReceivedFile):
            raise InvalidInput(errors={"files": [str(FILE_IS_GONE % {"name": file.name})]})
        if not file.stored_as:  # its row was deleted a moment ago
            _write(file)
        new = StoredFile(
            sha256=file.sha256,
            size=file.size,
            name=file.stored_as,
            type=file.type,
            scan_state=ScanState.WAITING if settings.ATTACHMENT_SCAN else ScanState.NOT_NEEDED,
        )
        StoredFile.objects.bulk_create([new], ignore_conflicts=True)
