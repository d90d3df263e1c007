"""Which cookies are the desk's own, and what they are called in the browser.

Behind HTTPS every name begins with `__Host-`: browsers then accept the cookie only from this very
host and over HTTPS, so neither another site of the same domain nor a request without HTTPS can
plant one (RFC 6265bis, 4.1.3.2). The program itself reads and writes plain names.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.cookie import SimpleCookie, parse_cookie

PREFIX = "__Host-"


def own_cookies(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Drop cookies that cannot be ours. PostgreSQL refuses NUL, and headers all but Latin-1."""

    def middleware(request: HttpRequest) -> HttpResponse:
        prefix = _prefix()
        request.COOKIES = {
            name.removeprefix(prefix): value
            for name, value in parse_cookie(_own(request.META.get("HTTP_COOKIE", ""))).items()
            if name.startswith(prefix) and value.isascii() and value.isprintable()
        }
        response = get_response(request)
        if _ends_session(response.cookies):
            # Scripts remove what they have stored, see static/js/lib/drafts.js.
            response["Clear-Site-Data"] = '"cache"'
        if prefix and response.cookies:
            response.cookies = _prefixed(response.cookies)
        return response

    return middleware


def name_in_browser(name: str) -> str:
    """Return what a cookie of the desk is called outside the program."""
    return f"{_prefix()}{name}"


def _own(header: str) -> str:
    """Return the cookies whose names browsers read as ours.

    `parse_cookie` removes white space of every kind around a name. Browsers see another name with
    it, which any host of the domain may set.
    """
    prefix = _prefix()
    names = ((cookie, cookie.partition("=")[0].strip(" \t")) for cookie in header.split(";"))
    return ";".join(
        cookie
        for cookie, name in names
        if name.startswith(prefix) and name.isascii() and name.isprintable()
    )


def _ends_session(cookies: SimpleCookie) -> bool:
    """Return whether they delete the session's, as when somebody signs out."""
    session = cookies.get(settings.SESSION_COOKIE_NAME)
    return session is not None and not session.value


def _prefix() -> str:
    return PREFIX if settings.HTTPS else ""


def _prefixed(cookies: SimpleCookie) -> SimpleCookie:
    renamed = SimpleCookie()
    for name, morsel in cookies.items():
        renamed[PREFIX + name] = morsel.value
        renamed[PREFIX + name].update(morsel)
        # The prefix asks for these; cookies that are deleted lack the first.
        for attribute, needed in (("secure", True), ("path", "/"), ("domain", "")):
            renamed[PREFIX + name][attribute] = needed
    return renamed
