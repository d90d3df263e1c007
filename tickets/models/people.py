"""Who works here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db import models
from django.db.models import Q

AGENTS, ADMINS = "agents", "admins"
# Words that stand for an assignee in filters and searches: no account may be called so.
RESERVED_NAMES = frozenset({"me", "none", "nobody"})


def is_admin(user: Any) -> bool:
    return user.is_active and (user.is_superuser or _in_groups(user, {ADMINS}))


def is_agent(user: Any) -> bool:
    return user.is_active and (user.is_superuser or _in_groups(user, {AGENTS, ADMINS}))


def agents() -> models.QuerySet[User]:
    """The users to whom a ticket can be assigned."""
    role = Q(groups__name__in=[AGENTS, ADMINS]) | Q(is_superuser=True)
    return User.objects.filter(role, is_active=True).order_by("username").distinct()


def _in_groups(user: Any, names: set[str]) -> bool:
    # One query an object at most: the answer is asked for several times in a request.
    if not hasattr(user, "_group_names"):
        user._group_names = set(Group.objects.filter(user=user).values_list("name", flat=True))
    return bool(user._group_names & names)
