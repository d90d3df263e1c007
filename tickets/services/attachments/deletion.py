"""Delete the bytes that no attachment uses any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ...models.attachments import Attachment, StoredFile
from ...models.ticket import Ticket
from ...vocabulary import EARLIER_FILE_LIFETIME
from ..jobs import FILES, FILES_PRIORITY, defer
from .storage import storage

# Bytes without a row that are younger belong to a request that has not ended.
ORPHAN_AGE = timedelta(days=1)


def delete_files_after(ticket: Ticket) -> None:
    """Queue the deletion of a ticket's files. Call it in the transaction that deletes the ticket.

    Those of the tickets that were merged into it are deleted as well.
    """
    of_ticket = Q(ticket=ticket) | Q(ticket__merged_into=ticket)
    ids = set(Attachment.objects.filter(of_ticket).values_list("file", flat=True))
    if ids:
        defer(delete_files, file_ids=sorted(ids))


def delete_unused(file_id: int) -> None:
    """Delete a file unless something is attached to it, be it since a moment ago.

    Whoever attaches the same bytes holds the row's lock until the attachment is stored, or finds
    no row and stores the bytes anew, under a name of their own.
    """
    with transaction.atomic():
        row = StoredFile.objects.select_for_update().filter(pk=file_id).first()
        if row is None or row.attachments.exists():
            return
        row.delete()
        names = [name for name in (row.name, row.thumbnail) if name]
        defer(delete_bytes, names=names)


def delete_unused_files() -> None:
    """Delete what was stored for a form that was never sent, and what SQL left behind."""
    before = timezone.now() - EARLIER_FILE_LIFETIME
    for file_id in StoredFile.objects.unused(before).values_list("pk", flat=True):
        delete_unused(file_id)


def remove_orphans(before: datetime) -> int:
    """Remove bytes from before a time that have no row, which a killed process may leave.

    Return how many.
    """
    count = 0
    for names in _names_by_directory():
        rows = StoredFile.objects.filter(Q(name__in=names) | Q(thumbnail__in=names))
        used = {name for pair in rows.values_list("name", "thumbnail") for name in pair}
        for name in set(names) - used:
            if storage().get_modified_time(name) < before:
                storage().delete(name)
                count += 1
    return count


def _names_by_directory() -> Iterator[list[str]]:
    try:
        directories, _ = storage().listdir("")
    except FileNotFoundError:  # nothing was ever stored
        return
    for directory in directories:
        _, files = storage().listdir(directory)
        yield [f"{directory}/{name}" for name in files]


# --- jobs -------------------------------------------------------------------------------


@app.task(
    queue=FILES, priority=FILES_PRIORITY, retry=RetryStrategy(max_attempts=12, exponential_wait=4)
)
def delete_files(file_ids: Iterable[int]) -> None:
    """Delete the files of a ticket that was deleted, unless other tickets have them."""
    for file_id in file_ids:
        delete_unused(file_id)


@app.task(
    queue=FILES, priority=FILES_PRIORITY, retry=RetryStrategy(max_attempts=12, exponential_wait=4)
)
def delete_bytes(names: Iterable[str]) -> None:
    """Delete bytes whose row is gone."""
    for name in names:
        storage().delete(name)


@app.periodic(cron="47 3 * * *")
@app.task(queue=FILES, priority=FILES_PRIORITY, queueing_lock="remove_orphan_files")
def remove_orphan_files(timestamp: int) -> None:
    """Remove bytes without a row, once a day."""
    remove_orphans(timezone.now() - ORPHAN_AGE)
