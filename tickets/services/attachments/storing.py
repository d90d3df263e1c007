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

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, IntegrityError, transaction

from ...exceptions import InvalidInput, StorageUnavailable
from ...files.received import MIB, NewFile, ReceivedFile
from ...models.attachments import StoredFile
from ...requester_texts import FILE_IS_GONE
from ...vocabulary import ScanState
from ..jobs import defer
from .processing import process_file
from .storage import storage, storage_errors

logger = logging.getLogger(__name__)


def receive_file(name: str) -> ReceivedFile:
    """Return an empty file to write chunks to."""
    try:
        directory = storage().temporary_directory
    except OSError:  # the storage says so again when the file is written
        directory = None
    return ReceivedFile(name, settings.ATTACHMENT_MAX_MB * MIB, directory)


def receive_content(name: str, content: bytes) -> ReceivedFile:
    """Return a file that is there as a whole, to be closed. Raise StorageUnavailable."""
    file = receive_file(name)
    file.write(content)
    if file.is_unwritable:
        raise StorageUnavailable  # the file is not at fault: what it came with has to wait
    return file


@contextmanager
def storing(files: Iterable[NewFile]) -> Iterator[None]:
    """Write the bytes of new files, and remove at the end those that no row points to.

    Attach the files inside, which refuses those with a problem: they are not written.
    Raise StorageUnavailable; then nothing of them is left.
    """
    received = [file for file in files if isinstance(file, ReceivedFile) and not file.problem]
    try:
        for file in received:
            if not _has_bytes(StoredFile.objects.filter(sha256=file.sha256).first()):
                _write(file)
        yield
    finally:
        _remove_unused([file for file in received if file.stored_as])


def _has_bytes(row: StoredFile | None) -> bool:
    """Return whether the bytes of a row are there. A restored backup may lack some."""
    with storage_errors("found"):
        return row is not None and bool(storage().exists(row.name))


def _write(file: ReceivedFile) -> None:
    name = secrets.token_hex(16)
    with storage_errors("stored"):
        file.stored_as = storage().save(f"{name[:2]}/{name}", File(file.content))


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
            _renew(row, file)
            return row
        if not isinstance(file, ReceivedFile):
            raise InvalidInput(errors={"files": [str(FILE_IS_GONE % {"name": file.name})]})
        if not file.stored_as:  # its row was deleted a moment ago
            _write(file)
        row = _insert(file)
        if row is not None:
            return row


def _renew(row: StoredFile, file: NewFile) -> None:
    """Have a file scanned that came before there was a scanner, and replace bytes that are lost."""
    changed = []
    if settings.ATTACHMENT_SCAN and row.scan_state == ScanState.NOT_NEEDED:
        row.scan_state = ScanState.WAITING
        changed.append("scan_state")
    if isinstance(file, ReceivedFile) and file.stored_as and not _has_bytes(row):
        row.name, row.thumbnail = file.stored_as, ""
        changed += ["name", "thumbnail"]
    if changed:
        row.save(update_fields=changed)
        defer(process_file, file_id=row.pk)


def _insert(file: ReceivedFile) -> StoredFile | None:
    """Return the new row; None if somebody else has stored the same bytes a moment ago."""
    state = ScanState.WAITING if settings.ATTACHMENT_SCAN else ScanState.NOT_NEEDED
    try:
        with transaction.atomic():
            row = StoredFile.objects.create(
                sha256=file.sha256,
                size=file.size,
                name=file.stored_as,
                type=file.type,
                scan_state=state,
            )
    except IntegrityError:
        return None
    defer(process_file, file_id=row.pk)
    return row
