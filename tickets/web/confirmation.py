"""Ask for the password once more before rights or secrets are changed."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from .notices import notify


def ask_to_confirm(request: HttpRequest) -> HttpResponse:
    """Lead to the page that asks for the password, and from there back to this one.

    What a form has sent is lost, so the next page says so.
    """
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path(), resolve_url("confirm-password"))
    text = "Nothing was changed, because your password was typed too long ago."
    notify(request, text, level=messages.WARNING)
    return redirect_to_login(referring_path(request), resolve_url("confirm-password"))


def referring_path(request: HttpRequest) -> str:
    """Return the path of the form's page: the address that it was sent to may have no page."""
    try:
        referrer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        referrer = urlsplit("")
    if referrer.netloc != request.get_host():
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    return referrer.path + (f"?{referrer.query}" if referrer.query else "")
