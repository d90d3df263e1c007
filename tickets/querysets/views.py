"""Questions about saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from ..models import SavedView  # noqa: F401  (named in a string below)


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, user: Any) -> Self:
        """One's own and those that are shared, by name; whoever has no account sees the latter."""
        return self.filter(Q(shared=True) | (Q(owner=user) if user else Q()))

    def named(self, name: str, owner: Any) -> Self:
        """Those of an owner, or of nobody, that are called so, in whatever case."""
        return self.filter(owner=owner, name__iexact=name)
