"""The files that the email with a reply carries."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import storages

from ...models.attachments import Attachment
from ...models.mail import Email
from ...vocabulary import ScanState
from .composition import File

logger = logging.getLogger(__name__)
OPENABLE = (ScanState.NOT_NEEDED, ScanState.CLEAN)
# These hold messages, which mail programs would show in place of the reply.
NEVER_AS_DECLARED = ("message", "multipart")


class ReplyFiles(NamedTuple):
    """Files to attach, and the names of those that the reader finds on the ticket's page."""

    attached: list[File]
    on_page: list[str]


def files_of(email: Email) -> ReplyFiles:
    """Return the files of an email's reply. One query, and the files are read into memory.

    What goes past EMAIL_ATTACHMENTS_MB, waits for the scanner or cannot be read is not attached.
    What the scanner refused is not mentioned.
    """
    files = ReplyFiles([], [])
    if email.comment_id is None:
        return files
    space = settings.EMAIL_ATTACHMENTS_MB * 1024 * 1024
    rows = Attachment.objects.filter(comment=email.comment_id).select_related("file")
    for row in rows.exclude(file__scan_state=ScanState.REFUSED):
        fits = row.file.scan_state in OPENABLE and row.file.size <= space
        content = _read(row) if fits else None
        if content is None:
            files.on_page.append(row.name)
        else:
            files.attached.append(File(row.name, content, _declared_type(row)))
            space -= len(content)
    return files


def _read(attachment: Attachment) -> bytes | None:
    try:
        with storages["attachments"].open(attachment.file.name) as file:
            content: bytes = file.read()
            return content
    except OSError as error:
        logger.warning("Attachment %s cannot be read: %s", attachment.pk, error)
        return None


def _declared_type(attachment: Attachment) -> str:
    kind, slash, _ = attachment.file.type.partition("/")
    is_usable = bool(slash) and kind not in NEVER_AS_DECLARED
    return attachment.file.type if is_usable else "application/octet-stream"
