"""What surrounds every request: an id, readable input, and error responses."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from ..access import security_log, sessions
from ..exceptions import Conflict, DeskError, InvalidInput, PayloadTooLarge
from . import errors, request_log, uploads
from .lost_connections import took_too_long

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)
LOST_RACE = (
    "Somebody else saved first, and what you sent conflicts with it: for example, a name is taken"
    " now. Nothing was saved. Go back, reload the page and try again."
)


def request_id(get_response: GetResponse) -> GetResponse:
    """Give each request an id, which its response, error pages and all its log lines show."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request.id = secrets.token_hex(6)  # type: ignore[attr-defined]
        with request_log.logged_as(request):
            response = get_response(request)
            response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
            request_log.write_line(request, response, started)
            security_log.note_refusal(response)
        return response

    return middleware


def one_host(get_response: GetResponse) -> GetResponse:
    """Take the host from the address if that has one, and refuse a request without any.

    RFC 9112, 3.2: an absolute address overrules the header, which HTTP/1.1 requires. Django checks
    the host against ALLOWED_HOSTS later.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        meta = request.META
        address = meta.get("RAW_URI", "/")  # as the web server has read it
        if not address.startswith("/") and "//" in address:
            meta["HTTP_HOST"] = urlsplit(address).netloc
        elif "RAW_URI" in meta and "HTTP_HOST" not in meta and meta["SERVER_PROTOCOL"] > "HTTP/1.0":
            return errors.bad_request(request, InvalidInput())
        return get_response(request)

    return middleware


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Send the desk's policy with each response that has none of its own.

    Django's page about an error, which DEBUG shows, needs its inline styles.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            policy = settings.CONTENT_SECURITY_POLICY
            response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


def readable_forms(get_response: GetResponse) -> GetResponse:
    """Refuse a query or form that is not UTF-8, too large or incomplete, before it is read.

    Django replaces invalid UTF-8 with U+FFFD, and its CSRF check, the first to read a form, would
    call a form that is too large invalid. The JSON API checks its own bodies.
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
        elif request.content_type == "multipart/form-data":
            if _accepts_files(request):
                uploads.read_form(request)
            else:
                _form(request).decode()
    except UnicodeDecodeError:
        detail = gettext("This address or form contains text that is not UTF-8.")
        raise InvalidInput(detail) from None


def _accepts_files(request: HttpRequest) -> bool:
    """Return whether the address has a page that `@page(files=True)` marks."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "accepts_files", False)


def _form(request: HttpRequest) -> bytes:
    try:
        body = request.body
    except RequestDataTooBig:
        detail = gettext(
            "What you sent is larger than the limit of 1 MiB. Nothing was saved. Go back, shorten"
            " it and send it again."
        )
        raise PayloadTooLarge(detail) from None
    except UnreadablePostError:
        body = b""
    if len(body) < int(request.META.get("CONTENT_LENGTH") or 0):
        raise InvalidInput(gettext("This form is incomplete."))
    return body


def note_use(get_response: GetResponse) -> GetResponse:
    """Note when the session of an account was used, unless only an open page has asked for news."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.session.accessed and response.status_code < 500 and not _is_unattended(request):
            sessions.note_seen(request)
        return response

    return middleware


def _is_unattended(request: HttpRequest) -> bool:
    """Return whether a timer of an open page has sent the request."""
    match = request.resolver_match
    if match is not None and getattr(match.func, "is_unattended", False):
        return True
    # The dashboard asks for itself, by a script and without htmx.
    is_script = request.headers.get("Sec-Fetch-Dest") == "empty"
    return request.method == "GET" and is_script and "HX-Request" not in request.headers


class error_answers:  # noqa: N801  (a middleware, named like the functions beside it)
    """Turn errors into a problem document (JSON API) or an error page.

    An unknown exception stays one: Django logs it and responds with 500 and the request's id.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match error:
            case DeskError():
                return errors.respond(request, error)
            case RequestDataTooBig():
                return errors.respond(request, PayloadTooLarge())
            case UnreadablePostError():  # the client has gone
                return errors.bad_request(request, error)
            case OperationalError() | InterfaceError():
                problem = "stopped a statement" if took_too_long(error) else "unavailable"
                logger.error("database %s: %s", problem, error)
                return errors.unavailable(request, error)
            case IntegrityError() if request.path.startswith("/admin/"):
                # The admin's forms check before they store. Somebody else saved first.
                logger.warning("refused", exc_info=error)
                return errors.respond(request, Conflict(LOST_RACE))
            case DataError():
                # PostgreSQL refuses a value that no form of ours lets through, such as an id past
                # 64 bits in an admin address.
                logger.warning("refused", exc_info=error)
                return errors.bad_request(request, error)
        return None
