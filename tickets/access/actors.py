"""Who acts and what they may do: accounts, API tokens and anonymous callers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.datastructures import MultiValueDict

from ..audit.trail import AuditContext
from ..exceptions import AuthenticationRequired, PermissionDenied
from ..models.tokens import ApiToken
from ..models.workplace import Owned
from ..querysets.statements import Statement
from ..vocabulary import ADMINS_GROUP, AGENTS_GROUP, Scope, SecurityEvent
from . import security_log

EVERYTHING = frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN})
AGENT_SCOPES = frozenset({Scope.READ, Scope.WRITE})
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Actor:
    """Who makes a change. The audit trail shows `name`."""

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
        """Return a key that tells callers apart. All anonymous callers share one."""
        if self.token is not None:
            return f"token {self.token}"
        return f"user {self.user.pk}" if self.user else "anonymous"

    def require(self, scope: str) -> None:
        if not self.can(scope):
            raise PermissionDenied if self.known else AuthenticationRequired

    def require_creating(self) -> None:
        """Let anyone create a ticket, but a token only with the write scope."""
        if self.token is not None:
            self.require(Scope.WRITE)

    def require_asking(self) -> None:
        """Let anyone ask for a suggestion, but a token only with the read or write scope."""
        if self.token is not None and not self.can(Scope.READ):
            self.require(Scope.WRITE)

    @property
    def account(self) -> int | None:
        """Return the account's id, which the audit trail records."""
        return self.user.pk if self.user else None

    def audit_context(self) -> AuditContext:
        """Return what pghistory stores with every change."""
        return {"actor": self.name, "user": self.account}


SYSTEM = Actor("system", EVERYTHING, known=True)
TRIAGE = Actor("triage", EVERYTHING, known=True)
REQUESTER = Actor("requester", known=True)


def user_actor(user: User) -> Actor:
    return Actor(user.get_username(), user_scopes(user), user=user, known=True)


def user_scopes(user: User) -> frozenset[str]:
    if is_admin(user):
        return EVERYTHING
    return AGENT_SCOPES if is_agent(user) else frozenset()


def token_actor(token: ApiToken) -> Actor:
    """Return the actor behind a token: limited to its scopes and, if it has a user, to theirs.

    `admin` includes `read` and `write`; `write` does not include `read`. `mail` stands alone: no
    user has it, so neither has the token of one.
    """
    scopes = frozenset(token.scopes) | (EVERYTHING if Scope.ADMIN in token.scopes else frozenset())
    if token.user is not None:
        scopes &= user_scopes(token.user)
    return Actor(f"token {token.name}", scopes, user=token.user, token=token.pk, known=True)


# --- requests ---------------------------------------------------------------------------


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor of the session. Only the JSON API reads tokens, see `caller`."""
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


def caller(request: HttpRequest) -> Actor:
    """Return the actor of a request to the JSON API.

    A request with an `Authorization` header ignores any session.
    Raises AuthenticationRequired for an unusable token, even where anyone may call, and
    PermissionDenied for a session's unsafe request without the CSRF token.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        return _token_caller(header)
    actor = actor_of(request)
    if actor.user is not None and request.method not in SAFE_METHODS:
        _check_csrf(request)
    return actor


def operator(request: HttpRequest) -> Actor | None:
    """Return the actor behind METRICS_TOKEN, without asking the database; None for all others."""
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    expected = settings.METRICS_TOKEN
    is_operator = expected and scheme.lower() == "bearer"
    if is_operator and constant_time_compare(secret.strip(), expected):
        return Actor("operator", EVERYTHING, known=True)
    return None


def _token_caller(header: str) -> Actor:
    scheme, _, secret = header.strip().partition(" ")
    token = ApiToken.objects.usable(secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        security_log.note(SecurityEvent.TOKEN_REFUSED)
        raise AuthenticationRequired("This token is unknown, expired or revoked.")
    token.note_use(timezone.now())
    return token_actor(token)


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _check_csrf(request: HttpRequest) -> None:
    """Run Django's own check. The views are exempt from it: most callers have no session.

    The token comes in a header only, so the body is not read for it: a view reads a file as a
    stream.
    """
    request._post, request._files = QueryDict(), MultiValueDict()  # type: ignore[attr-defined]
    check = _CsrfCheck(lambda request: HttpResponse())
    check.process_request(request)
    if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise PermissionDenied(
            "A request with a session needs the CSRF token in the X-CSRFToken header."
        )


# --- roles ------------------------------------------------------------------------------


def is_admin(user: Any) -> bool:
    return user.is_active and (user.is_superuser or _is_in_group(user, {ADMINS_GROUP}))


def is_agent(user: Any) -> bool:
    return user.is_active and (
        user.is_superuser or _is_in_group(user, {AGENTS_GROUP, ADMINS_GROUP})
    )


def agents() -> QuerySet[User]:
    """Return the users to whom a ticket can be assigned."""
    role = Q(groups__name__in=[AGENTS_GROUP, ADMINS_GROUP]) | Q(is_superuser=True)
    return User.objects.filter(role, is_active=True).order_by("username").distinct()


def agent_names() -> list[str]:
    """Return their names in order, which every list of tickets offers. One query."""
    return [name for (name,) in _agent_names().rows({})]


@cache
def _agent_names() -> Statement:
    return Statement(agents().values_list("username"), prepared=True)


def may_change(row: Owned, actor: Actor) -> bool:
    """Return whether it is the actor's own or nobody's. Admins may change any that they see."""
    owners = (None, actor.user.pk if actor.user else None)
    return row.owner_id in owners or actor.can(Scope.ADMIN)


def _is_in_group(user: Any, names: set[str]) -> bool:
    # A request asks several times, so the groups are read once per user object.
    if not hasattr(user, "_group_names"):
        user._group_names = set(Group.objects.filter(user=user).values_list("name", flat=True))
    return bool(user._group_names & names)
