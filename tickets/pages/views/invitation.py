"""An invitation: whoever has its address chooses the account's password, once."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.debug import sensitive_post_parameters

from ...access.actors import is_agent
from ...forms.people import NewPasswordForm
from ...services.invitations import INVITATION
from ...web.notices import notify
from ..decorators import Request, page
from ..second_step import finish_sign_in


@sensitive_post_parameters("new_password1", "new_password2")
@page("GET", "POST")
def invitation(request: Request, key: str, token: str) -> HttpResponse:
    user = INVITATION.account(key, token)
    form = NewPasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        user = INVITATION.accept(key, token, form.cleaned_data["new_password1"])
        notify(request, "Welcome. Your password is set.")
        target = resolve_url("ticket-list" if is_agent(user) else "submit")
        return finish_sign_in(request, user, target)
    context = {"form": form, "username": user.get_username()}
    status = 400 if form.is_bound else 200
    response = render(request, "tickets/invitation.html", context, status=status)
    response["Cache-Control"] = "no-store"
    # The address is secret. Without any referrer browsers send no Origin, which forms need.
    response["Referrer-Policy"] = "strict-origin"
    return response
