"""Questions about comments."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from django.db import models

from ..vocabulary import AuthorRole

CommentT = TypeVar("CommentT", bound=models.Model)


class CommentQuerySet(models.QuerySet[CommentT]):
    def last_of(self, ticket_ids: Collection[int]) -> dict[int, CommentT]:
        """Return the last comment on each ticket that has any, without its text, by ticket id."""
        latest = self.filter(ticket__in=ticket_ids).order_by("ticket", "-created_at", "-pk")
        comments = latest.distinct("ticket").select_related("author").defer("body")
        return {comment.ticket_id: comment for comment in comments}  # type: ignore[attr-defined]

    def last_public_replies(self, ticket_ids: Collection[int]) -> dict[int, CommentT]:
        """Return agents' latest public reply to each ticket that has one, by ticket id."""
        replies = self.filter(ticket__in=ticket_ids, public=True, author_role=AuthorRole.AGENT)
        latest = replies.order_by("ticket", "-created_at", "-pk").distinct("ticket")
        return {reply.ticket_id: reply for reply in latest.select_related("author")}  # type: ignore[attr-defined]
