"""What surrounds a page: its methods, who may open it, and what caches may store."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from ..access.actors import actor_of
from ..access.sessions import is_confirmed
from ..exceptions import MethodNotAllowed, PermissionDenied, TicketMerged
from ..web import replica
from ..web.compression import page_compression
from ..web.confirmation import ask_to_confirm, referring_path
from ..web.notices import notify
from .drafts import draft_of
from .toasts import toast


class Request(HttpRequest):
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def page(
    *methods: str,
    agents: bool = False,
    accounts: bool = False,
    confirmed: bool = False,
    public: bool = False,
    files: bool = False,
    from_replica: bool = False,
    unattended: bool = False,
) -> Callable[[View], View]:
    """Make a compressed page that supports only these methods and, with `agents`, only agents.

    `accounts` may use it whatever their rights; it wants a password typed lately if `confirmed`.
    A timer of an open page asks for what is `unattended`: the session counts as idle all the same.
    A `public` page is in its visitor's language, see `web/language.py`. With `files`, its form may
    have files, see `web/uploads.py`. A page `from_replica` only reads, see `web/replica.py`.
    """
    allowed = [*(["HEAD"] if "GET" in methods else []), *methods]

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                raise MethodNotAllowed(allowed)
            response: HttpResponseBase | None = (
                _refusal(request, agents, confirmed) if agents or accounts else None
            )
            if response is None:
                read = partial(view, request, *args, **kwargs)
                try:
                    response = (
                        replica.read(request, actor_of(request), read) if from_replica else read()
                    )
                except TicketMerged as merged:
                    if not agents:
                        raise
                    response = _go_to_target(request, merged)
            if not response.has_header("Cache-Control"):
                # Going back after signing out must show no tickets, and never an old status.
                keep = {"no_store": True} if agents or accounts else {"no_cache": True}
                patch_cache_control(response, private=True, **keep)
            return response

        answer.is_unattended = unattended  # type: ignore[attr-defined]
        answer.is_public = public  # type: ignore[attr-defined]
        answer.accepts_files = files  # type: ignore[attr-defined]
        return page_compression(answer)

    return decorate


def _go_to_target(request: Request, merged: TicketMerged) -> HttpResponse:
    """Lead to the ticket that this one is part of."""
    if request.htmx and request.method == "POST":
        # The page may hold a text that nobody has sent yet, so it stays.
        return toast(HttpResponse(status=204), f"{merged.detail} Nothing was changed.")
    lost = " Your change was not saved." if request.method == "POST" else ""
    notify(request, f"#{merged.ticket_id} was merged into this ticket.{lost}")
    url = resolve_url("ticket", merged.into)
    if request.GET:
        url += f"?{request.GET.urlencode()}"
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _refusal(request: Request, agents: bool, confirmed: bool) -> HttpResponse | None:
    """Send visitors to the sign-in page, and others to confirm their password.

    Raises PermissionDenied for users who are not `agents`.
    """
    actor = actor_of(request)
    # In the open demo, agents have no accounts.
    if actor.is_agent if agents else actor.user is not None:
        return ask_to_confirm(request) if confirmed and not is_confirmed(request) else None
    if actor.known:
        raise PermissionDenied(
            "Your account is not an agent account. An administrator can change that."
        )
    if request.htmx:
        # A part of a page cannot show the sign-in page, so the whole page goes there.
        next_path = current_path(request)
        return HttpResponseClientRedirect(redirect_to_login(next_path, resolve_url("sign-in")).url)
    is_read = request.method in ("GET", "HEAD")
    next_path = request.get_full_path() if is_read else referring_path(request)
    if draft_of(request):  # a redirect would lose it
        return render(request, "tickets/sign_in.html", {"next": next_path}, status=403)
    return redirect_to_login(next_path, resolve_url(settings.LOGIN_URL))


def account_of(request: Request) -> User:
    """Return whose account it is, on a page that only `accounts` may use."""
    return cast(User, request.user)


def current_path(request: Request) -> str:
    """Return the path of the page that htmx says it is on; "" if that is not valid."""
    try:
        return request.htmx.current_url_abs_path or ""
    except ValueError:
        return ""
