"""Sign in with an account of the provider, connect one, and confirm by it who one is."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.crypto import constant_time_compare

from ...access import sessions
from ...access.throttling import throttle_sign_in
from ...exceptions import Conflict, NotFound, ProviderRefused
from ...models.identities import ProviderIdentity
from ...services.identities import accounts, provider
from ...services.identities.requests import Claims
from ...web.notices import notify
from ..addresses import next_path
from ..decorators import Request, account_of, page
from ..second_step import finish_sign_in

ATTEMPT = "provider"  # in the session while somebody is at the provider
MAX_SECONDS = 600
FRESH = 120  # seconds since the provider asked for the password
SIGN_IN, CONNECT, CONFIRM = "sign-in", "connect", "confirm"


@page("POST")
def start(request: Request) -> HttpResponse:
    """Go to the provider to sign in."""
    return _start(request, SIGN_IN)


@page("POST", accounts=True, confirmed=True)
def connect(request: Request) -> HttpResponse:
    return _start(request, CONNECT)


@page("POST", accounts=True)
def confirm(request: Request) -> HttpResponse:
    return _start(request, CONFIRM)


def _start(request: Request, purpose: str) -> HttpResponse:
    if not provider.is_set_up():
        raise NotFound
    throttle_sign_in(request)
    attempt = provider.new_attempt()
    try:
        address = provider.address_for(attempt, again=purpose == CONFIRM)
    except ProviderRefused as error:
        return _fail(request, error, purpose)
    waiting = {"purpose": purpose, "at": time.time(), "next": next_path(request)}
    request.session[ATTEMPT] = attempt.as_dict() | waiting
    # Browsers apply `form-action` of the policy to redirects of forms, so a page goes on.
    return render(request, "tickets/to_provider.html", {"address": address})


@page("GET")
def back(request: Request) -> HttpResponse:
    """Do what somebody went to the provider for."""
    if not provider.is_set_up():
        raise NotFound
    waiting: dict[str, Any] = request.session.pop(ATTEMPT, {})
    purpose = waiting.get("purpose", SIGN_IN)
    try:
        claims = _claims(request, waiting)
        if purpose == SIGN_IN:
            target = waiting["next"] or resolve_url(settings.LOGIN_REDIRECT_URL)
            user = accounts.signed_in_account(claims)
            return finish_sign_in(request, user, target, is_confirmed=_is_fresh(claims))
        if request.user.is_authenticated:
            return _finish(request, purpose, claims, waiting["next"])
        raise ProviderRefused
    except (ProviderRefused, Conflict) as error:
        return _fail(request, error, purpose)


def _claims(request: Request, waiting: dict[str, Any]) -> Claims:
    if not waiting:
        raise ProviderRefused
    is_ours = constant_time_compare(request.GET.get("state", ""), waiting["state"])
    if not is_ours or time.time() - waiting["at"] > MAX_SECONDS or "code" not in request.GET:
        raise ProviderRefused
    names = ("state", "nonce", "verifier")
    attempt = provider.Attempt(*(waiting[name] for name in names))
    return provider.claims_of(attempt, request.GET["code"])


def _finish(request: Request, purpose: str, claims: Claims, target: str) -> HttpResponse:
    if purpose == CONNECT:
        accounts.connect(account_of(request), claims)
        notify(request, "It is connected. You can sign in with it.")
        return redirect("identities")
    if not _is_fresh(claims) or not accounts.is_own(account_of(request), claims):
        raise ProviderRefused
    sessions.confirm(request)
    return redirect(target or "change-password")


def _is_fresh(claims: Claims) -> bool:
    """Return whether the provider asked for the password just now, not from its own session."""
    asked_at = claims.get("auth_time")
    return isinstance(asked_at, int) and -provider.LEEWAY <= time.time() - asked_at < FRESH


def _fail(request: Request, error: ProviderRefused | Conflict, purpose: str) -> HttpResponse:
    notify(request, error.detail, level=messages.ERROR)
    return redirect({CONNECT: "identities", CONFIRM: "confirm-password"}.get(purpose, "sign-in"))


@page("GET", accounts=True)
def identities(request: Request) -> HttpResponse:
    rows = ProviderIdentity.objects.filter(account=account_of(request)).order_by("pk")
    context = {"rows": rows, "has_password": account_of(request).has_usable_password()}
    return render(request, "tickets/identities.html", context)


@page("POST", accounts=True, confirmed=True)
def disconnect(request: Request, identity_id: int) -> HttpResponse:
    if not accounts.disconnect(account_of(request), identity_id):
        raise NotFound("It is not connected, or it is the only way into your account.")
    notify(request, "It is no longer connected.")
    return redirect("identities")
