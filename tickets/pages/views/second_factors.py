"""The second factors of the own account: add, remove, and get new recovery codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.contrib import auth
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from ...access.sessions import is_past_second_step, note_second_factor, sign_in_of
from ...exceptions import InvalidInput, NotFound
from ...forms.accounts import AppForm, PasskeyForm
from ...models.second_factors import RecoveryCode, SecondFactor
from ...models.sign_ins import SignIn
from ...services import second_factors as service
from ...services.sessions import end_sessions
from ...web.notices import notify
from ..decorators import Request, account_of, page
from ..second_step import site_of

STATE = "new_passkey_state"
View = Callable[..., HttpResponse]


def own_factors(view: View) -> View:
    """Let somebody change the factors who has shown one of them, or has none yet."""

    @wraps(view)
    def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_past_second_step(request) or not service.has_second_factor(account_of(request)):
            return view(request, *args, **kwargs)
        # A session from before the first one was added, whose owner has to show it now.
        auth.logout(request)
        return redirect("sign-in")

    return answer


@page("GET", accounts=True, confirmed=True)
@own_factors
def factors(request: Request) -> HttpResponse:
    context = {
        "rows": SecondFactor.objects.of(account_of(request).pk),
        "codes": RecoveryCode.objects.filter(account=account_of(request)).count(),
    }
    return render(request, "tickets/second_factors.html", context)


@sensitive_post_parameters("key", "code")
@page("GET", "POST", accounts=True, confirmed=True)
@own_factors
def add_app(request: Request) -> HttpResponse:
    user = account_of(request)
    form = AppForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        try:
            key = service.shown_key(user, values["key"])
            codes = service.add_app(user, values["name"], key, values["code"])
        except InvalidInput as error:
            _add_errors(form, error)
        else:
            return _added(request, codes)
    try:  # the app knows it already
        key = service.shown_key(user, form["key"].value() or "")
    except InvalidInput:
        key = service.new_key()
    context = {
        "form": form,
        "key": key,
        "signed_key": service.signed_key(user, key),
        "qr": _qr_code(service.app_address(user, key)),
    }
    return render(request, "tickets/add_app.html", context, status=400 if form.is_bound else 200)


@page("GET", "POST", accounts=True, confirmed=True)
@own_factors
def add_passkey(request: Request) -> HttpResponse:
    user, site = account_of(request), site_of(request)
    form = PasskeyForm(request.POST if request.method == "POST" else None)
    state = request.session.pop(STATE, {})
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        try:
            codes = service.add_passkey(user, values["name"], site, state, values["answer"])
        except InvalidInput as error:
            _add_errors(form, error)
        else:
            return _added(request, codes)
    challenge = service.offer_passkey(user, site)
    request.session[STATE] = challenge.state
    context = {"form": form, "options": challenge.options}
    status = 400 if form.is_bound else 200
    return render(request, "tickets/add_passkey.html", context, status=status)


@page("POST", accounts=True, confirmed=True)
@own_factors
def remove(request: Request, factor_id: int) -> HttpResponse:
    factor = SecondFactor.objects.of(account_of(request).pk).filter(pk=factor_id).first()
    if factor is None:
        raise NotFound("It is removed already.")
    service.remove_factor(factor)
    notify(request, f"“{factor.name}” is removed.")
    return redirect("second-factors")


@page("POST", accounts=True, confirmed=True)
@own_factors
def codes(request: Request) -> HttpResponse:
    """Replace the recovery codes. They are in this response only."""
    if not service.has_second_factor(account_of(request)):
        return redirect("second-factors")
    return _show(request, service.make_recovery_codes(account_of(request)))


def _added(request: Request, codes: list[str]) -> HttpResponse:
    """End the sessions that have shown no second factor, and show the recovery codes once."""
    note_second_factor(request)
    if not codes:
        notify(request, "It is added.")
        return redirect("second-factors")
    current = sign_in_of(request)
    own = SignIn.objects.filter(account=account_of(request))
    end_sessions(own.exclude(pk=current.pk if current else 0), account_of(request))
    return _show(request, codes)


def _show(request: Request, codes: list[str]) -> HttpResponse:
    return render(request, "tickets/recovery_codes.html", {"codes": codes})


def _add_errors(form: Any, error: InvalidInput) -> None:
    errors: dict[Any, Any] = error.errors or {None: [error.detail]}
    for field, messages in errors.items():
        form.add_error(field, messages)


def _qr_code(address: str) -> SafeString:
    """Draw it in black on white, which every camera reads, also on a dark page."""
    code = segno.make(address, error="m")
    drawing = code.svg_inline(omitsize=True, dark="#000", light="#fff", svgclass="qr")
    return SafeString(drawing)  # nosec B703  # of numbers only
