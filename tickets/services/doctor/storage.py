"""Where the desk writes: its directory, the files of tickets, the scanner that reads them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection

from ..attachments import clamd
from ..attachments.storage import storage
from ..conditions.disks import directories, full_disks, size
from .finding import Finding, ok, wrong

PROBE = b"Written by manage.py doctor, and deleted again."


def look_at_data_dir() -> Iterator[Finding]:
    """Write below DATA_DIR, if the desk keeps anything there."""
    if not settings.SECRET_KEY_IS_STORED and not hasattr(connection, "server"):
        return
    path = settings.DATA_DIR / f"doctor-{secrets.token_hex(8)}"
    try:
        path.write_bytes(PROBE)
        path.unlink()
    except OSError as error:
        yield wrong(
            "data",
            f"Nothing can be written to DATA_DIR ({settings.DATA_DIR}): {error.strerror}.",
            "Give the account that runs the desk the right to write there, or mount a volume.",
        )
    else:
        yield ok("data", f"{settings.DATA_DIR} can be written.")


def look_at_files() -> Iterator[Finding]:
    """Store a file, read it and delete it."""
    options = settings.ATTACHMENT_STORAGE
    where = f"bucket {options['bucket_name']}" if options else storage().location
    name = f"doctor-{secrets.token_hex(8)}"
    try:
        storage().save(name, ContentFile(PROBE))
        with storage().open(name) as file:
            content = file.read()
        storage().delete(name)
    except OSError as error:
        advice = (
            "Check ATTACHMENT_STORAGE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and whether the"
            " key may write to the bucket."
            if options
            else "Give the account that runs the desk the right to write there, or mount a volume."
        )
        text = error.strerror or str(error)
        yield wrong("files", f"Files cannot be stored in {where}: {text}.", advice)
        return
    if content != PROBE:
        yield wrong("files", f"{where} returns other bytes than were stored.", "Check its disk.")
    else:
        yield ok("files", f"{where}: written, read and deleted.")


def look_at_scanner() -> Iterator[Finding]:
    scanner = settings.ATTACHMENT_SCAN
    if scanner is None:
        return
    try:
        clamd.scan(scanner, [PROBE])
    except clamd.ScannerError as error:
        advice = "Start ClamAV's daemon, or check ATTACHMENT_SCAN. Files wait until it answers."
        yield wrong("scanner", f"{error}", advice)
    else:
        yield ok("scanner", "It has read a file.")


def look_at_disks() -> Iterator[Finding]:
    conditions = list(full_disks())
    for condition in conditions:
        yield wrong("disk", condition.text, condition.advice)
    if not conditions:
        free = {os.statvfs(path).f_bavail * os.statvfs(path).f_frsize for path in directories()}
        yield ok("disk", f"{size(min(free))} are free." if free else "The desk writes to none.")
