"""Error responses: RFC 9457 problem documents for the JSON API, pages elsewhere."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import suppress
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import exceptions
from ..exceptions import DeskError
from .lost_connections import is_lost, took_too_long

STATUS_AND_CODE: dict[type[DeskError], tuple[int, str]] = {
    exceptions.InvalidInput: (400, "validation_error"),
    exceptions.InvalidJson: (400, "invalid_json"),
    exceptions.PayloadTooLarge: (413, "payload_too_large"),
    exceptions.UnsupportedMediaType: (415, "unsupported_media_type"),
    exceptions.AuthenticationRequired: (401, "authentication_required"),
    exceptions.PermissionDenied: (403, "permission_denied"),
    exceptions.NotFound: (404, "not_found"),
    exceptions.MethodNotAllowed: (405, "method_not_allowed"),
    exceptions.Conflict: (409, "conflict"),
    exceptions.TicketMerged: (409, "conflict"),
    exceptions.MergeRefused: (409, "conflict"),
    exceptions.OtherRequester: (409, "conflict"),
    exceptions.UnknownRequester: (409, "conflict"),
    exceptions.StaleVersion: (412, "precondition_failed"),
    exceptions.UnreadMessages: (409, "conflict"),
    exceptions.AlreadySent: (409, "conflict"),
    exceptions.RateLimited: (429, "rate_limited"),
    exceptions.Unavailable: (503, "unavailable"),
    exceptions.TookTooLong: (503, "unavailable"),
    exceptions.StorageUnavailable: (503, "unavailable"),
    exceptions.FileWithheld: (403, "permission_denied"),
}
HEADLINES = {
    400: _("We couldn't understand that request"),
    403: _("You don't have access"),
    404: _("Page not found"),
    405: _("This page can't do that"),
    409: _("This has changed in the meantime"),
    412: _("This has changed in the meantime"),
    413: _("That's too large"),
    429: _("Too many attempts"),
    503: _("We'll be back in a moment"),
}
SERVER_ERROR = _("Something went wrong")
TOOK_TOO_LONG = _("That took too long")
RETRY_AFTER = 5  # seconds, while the database or the storage is unavailable
# Pages of people without an account, who are offered no way to agents' pages.
REQUESTERS_PATHS = ("/t/", "/links/", "/confirm/")
CHUNK_BYTES, MAX_DRAINED_BYTES, DRAIN_SECONDS = 64 * 1024, 16 * 1024 * 1024, 5


def respond(request: HttpRequest, error: DeskError) -> HttpResponse:
    """Return the response to an error of the desk."""
    status, code = STATUS_AND_CODE[type(error)]
    headline = TOOK_TOO_LONG if isinstance(error, exceptions.TookTooLong) else ""
    response = answer(request, status, code, error.detail, error.errors, headline)
    if isinstance(error, exceptions.PayloadTooLarge):
        response._resource_closers.append(lambda: _drain(request))  # type: ignore[attr-defined]
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(error.allowed)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return with_retry_after(response, error)


def with_retry_after(response: HttpResponse, error: DeskError) -> HttpResponse:
    """Say in the response when to try again, if the error passes with time."""
    if isinstance(error, exceptions.RateLimited):
        response["Retry-After"] = str(error.retry_after)
    if isinstance(error, exceptions.Unavailable):
        response["Retry-After"] = str(RETRY_AFTER)
        response.lost_connection = is_lost(error.__cause__)  # type: ignore[attr-defined]
    return response


def _drain(request: HttpRequest) -> None:
    """Read the rest of the body, within limits: a client that is cut off reads no response.

    Called when the response is sent. The connection cannot be used again.
    """
    connection = request.META.get("gunicorn.socket")
    ends = time.monotonic() + DRAIN_SECONDS
    if connection is None:
        return
    with suppress(OSError):
        for _ in range(MAX_DRAINED_BYTES // CHUNK_BYTES):
            connection.settimeout(max(ends - time.monotonic(), 0.001))
            if not connection.recv(CHUNK_BYTES):
                break
        connection.shutdown(socket.SHUT_RD)  # or the server would wait for the rest


def answer(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    headline: str | Promise = "",
) -> HttpResponse:
    """Return a problem document to programs, a page to people. No cache may store either."""
    errors = errors or {}
    if wants_json(request):
        response = _problem(status, code, detail, errors)
    else:
        response = _page(request, status, detail, errors, headline)
    # The address may be a secret, and the answer may be for this reader only.
    response["Cache-Control"] = "private, no-store"
    return response


def _problem(status: int, code: str, detail: str, errors: dict[str, list[str]]) -> HttpResponse:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors,
    }
    return JsonResponse(problem, status=status, content_type="application/problem+json")


def _page(
    request: HttpRequest,
    status: int,
    detail: str,
    errors: dict[str, list[str]],
    headline: str | Promise,
) -> HttpResponse:
    default = SERVER_ERROR if status >= 500 else HTTPStatus(status).phrase
    headline = headline or HEADLINES.get(status, default)
    context = {"status": status, "headline": headline, "detail": detail, "errors": errors}
    # Rendered without context processors: they use the database, which may be unavailable.
    page = {**context, "request_id": getattr(request, "id", ""), "request": request}
    page["for_requesters"] = request.path.startswith(REQUESTERS_PATHS)
    if status == 403:  # offers another account; reads no more than a cookie
        page |= {"username": _known_username(request), "csrf_token": get_token(request)}
    return HttpResponse(render_to_string("error.html", page), status=status)


def _known_username(request: HttpRequest) -> str:
    """Return the account that this request was already found to be from, or ""."""
    user = getattr(request, "_cached_user", None)
    return user.get_username() if user is not None else ""


def wants_json(request: HttpRequest) -> bool:
    paths = ("/api", "/healthz", "/readyz", "/metrics")
    return request.path.startswith("/api/") or request.path.rstrip("/") in paths


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the response to an error of the database. It says whether the connection was lost."""
    if took_too_long(error):
        return respond(request, exceptions.TookTooLong())
    problem = exceptions.Unavailable()
    problem.__cause__ = error
    return respond(request, problem)


# --- Django's handlers, see config/urls.py ---


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = gettext("The server could not understand this request.")
    return answer(request, 400, "validation_error", detail)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, "permission_denied", gettext("You are not allowed to do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404, "not_found", gettext("This page does not exist."))


def server_error(request: HttpRequest) -> HttpResponse:
    # Middleware may also find the database unavailable; `process_exception` sees only views.
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, error)
    return answer(request, 500, "server_error", gettext("Something went wrong on our side."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = gettext(
        "The form has expired or came from another site. Reload the page and try again."
    )
    return answer(request, 403, "permission_denied", detail)
