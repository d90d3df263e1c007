"""Between the password and the second factor of somebody who signs in."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import auth
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ..access.sessions import forget_confirmation, note_second_factor
from ..services.second_factors import Site, has_second_factor
from ..vocabulary import SECOND_STEP_LIFETIME

BACKEND = "django.contrib.auth.backends.ModelBackend"
WAITING = "second_step"  # in the session of a visitor whose password was right


def finish_sign_in(
    request: HttpRequest, user: User, target: str, *, is_confirmed: bool = True
) -> HttpResponse:
    """Sign somebody in whose first factor was right, or ask for the second factor first.

    `is_confirmed` says whether a password was typed just now, here or at the provider.
    """
    if not has_second_factor(user):
        _sign_in(request, user, is_confirmed)
        return redirect(target)
    request.session[WAITING] = {
        "account": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
        "next": target,
        "is_confirmed": is_confirmed,
    }
    return redirect("second-step")


def waiting_account(request: HttpRequest) -> User | None:
    """Return whose second factor is asked for; None if the password was typed too long ago, or has
    changed since."""
    waiting: dict[str, Any] = request.session.get(WAITING) or {}
    if time.time() - waiting.get("at", 0) > SECOND_STEP_LIFETIME.total_seconds():
        return None
    user = User.objects.filter(pk=waiting["account"], is_active=True).first()
    is_same = user is not None and user.get_session_auth_hash() == waiting["hash"]
    return user if is_same else None


def pass_second_step(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in somebody whose second factor was right, too."""
    waiting = request.session.pop(WAITING)
    # The second factor does not stand in for the first: to confirm is to show the first one.
    _sign_in(request, user, waiting.get("is_confirmed", False))
    note_second_factor(request)
    return redirect(waiting["next"])


def _sign_in(request: HttpRequest, user: User, is_confirmed: bool) -> None:
    auth.login(request, user, backend=BACKEND)
    if not is_confirmed:
        forget_confirmation(request)


def site_of(request: HttpRequest) -> Site:
    """Return where passkeys are used: the address in the visitor's browser."""
    host = request.get_host()
    return Site(host.rpartition(":")[0] or host, f"{request.scheme}://{host}")
