"""The language of public pages: the visitor's choice, else the browser's, else English.

The API, the agents' pages and the back office stay English. The requester's page and emails are in
the language of their ticket, see `Ticket.language`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from ..vocabulary import Language
from . import errors

COOKIE = "language"


def public_language(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., object]:
    """Translate public pages, and the page that an unknown address gets.

    `request.is_public` says so to templates. Error pages are translated because this surrounds
    all middleware that makes some.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.is_public = _is_public(request)  # type: ignore[attr-defined]
        if not request.is_public:  # type: ignore[attr-defined]
            return get_response(request)
        with translation.override(_visitors_language(request)):
            response = get_response(request)
            name_language(response)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    return middleware


def name_language(response: HttpResponseBase) -> None:
    """Say in which language the response is: the present one, unless it says so already."""
    response.headers.setdefault("Content-Language", translation.get_language())


def _is_public(request: HttpRequest) -> bool:
    """Return whether the address has no page, or one that `@page(public=True)` marks."""
    if errors.wants_json(request):
        return False
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return True
    return getattr(view, "is_public", False)


def _visitors_language(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(COOKIE)
    if chosen in Language.values:
        return chosen
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    wanted = (tag.partition("-")[0] for tag, quality in accepted if quality)
    return next((language for language in wanted if language in Language.values), Language.EN)
