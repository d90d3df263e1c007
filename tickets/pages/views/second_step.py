"""Ask for the second factor after the password."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from ...access.throttling import count_code, throttle_sign_in
from ...forms.accounts import SecondStepForm
from ...services.second_factors import ask_for_passkey, is_right_code, is_right_passkey
from ..decorators import Request, page
from ..second_step import WAITING, pass_second_step, site_of, waiting_account

STATE = "passkey_state"


@sensitive_post_parameters("code")
@page("GET", "POST")
def second_step(request: Request) -> HttpResponse:
    user = waiting_account(request)
    if user is None:
        request.session.pop(WAITING, None)
        return redirect("sign-in")
    has_failed = request.method == "POST"
    if has_failed:
        throttle_sign_in(request)
        count_code(user.pk)
        if _is_right(request, user):
            return pass_second_step(request, user)
        # django-axes counts it as a wrong password.
        credentials = {"username": user.get_username()}
        user_login_failed.send(__name__, credentials=credentials, request=request)
    challenge = ask_for_passkey(user, site_of(request))
    if challenge is not None:
        request.session[STATE] = challenge.state
    context = {
        "options": challenge and challenge.options,
        "failed": has_failed,
        "username": user.get_username(),
    }
    status = 400 if has_failed else 200
    response = render(request, "tickets/second_step.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _is_right(request: Request, user: User) -> bool:
    form = SecondStepForm(request.POST)
    state = request.session.pop(STATE, None)
    if not form.is_valid():
        return False
    if answer := form.cleaned_data["answer"]:
        return state is not None and is_right_passkey(user, site_of(request), state, answer)
    return is_right_code(user, form.cleaned_data["code"])
