"""Questions about what agents save: it is their own, or shared with all."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

OwnedT = TypeVar("OwnedT", bound=models.Model)


class OwnedQuerySet(models.QuerySet[OwnedT]):
    def visible_to(self, user: Any) -> Self:
        """Return the user's own rows and the shared ones; without a user only the latter."""
        return self.filter(Q(shared=True) | (Q(owner=user) if user else Q()))

    def named(self, name: str, owner: Any) -> Self:
        """Return the owner's rows with this name, in whatever case."""
        return self.filter(owner=owner, name__iexact=name)
