"""Let admins in only with a second factor, if SECOND_FACTOR_FOR_ADMINS says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from ..access.actors import is_admin
from ..access.sessions import is_past_second_step
from ..exceptions import PermissionDenied
from . import errors
from .notices import notify

# What is needed to set one up, or to leave.
OPEN = frozenset(
    {
        *("second-factors", "add-app", "add-passkey", "recovery-codes", "remove-factor"),
        *("confirm-password", "change-password", "sign-in", "second-step", "sign-out"),
        *("provider-sign-in", "provider-back", "provider-confirm"),
        *("forgotten-password", "reset-sent", "reset-password"),
        *("theme", "language", "desk-logo", "healthz", "readyz", "metrics"),
    }
)
NEEDED = "Your account may change a lot, so it needs a second factor. Set one up first."


class require_second_factor:  # noqa: N801  (a middleware, named like the functions)
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Lead an admin's session without a second factor to the page that sets one up.

        A request with a token ignores its session.
        """
        if not settings.SECOND_FACTOR_FOR_ADMINS or "Authorization" in request.headers:
            return None
        match = request.resolver_match
        if (match and match.url_name in OPEN) or not _lacks_factor(request):
            return None
        if errors.wants_json(request):
            return errors.respond(request, PermissionDenied(NEEDED))
        notify(request, NEEDED, level=messages.WARNING)
        url = resolve_url("second-factors")
        return HttpResponseClientRedirect(url) if "HX-Request" in request.headers else redirect(url)


def _lacks_factor(request: HttpRequest) -> bool:
    user = request.user
    if not user.is_authenticated:
        return False
    return (user.is_staff or is_admin(user)) and not is_past_second_step(request)
