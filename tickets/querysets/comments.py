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

    def split_off(self) -> Self:
        """Return the comments that became tickets of their own, oldest first."""
        moved = self.exclude(in_conversation()).order_by("created_at", "pk")
        return moved.select_related("split_into").defer("split_into__document")


def in_conversation() -> Q:
    """Return the condition for comments that are read on their ticket."""
    return Q(split_into=None) | Q(split_into__merged_into=F("ticket"))
