"""What surrounds a page: which methods it answers, whom, and what caches may keep."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_cache_control
from django.views.decorators.gzip import gzip_page
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from tickets.access import actor_of
from tickets.exceptions import MethodNotAllowed, PermissionDenied
from tickets.pages.unsent import unsent


class Request(HttpRequest):
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def page(*methods: str, agents: bool = False) -> Callable[[View], View]:
    """A compressed page that answers these methods only and, with `agents`, agents only."""
    allowed = [*(["HEAD"] if "GET" in methods else []), *methods]

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                raise MethodNotAllowed(allowed)
            response: HttpResponseBase | None = _refusal(request) if agents else None
            if response is None:
                response = view(request, *args, **kwargs)
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, private=True, **_keeping(agents))
            return response

        return gzip_page(answer)

    return decorate


def _keeping(agents: bool) -> dict[str, bool]:
    """Going back in a browser must not show tickets after signing out, nor an old status."""
    return {"no_store": True} if agents else {"no_cache": True}


def _refusal(request: Request) -> HttpResponse | None:
    """Whoever is not signed in is sent to the door; a known user without the role gets 403."""
    actor = actor_of(request)
    if actor.is_agent:
        return None
    if actor.known:
        raise PermissionDenied("Your account is not an agent's. An administrator can change that.")
    if request.htmx:
        # A part of a page cannot show the door, so the whole page goes there.
        here = current_path(request)
        return HttpResponseClientRedirect(redirect_to_login(here, resolve_url("sign-in")).url)
    asked = request.method in ("GET", "HEAD")
    back = request.get_full_path() if asked else _page_before(request)
    if unsent(request):  # would be lost on the way
        return render(request, "tickets/sign_in.html", {"next": back}, status=403)
    return redirect_to_login(back, resolve_url(settings.LOGIN_URL))


def _page_before(request: Request) -> str:
    """Where a form was sent from: the address that it was sent to may show no page."""
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        came_from = urlsplit("")
    if came_from.netloc != request.get_host():
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def current_path(request: Request) -> str:
    """The path of the page that htmx says it is on; "" when it says nonsense."""
    try:
        return request.htmx.current_url_abs_path or ""
    except ValueError:
        return ""
