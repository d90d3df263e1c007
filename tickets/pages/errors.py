"""Answers to what pages refuse."""

from __future__ import annotations

from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse

from config import errors
from tickets.exceptions import RateLimited


def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """429 for a name that was tried too often from one address (AXES_LOCKOUT_CALLABLE)."""
    cool_off = get_cool_off(request)
    return errors.respond(request, RateLimited(int(cool_off.total_seconds()) if cool_off else 900))
