"""Accounts and API tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from axes.utils import reset
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from ..access import security_log
from ..access.actors import Actor
from ..exceptions import InvalidInput
from ..models.private_link import digest
from ..models.sign_ins import SignInLock
from ..models.tokens import ApiToken
from ..models.workplace import AgentProfile
from ..vocabulary import (
    ADMINS_GROUP,
    AGENTS_GROUP,
    PROFILE_FIELDS,
    RESERVED_USERNAMES,
    SecurityEvent,
)
from .editing import audited

NAME_TAKEN = "There is already an account with this name. Case does not matter."


def is_name_taken(name: str, account: User | None = None) -> bool:
    """Return whether another account has this name, in whatever case."""
    return (
        User.objects.filter(username__iexact=name).exclude(pk=account.pk if account else 0).exists()
    )


def stored_name(typed: str) -> str:
    """Return the name of the account that somebody means, as it is stored.

    Accounts of earlier releases may have names that differ by case only: an exact name comes
    first, and a name that means two of them means none. What nobody has is folded, so that tries
    with it are counted together.
    """
    names = list(User.objects.filter(username__iexact=typed).values_list("username", flat=True)[:2])
    if typed in names or User.objects.filter(username=typed).exists():
        return typed
    return names[0] if len(names) == 1 else typed.lower()


def create_account(username: str, password: str | None, *, admin: bool = False) -> User:
    """Create an agent's account, or with `admin` an admin's. Raise InvalidInput.

    Nobody can sign in while its password is None.
    """
    if username.lower() in RESERVED_USERNAMES:
        raise InvalidInput(f"No account can be named “{username}”: filters use it as a keyword.")
    if is_name_taken(username):
        raise InvalidInput(NAME_TAKEN)
    user = User.objects.create_user(username, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name=ADMINS_GROUP if admin else AGENTS_GROUP))
    return user


def save_account(user: User, data: Mapping[str, Any]) -> None:
    """Store what an agent chose on the page of the own account."""
    with transaction.atomic():
        user.email = data["email"]
        user.save(update_fields=["email"])
        save_profile(user, data)


def save_profile(user: User, data: Mapping[str, Any]) -> None:
    """Store the values of a profile that `data` has."""
    profile = AgentProfile.of(user)
    for name in PROFILE_FIELDS:
        if name in data:
            setattr(profile, name, data[name])
    profile.save()


def lift_lock(lock: SignInLock) -> None:
    """Let an account sign in again from the address for which wrong passwords had locked it."""
    reset(ip=lock.ip_address, username=lock.username)
    security_log.note_lifted(lock.username)


# --- tokens -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token and its secret, which cannot be read again."""

    token: ApiToken
    secret: str


def create_token(
    name: str,
    scopes: Collection[str],
    actor: Actor,
    *,
    user: Any = None,
    days: int | None = None,
) -> NewToken:
    """Create a token that expires after `days`, or never."""
    secret = ApiToken.new_secret()
    with audited(actor):
        token = ApiToken.objects.create(
            name=name,
            user=user,
            scopes=sorted(set(scopes)),
            digest=digest(secret),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
    security_log.note(SecurityEvent.TOKEN_CREATED, name, token.scopes)
    return NewToken(token, secret)


def revoke_token(token: ApiToken, actor: Actor) -> None:
    with audited(actor):
        token.revoked_at = token.revoked_at or timezone.now()
        token.save(update_fields=["revoked_at"])
    security_log.note(SecurityEvent.TOKEN_REVOKED, token.name)
