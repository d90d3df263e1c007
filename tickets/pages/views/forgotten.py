"""Set a forgotten password by a link that is sent by mail."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from ...access.throttling import throttle_forgotten
from ...forms.accounts import ForgottenForm
from ...forms.people import NewPasswordForm
from ...services.invitations import RESET
from ...services.passwords import request_reset
from ...web.notices import notify
from ..decorators import Request, page


@page("GET", "POST")
def forgotten(request: Request) -> HttpResponse:
    """Send the link. The answer is the same whether or not there is an account."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        throttle_forgotten(request)
        request_reset(form.cleaned_data["email"])
        return redirect("reset-sent")
    return render(
        request, "tickets/forgotten.html", {"form": form}, status=400 if form.is_bound else 200
    )


@page("GET")
def sent(request: Request) -> HttpResponse:
    return render(request, "tickets/reset_sent.html")


@sensitive_post_parameters("new_password1", "new_password2")
@page("GET", "POST")
def reset(request: Request, key: str, token: str) -> HttpResponse:
    """Set the password. It signs nobody in: an account may have a second factor."""
    user = RESET.account(key, token)
    form = NewPasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        RESET.accept(key, token, form.cleaned_data["new_password1"])
        notify(request, "Your password is set. Sign in with it.")
        return redirect("sign-in")
    context = {"form": form, "username": user.get_username()}
    status = 400 if form.is_bound else 200
    response = render(request, "tickets/reset_password.html", context, status=status)
    response["Cache-Control"] = "no-store"
    # The address is secret. Without any referrer browsers send no Origin, which forms need.
    response["Referrer-Policy"] = "strict-origin"
    return response
