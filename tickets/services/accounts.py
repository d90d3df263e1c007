"""Accounts and API tokens."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from ..access import Actor
from ..exceptions import InvalidInput
from ..models import ADMINS, AGENTS, RESERVED_NAMES, ApiToken, digest
from .changing import change_by


def create_account(username: str, password: str, *, admin: bool = False) -> User:
    """A user who works tickets, or with `admin` one who also runs the desk."""
    if username.lower() in RESERVED_NAMES:
        raise InvalidInput(f"No account may be called “{username}”: filters know another by it.")
    user = User.objects.create_user(username, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name=ADMINS if admin else AGENTS))
    return user


def create_token(
    name: str,
    scopes: Collection[str],
    actor: Actor,
    *,
    user: Any = None,
    days: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which cannot be read again."""
    secret = ApiToken.new_secret()
    with change_by(actor):
        token = ApiToken.objects.create(
            name=name,
            user=user,
            scopes=sorted(set(scopes)),
            digest=digest(secret),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
    return token, secret


def revoke_token(token: ApiToken, actor: Actor) -> None:
    with change_by(actor):
        token.revoked_at = token.revoked_at or timezone.now()
        token.save(update_fields=["revoked_at"])
