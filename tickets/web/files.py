"""Responses with a file that somebody has sent. No browser may take it for a page of ours."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse

from ..files.types import UNKNOWN_TYPE
from ..models.attachments import Attachment
from ..services.attachments.serving import open_content, open_thumbnail
from ..services.attachments.thumbnails import THUMBNAIL_TYPE

# Types that no browser runs. Any other file is sent as unknown.
HARMLESS_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf")
POLICY = "default-src 'none'; sandbox"


def file_response(attachment: Attachment) -> FileResponse:
    """Return a file to be saved, never to be shown. Raise StorageUnavailable."""
    media_type = attachment.file.type
    if media_type == "text/plain":
        media_type = "text/plain; charset=utf-8"
    elif media_type not in HARMLESS_TYPES:
        media_type = UNKNOWN_TYPE
    file = open_content(attachment)
    return _guarded(
        FileResponse(file, as_attachment=True, filename=attachment.name, content_type=media_type)
    )


def thumbnail_response(attachment: Attachment) -> FileResponse:
    """Return the thumbnail, which pages show. Raise NotFound and StorageUnavailable."""
    file = open_thumbnail(attachment)
    return _guarded(FileResponse(file, filename="thumbnail.webp", content_type=THUMBNAIL_TYPE))


def _guarded(response: FileResponse) -> FileResponse:
    headers: dict[str, Any] = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    for name, value in headers.items():
        response[name] = value
    return response
