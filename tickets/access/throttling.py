"""Limit what people who have not signed in may set in motion: one client, and all together."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from ..exceptions import RateLimited
from ..instruments import REFUSALS
from ..models.housekeeping import Counter
from ..querysets.counters import Budget
from ..vocabulary import (
    MAX_CODES_PER_DAY,
    MAX_CODES_PER_QUARTER,
    MAX_LINK_REQUESTS_PER_MINUTE,
    MAX_REPLIES_PER_DAY,
    MAX_RESET_REQUESTS_PER_MINUTE,
)
from .actors import Actor
from .client_addresses import client_address

MINUTE, QUARTER, DAY = 60, 15 * 60, 24 * 3600  # seconds
DESK = "desk:"  # begins the names of the counters of all clients together


def throttle_sign_in(request: HttpRequest) -> None:
    """Count an attempt of this client. Raise RateLimited past SIGN_IN_LIMIT a minute."""
    budget = Budget(f"sign-in:{client_address(request)}", settings.SIGN_IN_LIMIT, MINUTE)
    _spend("sign-in", [budget])


def throttle_forgotten(request: HttpRequest) -> None:
    """Count a request of this client for a link that resets a password. Raise RateLimited."""
    name = f"forgotten:{client_address(request)}"
    _spend("forgotten", [Budget(name, MAX_RESET_REQUESTS_PER_MINUTE, MINUTE)])


def count_code(account: int) -> None:
    """Count one try of an account's second factor. Raise RateLimited past the limits."""
    name = f"second-factor:{account}"
    of_day = Budget(f"{name}:day", MAX_CODES_PER_DAY, DAY)
    _spend("second-factor", [Budget(name, MAX_CODES_PER_QUARTER, QUARTER), of_day])


def throttle_key(request: HttpRequest, actor: Actor) -> str:
    """Return the client address to throttle by; "" if the caller is not throttled.

    Agents and programs are known, and in open mode everybody is an agent.
    """
    return "" if actor.known or actor.demo else client_address(request)


def client_network(request: HttpRequest, actor: Actor) -> str:
    """Return the network by which this caller's confirmations are counted; "" if they are not.

    A provider may hand out a whole /48 of IPv6, whose networks all have limits of their own.
    """
    client = throttle_key(request, actor)
    if ":" not in client:
        return client
    return str(ipaddress.ip_network(f"{client}/48", strict=False))


def throttle_anonymous(request: HttpRequest, actor: Actor, action: str) -> None:
    """Count one action of a caller who has not signed in and has no token. Raise RateLimited.

    An action is "create", "suggest" or "links".
    """
    client = throttle_key(request, actor)
    if not client:
        return
    name = f"{action}:{client}"
    match action:
        case "create":
            _spend(
                action,
                [
                    Budget(name, settings.CREATE_LIMIT, MINUTE),
                    Budget(f"{name}:day", settings.CREATE_DAILY_LIMIT, DAY),
                ],
            )
            # A client that is past its own limit uses up nothing of what all have together.
            _spend("desk", [Budget(f"{DESK}create", settings.CREATE_DESK_LIMIT, DAY)])
        case "suggest":
            _spend(action, [Budget(name, settings.SUGGEST_LIMIT, MINUTE)])
        case "links":
            _spend(action, [Budget(name, MAX_LINK_REQUESTS_PER_MINUTE, MINUTE)])
        case _:
            raise ValueError(action)


def throttle_replies(ticket_id: int) -> None:
    """Count a reply by a private link. Raise RateLimited past what one ticket gets in a day."""
    _spend("replies", [Budget(f"replies:{ticket_id}", MAX_REPLIES_PER_DAY, DAY)])


def count_upload(request: HttpRequest, actor: Actor, size: int) -> None:
    """Count what a caller who has not signed in uploads, in bytes.

    Raise RateLimited past a day's ATTACHMENT_DAILY_MB of a client or ATTACHMENT_DESK_MB of all.
    """
    client = throttle_key(request, actor)
    if not client or not size:
        return
    kib = -(-size // 1024)  # of what a counter holds
    of_client, of_desk = settings.ATTACHMENT_DAILY_MB, settings.ATTACHMENT_DESK_MB
    _spend("upload", [Budget(f"upload:{client}", of_client * 1024, DAY)], kib)
    _spend("desk", [Budget(f"{DESK}upload", of_desk * 1024, DAY)], kib)


def spent_by_desk() -> dict[str, int]:
    """Return what all clients together did today: "create", and "upload" in KiB. One query."""
    return Counter.objects.counts(DESK, seconds=DAY)


def _spend(limit: str, budgets: list[Budget], amount: int = 1) -> None:
    if wait := Counter.objects.spend(budgets, amount):
        REFUSALS.labels(limit).inc()
        raise RateLimited(wait)
