"""Limit what people who have not signed in may set in motion: one client, and all together."""

from __future__ import annotations

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
from .client_addresses import client_address, network_of

MINUTE, QUARTER, DAY = 60, 15 * 60, 24 * 3600  # seconds
DESK = "desk:"  # begins the names of the counters of all clients together
NETWORK_PART = 6  # a network of IPv6 may use up a sixth of what all clients have together


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
    """Return the network by which this caller's confirmations are counted; "" if they are not."""
    return network_of(throttle_key(request, actor))


def throttle_anonymous(request: HttpRequest, actor: Actor, action: str) -> None:
    """Count one action of a caller who has not signed in and has no token. Raise RateLimited.

    An action is "create", "suggest" or "links". "create" is a reply as well.
    """
    client = throttle_key(request, actor)
    if not client:
        return
    name = f"{action}:{client}"
    match action:
        case "create":
            of_day = Budget(f"{name}:day", settings.CREATE_DAILY_LIMIT, DAY)
            _spend(action, [Budget(name, settings.CREATE_LIMIT, MINUTE), of_day])
        case "suggest":
            _spend(action, [Budget(name, settings.SUGGEST_LIMIT, MINUTE)])
        case "links":
            _spend(action, [Budget(name, MAX_LINK_REQUESTS_PER_MINUTE, MINUTE)])
        case _:
            raise ValueError(action)


def count_ticket(request: HttpRequest, actor: Actor) -> None:
    """Count a new ticket of a caller who has not signed in, among those of all. Raise RateLimited.

    Call this once the ticket is valid, and the client within its own limits: what is refused uses
    up nothing of what all have together.
    """
    client = throttle_key(request, actor)
    if client:
        _spend_of_all("create", client, settings.CREATE_DAILY_LIMIT, settings.CREATE_DESK_LIMIT)


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
    _spend_of_all("upload", client, of_client * 1024, of_desk * 1024, kib)


def spent_by_desk() -> dict[str, int]:
    """Return what all clients together did today: "create", and "upload" in KiB. One query."""
    return Counter.objects.counts(DESK, seconds=DAY)


def budgets_of_network(action: str, client: str, of_client: int, of_all: int) -> list[Budget]:
    """Return the day's budget of a client's network, or nothing if the client has one address.

    The network has a part of what all have together, and at least what each client has.
    """
    network = network_of(client)
    if network == client:
        return []
    return [Budget(f"{action}:{network}:day", max(of_client, of_all // NETWORK_PART), DAY)]


def _spend_of_all(action: str, client: str, of_client: int, of_all: int, amount: int = 1) -> None:
    if budgets := budgets_of_network(action, client, of_client, of_all):
        _spend(action, budgets, amount)
    _spend("desk", [Budget(f"{DESK}{action}", of_all, DAY)], amount)


def _spend(limit: str, budgets: list[Budget], amount: int = 1) -> None:
    if wait := Counter.objects.spend(budgets, amount):
        REFUSALS.labels(limit).inc()
        raise RateLimited(wait)
