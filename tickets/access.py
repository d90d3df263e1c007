"""Who acts, and what they may do: users, API tokens, anonymous callers and access modes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from .exceptions import AuthenticationRequired, PermissionDenied, RateLimited
from .models import ApiToken, Counter, Scope, is_admin, is_agent

EVERYTHING = frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN})
AGENT_SCOPES = frozenset({Scope.READ, Scope.WRITE})


@dataclass(frozen=True)
class Actor:
    """Whoever causes a change. `name` is what the audit trail shows."""

    name: str
    scopes: frozenset[str] = frozenset()
    user: User | None = None
    token: int | None = None  # the API token's id
    known: bool = False  # signed in or holding a token
    demo: bool = False  # acts as an agent only because ACCESS_MODE is open

    def can(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def is_agent(self) -> bool:
        return self.can(Scope.READ)

    @property
    def identity(self) -> str:
        """Tells callers apart; all anonymous ones are the same."""
        if self.token is not None:
            return f"token {self.token}"
        return f"user {self.user.pk}" if self.user else "anonymous"

    def require(self, scope: str) -> None:
        if not self.can(scope):
            raise PermissionDenied if self.known else AuthenticationRequired

    def require_creating(self) -> None:
        """Anyone may create a ticket, but a token only what it was made for."""
        if self.token is not None:
            self.require(Scope.WRITE)

    @property
    def account(self) -> int | None:
        """The account's number, by which the audit trail knows it."""
        return self.user.pk if self.user else None

    def audit(self) -> dict[str, Any]:
        return {"actor": self.name, "user": self.account}


SYSTEM = Actor("system", EVERYTHING, known=True)
TRIAGE = Actor("triage", EVERYTHING, known=True)
REQUESTER = Actor("requester", known=True)


def actor_of(request: HttpRequest) -> Actor:
    """Who the session says is acting; tokens are read in `api/auth.py` alone."""
    cached: Actor | None = getattr(request, "_actor", None)
    if cached is None:
        cached = request._actor = _session_actor(request)  # type: ignore[attr-defined]
    return cached


def _session_actor(request: HttpRequest) -> Actor:
    user = request.user
    if user.is_authenticated:
        return user_actor(user)
    if settings.ACCESS_MODE == "open":
        return Actor("anonymous", AGENT_SCOPES, demo=True)
    return Actor("anonymous")


def user_actor(user: User) -> Actor:
    return Actor(user.get_username(), user_scopes(user), user=user, known=True)


def user_scopes(user: User) -> frozenset[str]:
    if is_admin(user):
        return EVERYTHING
    return AGENT_SCOPES if is_agent(user) else frozenset()


def token_actor(token: ApiToken) -> Actor:
    """A token acts within its scopes and, if it belongs to a user, within theirs.

    `admin` includes the other two; `write` does not include `read`.
    """
    scopes = EVERYTHING if Scope.ADMIN in token.scopes else frozenset(token.scopes)
    if token.user is not None:
        scopes &= user_scopes(token.user)
    return Actor(f"token {token.name}", scopes, user=token.user, token=token.pk, known=True)


def client_address(request: HttpRequest) -> str:
    """The client's address, believing as many proxies as TRUSTED_PROXIES counts.

    Each proxy appends the address that it saw, so the nth from the right is the last that
    a trusted one wrote; everything left of it may be forged. An IPv6 client counts by its /64,
    since it usually owns all of that.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        address = seen[-settings.TRUSTED_PROXIES :][0] or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        # A socket without an address (tests, Unix sockets): all such clients count as one.
        return "0.0.0.0"  # noqa: S104  (no place to listen on)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
    return str(parsed)


def throttle(request: HttpRequest, what: str, limit: int) -> None:
    """Count one request of this client; raise RateLimited past `limit` in a minute."""
    wait = Counter.objects.hit(f"{what}:{client_address(request)}", limit=limit, seconds=60)
    if wait:
        raise RateLimited(wait)


def limited_client(request: HttpRequest, actor: Actor) -> str:
    """By which address this caller's requests are counted; "" for whoever has no limit.

    Agents and programs are known and may go on; in open mode everybody is an agent.
    """
    return "" if actor.known or actor.demo else client_address(request)


def throttle_anonymous(request: HttpRequest, actor: Actor, what: str, limit: int) -> None:
    """Count one request of a caller who has a limit; raises as `throttle`."""
    if limited_client(request, actor):
        throttle(request, what, limit)
