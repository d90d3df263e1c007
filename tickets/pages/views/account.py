"""The page of one's own account: name, signature, address, and what to be told about."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url

from ...access.actors import actor_of
from ...forms.people import OwnAccountForm
from ...models.workplace import AgentProfile
from ...services.accounts import save_account
from ...web.notices import notify
from ..decorators import Request, page


@page("GET", "POST", agents=True)
def account(request: Request) -> HttpResponse:
    user = actor_of(request).user
    if user is None:  # in the open demo, agents have no accounts
        return redirect_to_login(request.path, resolve_url(settings.LOGIN_URL))
    profile = AgentProfile.of(user)
    form = OwnAccountForm.of(user, profile, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        save_account(user, form.cleaned_data)
        notify(request, "Your account is saved.")
        return redirect("account")
    context = {"form": form, "profile": profile, "user": user}
    return render(request, "tickets/account.html", context, status=400 if form.is_bound else 200)
