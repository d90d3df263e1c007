"""The API tokens of the own account: create, show the secret once, revoke."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from ...access.actors import actor_of
from ...exceptions import NotFound
from ...forms.accounts import OwnTokenForm
from ...models.tokens import ApiToken
from ...services.accounts import NewToken, create_token, revoke_token
from ...web.notices import notify
from ..decorators import Request, account_of, page

MAX_ROWS = 100


@page("GET", "POST", accounts=True, confirmed=True)
def tokens(request: Request) -> HttpResponse:
    """List the tokens. A new one's secret is in this response only: a redirect would store it."""
    actor = actor_of(request)
    form, new = OwnTokenForm(actor), None
    if request.method == "POST":
        form = OwnTokenForm(actor, request.POST)
        if form.is_valid():
            values = form.cleaned_data
            new = create_token(
                values["name"], values["scopes"], actor, user=actor.user, days=values["days"]
            )
            form = OwnTokenForm(actor)
    return _page(request, form, new)


@page("POST", accounts=True, confirmed=True)
def revoke(request: Request, token_id: int) -> HttpResponse:
    actor = actor_of(request)
    token = ApiToken.objects.filter(pk=token_id, user=actor.user, revoked_at=None).first()
    if token is None:
        raise NotFound("There is no such token, or it is revoked already.")
    revoke_token(token, actor)
    notify(request, f"“{token.name}” is revoked.")
    return redirect("own-tokens")


def _page(request: Request, form: OwnTokenForm, new: NewToken | None) -> HttpResponse:
    rows = ApiToken.objects.filter(user=account_of(request)).order_by("-created_at", "-pk")[
        :MAX_ROWS
    ]
    context = {"form": form, "new": new, "rows": rows, "scopes": form.fields["scopes"].choices}  # type: ignore[attr-defined]
    return render(request, "tickets/own_tokens.html", context, status=400 if form.errors else 200)
