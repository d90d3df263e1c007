"""What every page may ask for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tickets.access import actor_of


def site(request: HttpRequest) -> dict[str, Any]:
    """`actor` is found out only where a template asks, since that reads the session."""
    return {"actor": SimpleLazyObject(lambda: actor_of(request))}
