"""Sign in and out, and choose the theme and the language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from ...access.throttling import throttle_sign_in
from ...forms.people import LanguageForm, SignInForm, ThemeForm
from ...services.accounts import stored_name
from ...web import language as languages
from ..addresses import next_path
from ..decorators import Request, page
from ..second_step import finish_sign_in

ONE_YEAR = 365 * 24 * 3600


@sensitive_post_parameters("password")
@page("GET", "POST")
def sign_in(request: Request) -> HttpResponse:
    own_path = next_path(request)
    target = own_path or resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST":
        throttle_sign_in(request)
        form = SignInForm(request.POST)
        user = _account(request, form) if form.is_valid() else None
        if user is not None:
            return finish_sign_in(request, user, target)
        # One error for an unknown name, a wrong password and a deactivated account.
        username = form["username"].value() or ""
        context = {"next": own_path, "username": username, "failed": True}
        return render(request, "tickets/sign_in.html", context, status=400)
    if request.user.is_authenticated:
        return redirect(target)
    return render(request, "tickets/sign_in.html", {"next": own_path})


def _account(request: Request, form: SignInForm) -> Any:
    name = stored_name(form.cleaned_data["username"])
    return auth.authenticate(request, username=name, password=form.cleaned_data["password"])


@page("POST")
def sign_out(request: Request) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


# These two change only what this browser shows, and must work on the requester's page, which sends
# `Origin: null`.
@csrf_exempt
@page("POST")
def theme(request: Request) -> HttpResponse:
    response = redirect(next_path(request) or "submit")
    form = ThemeForm(request.POST)
    if form.is_valid():
        set_preference(response, "theme", form.cleaned_data["theme"])
    return response


@csrf_exempt
@page("POST", public=True)
def language(request: Request) -> HttpResponse:
    response = redirect(next_path(request) or "submit")
    form = LanguageForm(request.POST)
    if form.is_valid():
        set_preference(response, languages.COOKIE, form.cleaned_data["language"])
    return response


def set_preference(response: HttpResponse, name: str, value: str) -> None:
    """Let the browser remember a choice for a year."""
    response.set_cookie(
        name, value, max_age=ONE_YEAR, samesite="Lax", httponly=True, secure=settings.HTTPS
    )
