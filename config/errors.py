"""Error answers: RFC 9457 problem documents under /api/, pages elsewhere."""

from __future__ import annotations

import sys
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from tickets import exceptions
from tickets.exceptions import DeskError

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
    exceptions.StaleVersion: (412, "precondition_failed"),
    exceptions.RateLimited: (429, "rate_limited"),
    exceptions.Unavailable: (503, "unavailable"),
}
RETRY_AFTER = 5  # seconds, while the database is away
PORTION, MOST_DRAINED = 64 * 1024, 16 * 1024 * 1024  # bytes


def respond(request: HttpRequest, error: DeskError) -> HttpResponse:
    """The answer to a raised error."""
    if isinstance(error, exceptions.PayloadTooLarge):
        _drain(request)
    status, code = STATUS_AND_CODE[type(error)]
    response = answer(request, status, code, error.detail, error.errors)
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(error.allowed)
    if isinstance(error, exceptions.RateLimited):
        response["Retry-After"] = str(error.retry_after)
    if isinstance(error, exceptions.Unavailable):
        response["Retry-After"] = str(RETRY_AFTER)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _drain(request: HttpRequest) -> None:
    """Let the sender finish, within reason: whoever is cut off while sending hears no answer."""
    with suppress(Exception):  # each server has errors of its own for what is broken
        for _ in range(MOST_DRAINED // PORTION):
            if not request.META["wsgi.input"].read(PORTION):
                break


def answer(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    errors: dict[str, list[str]] | None = None,
) -> HttpResponse:
    """A problem document for programs, a page for people."""
    title = HTTPStatus(status).phrase
    if wants_json(request):
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "errors": errors or {},
        }
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    context = {"status": status, "title": title, "detail": detail, "errors": errors or {}}
    # Rendered without the request's context: it would ask the database, which may be away.
    page = {**context, "request_id": getattr(request, "id", ""), "request": request}
    if status == 403:  # another account may have the right; this reads no more than a cookie
        page |= {"who": _known_name(request), "csrf_token": get_token(request)}
    return HttpResponse(render_to_string("error.html", page), status=status)


def _known_name(request: HttpRequest) -> str:
    """The account that this request was found to be from; "" without asking the database."""
    user = getattr(request, "_cached_user", None)
    return user.get_username() if user is not None else ""


def wants_json(request: HttpRequest) -> bool:
    own = ("/api", "/healthz", "/readyz")
    return request.path.startswith("/api/") or request.path.rstrip("/") in own


def unavailable(request: HttpRequest) -> HttpResponse:
    return respond(request, exceptions.Unavailable())


# --- Django's own handlers, see config/urls.py ---


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400, "validation_error", "This request cannot be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, "permission_denied", "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    # Middleware, too, meets a database that is away; `process_exception` sees views only.
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return answer(request, 500, "server_error", "Something went wrong on our side.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = "The form was open for too long or came from elsewhere. Reload the page and try again."
    return answer(request, 403, "permission_denied", detail)
