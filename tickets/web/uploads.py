"""Forms with files. They are read as a stream: files go to the disk in chunks, and are counted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from ..exceptions import InvalidInput, PayloadTooLarge
from ..files.received import MIB, ReceivedFile
from ..services.attachments.storing import receive_file


def max_body_bytes() -> int:
    """Return the size that a form with files may have: all files of a ticket, and its texts."""
    return int(settings.ATTACHMENT_TICKET_MB * MIB + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def read_form(request: HttpRequest) -> None:
    """Read the form into `request.POST`, and its files into `request.FILES` as ReceivedFiles.

    What is wrong with a file is that file's `problem`.
    Raise PayloadTooLarge before anything is read if the body declares too much, and InvalidInput
    if it is incomplete, malformed or not UTF-8. Then no file is left.
    """
    # An error page asks for the form's texts, and Django must not read the body for it.
    request._post, request._files = QueryDict(), MultiValueDict()  # type: ignore[attr-defined]
    length = _declared_length(request)
    if length > max_body_bytes():
        limit = {"limit": settings.ATTACHMENT_TICKET_MB}
        raise PayloadTooLarge(
            gettext(
                "What you sent is larger than the limit of %(limit)d MB. Nothing was saved. Go"
                " back, remove some files and send it again."
            )
            % limit
        )
    body = _CountedBody(request)
    try:
        # With Latin-1 each byte is a character, so that nothing is lost before `_decoded`.
        parser = _Parser(request.META, body, [_Handler(request)], "latin-1")  # type: ignore[arg-type]
        post, files = parser.parse()
    except RequestDataTooBig:
        raise PayloadTooLarge(
            gettext(
                "What you sent is larger than the limit of 1 MiB. Nothing was saved. Go back,"
                " shorten it and send it again."
            )
        ) from None
    except UnreadablePostError:
        raise InvalidInput(gettext("This form is incomplete.")) from None
    except (MultiPartParserError, SuspiciousOperation):
        raise InvalidInput(gettext("The server could not understand this request.")) from None
    request._files = files  # type: ignore[attr-defined]  # closed at the end of the request
    if body.count < length:
        raise InvalidInput(gettext("This form is incomplete."))
    request._post = _decoded(post)  # type: ignore[attr-defined]
    request._files = MultiValueDict(  # type: ignore[attr-defined]
        {_utf8(name): values for name, values in files.lists()}
    )


def _declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _decoded(post: QueryDict) -> QueryDict:
    decoded = QueryDict(mutable=True)
    for name, values in post.lists():
        decoded.setlist(_utf8(name), [_utf8(str(value)) for value in values])
    decoded._mutable = False
    return decoded


def _utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        detail = gettext("This address or form contains text that is not UTF-8.")
        raise InvalidInput(detail) from None


class _CountedBody:
    """A request's body, with the number of bytes that really came."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self.request.read(size)
        self.count += len(chunk)
        return chunk


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str | None:
        return super().sanitize_file_name(file_name.encode("latin-1").decode(errors="replace"))


class _Handler(FileUploadHandler):
    """Write each file to the disk as it comes. The length that a sender declares counts not."""

    file: ReceivedFile

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        self.file = receive_file(file_name)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile:  # type: ignore[override]
        return self.file

    def upload_interrupted(self) -> None:
        self.file.close()
