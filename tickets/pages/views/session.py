"""Signing in and out, and the theme, which a browser keeps without either."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from tickets.access import throttle
from tickets.forms import SignInForm
from tickets.pages.addresses import own_path
from tickets.pages.decorators import Request, page
from tickets.pages.templatetags.desk import THEMES

ONE_YEAR = 365 * 24 * 3600


@sensitive_post_parameters("password")
@page("GET", "POST")
def sign_in(request: Request) -> HttpResponse:
    back = own_path(request, request.POST.get("next") or request.GET.get("next", ""))
    target = back or resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST":
        return _try(request, target, back)
    if request.user.is_authenticated:
        return redirect(target)
    return render(request, "tickets/sign_in.html", {"next": back})


def _try(request: Request, target: str, back: str) -> HttpResponse:
    throttle(request, "sign-in", settings.SIGN_IN_LIMIT)
    form = SignInForm(request.POST)
    user = auth.authenticate(request, **form.cleaned_data) if form.is_valid() else None
    if user is None:
        # The same words for an unknown name, a wrong password and an account that is closed.
        context = {"next": back, "username": request.POST.get("username", ""), "failed": True}
        return render(request, "tickets/sign_in.html", context, status=400)
    auth.login(request, user)
    return redirect(target)


@page("POST")
def sign_out(request: Request) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


# Changes nothing but how this browser paints, and must work on the private page, see tracking.py.
@csrf_exempt
@page("POST")
def theme(request: Request) -> HttpResponse:
    response = redirect(own_path(request, request.POST.get("next", "")) or "submit")
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=ONE_YEAR, samesite="Lax", httponly=True, secure=settings.HTTPS
        )
    return response
