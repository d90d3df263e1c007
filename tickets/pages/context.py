"""The template context of every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ..access.actors import actor_of


def site(request: HttpRequest) -> dict[str, Any]:
    """Return `actor`, evaluated only if used, because that reads the session."""
    return {"actor": SimpleLazyObject(lambda: actor_of(request))}
