"""The page of one's own account: name, signature, address, and what to be told about."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from ...access.actors import is_agent
from ...access.sessions import is_confirmed
from ...forms.people import OwnAccountForm
from ...models.workplace import AgentProfile
from ...services.accounts import save_account
from ...web.confirmation import ask_to_confirm
from ...web.notices import notify
from ..decorators import Request, account_of, page


@page("GET", "POST", accounts=True)
def account(request: Request) -> HttpResponse:
    user = account_of(request)
    if not is_agent(user):  # the rest is about tickets
        return redirect("change-password")
    profile = AgentProfile.of(user)
    form = OwnAccountForm.of(user, profile, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        # Whoever has the address can reset the password.
        if form.cleaned_data["email"] != user.email and not is_confirmed(request):
            return ask_to_confirm(request)
        save_account(user, form.cleaned_data)
        notify(request, "Your account is saved.")
        return redirect("account")
    context = {"form": form, "profile": profile, "user": user}
    return render(request, "tickets/account.html", context, status=400 if form.is_bound else 200)
