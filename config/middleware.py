"""What happens around every request: a request id, a first look at what was sent, and errors in
the form the caller reads."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from tickets.exceptions import Conflict, DeskError, InvalidInput, PayloadTooLarge

from . import errors

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)
FASTER = (
    "Somebody else was faster: what you sent does not fit what is stored now, such as a name that"
    " is taken. Nothing was stored; go back, reload the page and try again."
)


def request_id(get_response: GetResponse) -> GetResponse:
    """Give each request an id that stands in its answer, on error pages and in the log."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.id = secrets.token_hex(6)  # type: ignore[attr-defined]
        response = get_response(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    return middleware


def plain_cookies(get_response: GetResponse) -> GetResponse:
    """Drop cookies that cannot be ours: PostgreSQL refuses NUL, a header anything but Latin-1."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.COOKIES = {
            name: value
            for name, value in request.COOKIES.items()
            if value.isascii() and value.isprintable()
        }
        return get_response(request)

    return middleware


def readable_forms(get_response: GetResponse) -> GetResponse:
    """Refuse a page's query or form that is not UTF-8, too large or broken off.

    Before anybody else reads it: Django puts U+FFFD for what is no UTF-8, and its check of the
    CSRF token, the first to read a form, takes one that is too large for nonsense. The JSON API
    reads for itself.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not errors.wants_json(request):
            try:
                _read(request)
            except DeskError as error:
                return errors.respond(request, error)
        return get_response(request)

    return middleware


def _read(request: HttpRequest) -> None:
    """Raises InvalidInput or PayloadTooLarge."""
    try:
        unquote_to_bytes(get_bytes_from_wsgi(request.META, "QUERY_STRING", "")).decode()
        if request.content_type == "application/x-www-form-urlencoded":
            unquote_to_bytes(_form(request)).decode()
        elif request.content_type == "multipart/form-data":  # of texts alone, no page takes files
            _form(request).decode()
    except UnicodeDecodeError:
        raise InvalidInput("There is text in this address or form that is not UTF-8.") from None


def _form(request: HttpRequest) -> bytes:
    try:
        body = request.body
    except RequestDataTooBig:
        raise PayloadTooLarge(
            "What you sent is larger than 1 MiB, which is more than the desk takes. Nothing was"
            " stored. Go back, make it shorter and send it again."
        ) from None
    except UnreadablePostError:
        body = b""
    if len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise InvalidInput("This form ended too early.")
    return body


class problems:  # noqa: N801  (a middleware, named like the function beside it)
    """Turn raised errors into a problem document (JSON API) or an error page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DeskError):
            return errors.respond(request, error)
        if isinstance(error, RequestDataTooBig):
            return errors.respond(request, PayloadTooLarge())
        if isinstance(error, OperationalError | InterfaceError):
            logger.error("database unavailable (request %s): %s", request.id, error)  # type: ignore[attr-defined]
            return errors.unavailable(request)
        if isinstance(error, IntegrityError) and _in_admin(request):
            # Its forms look before they store; somebody else was faster in between.
            logger.warning("refused (request %s)", request.id, exc_info=error)  # type: ignore[attr-defined]
            return errors.respond(request, Conflict(FASTER))
        if isinstance(error, DataError):
            # Values that no form of ours lets through; Django's admin takes some from the address.
            logger.warning("refused (request %s)", request.id, exc_info=error)  # type: ignore[attr-defined]
            return errors.bad_request(request, error)
        return None


def _in_admin(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/")
