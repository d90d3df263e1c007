"""The caller of the JSON API: a token, a signed-in user, or an anonymous caller."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from ..exceptions import AuthenticationRequired, PermissionDenied
from ..models.tokens import ApiToken
from .actors import Actor, actor_of, token_actor

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


def caller(request: HttpRequest) -> Actor:
    """Return the request's actor. A request with an `Authorization` header ignores any session.

    Raises AuthenticationRequired for an unusable token, even where anyone may call, and
    PermissionDenied for a session's unsafe request without the CSRF token.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        return _token_caller(header)
    actor = actor_of(request)
    if actor.user is not None and request.method not in SAFE_METHODS:
        _check_csrf(request)
    return actor


def _token_caller(header: str) -> Actor:
    scheme, _, secret = header.strip().partition(" ")
    token = ApiToken.objects.usable(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise AuthenticationRequired("This token is unknown, expired or revoked.")
    token.note_use(timezone.now())
    return token_actor(token)


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _check_csrf(request: HttpRequest) -> None:
    """Run Django's own check. The views are exempt from it: most callers have no session."""
    check = _CsrfCheck(lambda request: HttpResponse())
    check.process_request(request)
    if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise PermissionDenied(
            "A request with a session needs the CSRF token in the X-CSRFToken header."
        )
