"""Questions about saved replies."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

from .owned import OwnedQuerySet
from .similar import nearest

SavedReplyT = TypeVar("SavedReplyT", bound=models.Model)
CANDIDATES = """
    SELECT id, 0 AS kind,
        to_tsvector('simple', regexp_replace(name || ' ' || body, '[\\W_]+', ' ', 'g')) AS document
    FROM tickets_savedreply WHERE shared OR owner_id = %(account)s
"""


class SavedReplyQuerySet(OwnedQuerySet[SavedReplyT]):
    def matching(self, search: str) -> Self:
        """Return the replies that have all words of a search in their name or text."""
        queryset = self
        for word in search.split():
            queryset = queryset.filter(Q(name__icontains=word) | Q(body__icontains=word))
        return queryset

    def most_used_first(self) -> Self:
        return self.order_by("-uses", "name", "pk")

    def fitting_first(self, text: str, user: Any, limit: int) -> list[SavedReplyT]:
        """Return up to `limit` of these replies: those about the text first, then by use.

        `user` is the account that asks. Two queries.
        """
        ids = nearest(text, CANDIDATES, limit, account=user.pk if user else None)
        fits = Case(
            *(When(pk=pk, then=Value(position)) for position, pk in enumerate(ids)),
            default=Value(limit),
            output_field=IntegerField(),
        )
        ordered = self.annotate(fit=fits).order_by("fit", "-uses", "name", "pk")
        replies: list[SavedReplyT] = list(ordered[:limit])  # type: ignore[arg-type]  # as_manager
        return replies
