"""Change the own password, and type it once more before something important."""

from __future__ import annotations

from django.contrib import auth
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from ...access import sessions
from ...access.actors import is_agent
from ...forms.accounts import ChangePasswordForm, ConfirmForm
from ...services.passwords import change_password
from ...web.notices import notify
from ..addresses import next_path
from ..decorators import Request, account_of, page
from ..passwords import is_right_password


@sensitive_post_parameters("password", "new_password1", "new_password2")
@page("GET", "POST", accounts=True)
def change(request: Request) -> HttpResponse:
    user = account_of(request)
    form = ChangePasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if is_right_password(request, form.cleaned_data["password"]):
            change_password(user, form.cleaned_data["new_password1"])
            auth.update_session_auth_hash(request, user)  # gives the session another key
            sessions.begin(request, user)
            notify(request, "Your password is changed. All other sessions have ended.")
            return redirect("change-password")
        form.refuse()
    context = {"form": form, "user": user}
    return render(
        request, "tickets/change_password.html", context, status=400 if form.is_bound else 200
    )


@sensitive_post_parameters("password")
@page("GET", "POST", accounts=True)
def confirm(request: Request) -> HttpResponse:
    """Ask for the password, and lead to the page that wanted it."""
    target = next_path(request)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if is_right_password(request, form.cleaned_data["password"]):
            sessions.confirm(request)
            return redirect(
                target or ("ticket-list" if is_agent(account_of(request)) else "submit")
            )
        form.refuse()
    context = {"form": form, "next": target, "user": account_of(request)}
    return render(
        request, "tickets/confirm_password.html", context, status=400 if form.is_bound else 200
    )


@page("GET")
def well_known(request: Request) -> HttpResponse:
    """Lead password managers to the page that changes a password (W3C, change-password-url)."""
    return redirect("change-password")
