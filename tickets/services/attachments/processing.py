"""What happens to a file once it is stored: the scanner reads it, then it gets a thumbnail."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from django.db.models.functions import Now
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ...files.types import IMAGE_TYPES
from ...models.attachments import StoredFile
from ...models.mail import MAX_ERROR_CHARS
from ...vocabulary import ScanState
from ..jobs import FILES, FILES_PRIORITY, defer
from . import clamd
from .storage import storage
from .thumbnails import make_thumbnail

logger = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
SAFE_STATES = (ScanState.NOT_NEEDED, ScanState.CLEAN)
RETRY_AFTER = timedelta(minutes=1)
MAX_FILES_PER_RUN = 100


@dataclass(frozen=True, slots=True)
class WaitingFiles:
    """How many files wait for the scanner, since when, and what it said last."""

    count: int
    since: datetime
    error: str


def overdue_files() -> QuerySet[StoredFile]:
    """Return the files that have waited for longer than a scan takes, oldest first."""
    return StoredFile.objects.waiting_for_scan().filter(created_at__lt=Now() - RETRY_AFTER)


def waiting_files() -> WaitingFiles | None:
    """Return what there is to say about the overdue files; None if there are none."""
    oldest = overdue_files().first()
    if oldest is None:
        return None
    return WaitingFiles(overdue_files().count(), oldest.created_at, oldest.scan_result)


def scan_file(row: StoredFile) -> None:
    """Have a waiting file scanned and store the verdict. Without one it goes on waiting.

    Raise ScannerError, and OSError if the file cannot be read.
    """
    if settings.ATTACHMENT_SCAN is None:  # the scanner was taken away while the file waited
        _save_verdict(row, ScanState.NOT_NEEDED, "")
        return
    try:
        with storage().open(row.name) as file:
            threat = clamd.scan(settings.ATTACHMENT_SCAN, file.chunks(CHUNK_BYTES))
    except clamd.ScannerError as error:
        _save_verdict(row, ScanState.WAITING, str(error))
        raise
    if threat:
        logger.warning("the scanner refused file %s: %s", row.pk, threat)
    _save_verdict(row, ScanState.REFUSED if threat else ScanState.CLEAN, threat)


def _save_verdict(row: StoredFile, state: ScanState, result: str) -> None:
    row.scan_state, row.scan_result = state, result.replace("\0", "")[:MAX_ERROR_CHARS]
    waiting = StoredFile.objects.filter(pk=row.pk, scan_state=ScanState.WAITING)
    waiting.update(scan_state=row.scan_state, scan_result=row.scan_result)


def add_thumbnail(row: StoredFile) -> None:
    """Store a thumbnail of an image that is safe, unless it has one."""
    if row.thumbnail or row.type not in IMAGE_TYPES or row.scan_state not in SAFE_STATES:
        return
    with storage().open(row.name) as file:
        content = make_thumbnail(file)
    if content is None:
        return
    name = storage().save(f"{row.name}.webp", ContentFile(content))
    if not StoredFile.objects.filter(pk=row.pk, thumbnail="").update(thumbnail=name):
        storage().delete(name)  # the file was deleted meanwhile, or another job was faster


# --- jobs -------------------------------------------------------------------------------


@app.task(
    queue=FILES, priority=FILES_PRIORITY, retry=RetryStrategy(max_attempts=8, exponential_wait=4)
)
def process_file(file_id: int) -> None:
    """Scan a new file and add its thumbnail. Twice does no harm."""
    row = StoredFile.objects.filter(pk=file_id).first()
    if row is None:
        return
    if row.scan_state == ScanState.WAITING:
        try:
            scan_file(row)
        except clamd.ScannerError:
            return  # `scan_waiting` tries again
    add_thumbnail(row)


@app.periodic(cron="* * * * *")
@app.task(queue=FILES, priority=FILES_PRIORITY, queueing_lock="scan_waiting")
def scan_waiting(timestamp: int) -> None:
    """Try again to scan the files that wait, once a minute, until the scanner is gone.

    In any order: else files on which it never gives a verdict would be tried before all others.
    """
    for row in overdue_files().order_by("?")[:MAX_FILES_PER_RUN]:
        try:
            scan_file(row)
        except clamd.ScannerUnavailable as error:
            logger.error("the scanner does not work: %s", error)
            return
        except clamd.ScannerError as error:
            logger.error("the scanner gives no verdict on file %s: %s", row.pk, error)
            continue
        except FileNotFoundError:
            continue
        defer(process_file, file_id=row.pk)
