"""The template context of every page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ..access.actors import Actor, actor_of


def site(request: HttpRequest) -> dict[str, SimpleLazyObject[Actor]]:
    """Return `actor`, evaluated only if used, because that reads the session."""
    return {"actor": SimpleLazyObject(lambda: actor_of(request))}
