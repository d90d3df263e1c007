"""Questions about comments."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q

from ..vocabulary import AuthorRole

CommentT = TypeVar("CommentT", bound=models.Model)


class CommentQuerySet(models.QuerySet[CommentT]):
    def last_public_replies(self, ticket_ids: Collection[int]) -> dict[int, CommentT]:
        """Return agents' latest public reply to each ticket that has one, by ticket id."""
        replies = self.filter(ticket__in=ticket_ids, public=True, author_role=AuthorRole.AGENT)
        latest = replies.order_by("ticket", "-created_at", "-pk").distinct("ticket")
        return {reply.ticket_id: reply for reply in latest.select_related("author")}  # type: ignore[attr-defined]

    def with_origin(self) -> Self:
        """Return the comments with their authors and the merged tickets that they come from."""
        return self.select_related("author", "origin").defer(
            "origin__document", "origin__description"
        )


def in_conversation() -> Q:
    """Return the condition for comments that are read on their ticket."""
    return Q(split_into=None) | Q(split_into__merged_into=F("ticket"))
