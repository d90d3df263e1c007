"""Limit what one client may ask for in a minute."""

from __future__ import annotations

from typing import NoReturn

from django.conf import settings
from django.http import HttpRequest

from ..exceptions import RateLimited
from ..instruments import REFUSALS
from ..models.housekeeping import Counter
from .actors import Actor
from .client_addresses import client_address

DAY = 24 * 3600  # seconds


def throttle(request: HttpRequest, action: str, limit: int) -> None:
    """Count one request of this client. Raise RateLimited past `limit` a minute."""
    wait = Counter.objects.hit(f"{action}:{client_address(request)}", limit=limit, seconds=60)
    if wait:
        _refuse(action, wait)


def _refuse(limit: str, wait: int) -> NoReturn:
    REFUSALS.labels(limit).inc()
    raise RateLimited(wait)


def throttle_key(request: HttpRequest, actor: Actor) -> str:
    """Return the client address to throttle by; "" if the caller is not throttled.

    Agents and programs are known, and in open mode everybody is an agent.
    """
    return "" if actor.known or actor.demo else client_address(request)


def throttle_anonymous(request: HttpRequest, actor: Actor, action: str, limit: int) -> None:
    """Throttle a caller who has not signed in and has no token. Raise as `throttle`."""
    if throttle_key(request, actor):
        throttle(request, action, limit)


def count_upload(request: HttpRequest, actor: Actor, size: int) -> None:
    """Count what a caller who has not signed in uploads, in bytes. Raise RateLimited past a day's
    ATTACHMENT_DAILY_MB."""
    address = throttle_key(request, actor)
    if not address or not size:
        return
    kib = -(-size // 1024)  # of what a counter holds
    wait = Counter.objects.hit(
        f"upload:{address}", amount=kib, limit=settings.ATTACHMENT_DAILY_MB * 1024, seconds=DAY
    )
    if wait:
        _refuse("upload", wait)
