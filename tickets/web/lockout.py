"""The response to a username that was tried too often."""

from __future__ import annotations

from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse

from ..exceptions import RateLimited
from ..instruments import REFUSALS
from . import errors


def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Respond with 429, as django-axes' AXES_LOCKOUT_CALLABLE."""
    REFUSALS.labels("password").inc()
    cool_off = get_cool_off(request)
    return errors.respond(request, RateLimited(int(cool_off.total_seconds()) if cool_off else 900))
