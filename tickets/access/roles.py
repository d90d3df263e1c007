"""Who is an agent, who is an admin."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet

from ..vocabulary import ADMINS_GROUP, AGENTS_GROUP


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


def _is_in_group(user: Any, names: set[str]) -> bool:
    # A request asks several times, so the groups are read once per user object.
    if not hasattr(user, "_group_names"):
        user._group_names = set(Group.objects.filter(user=user).values_list("name", flat=True))
    return bool(user._group_names & names)
