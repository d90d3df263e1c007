"""Questions about comments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Any, Generic, Self, TypeVar

from django.db import models
from django.db.models import F, Min, Q, Window
from django.db.models.functions import Coalesce, Left, RowNumber
from django.utils import timezone

from ..vocabulary import IDEMPOTENCY_KEY_LIFETIME, AuthorRole
from .statements import Parameter, Statement

# Of a conversation that one page shows. Strangers can write much and often.
MAX_MESSAGES, MAX_SHOWN_CHARS = 100, 300_000

CommentT = TypeVar("CommentT", bound=models.Model)
ReplyT = TypeVar("ReplyT", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Portion(Generic[CommentT]):
    """The part of a conversation that one page shows, the oldest message first."""

    messages: list[CommentT]
    earlier: int = 0  # messages before these
    follows: datetime | None = None  # when the last of those was written
    precedes: datetime | None = None  # when the next one was written, if it ends before the newest

    @property
    def is_whole(self) -> bool:
        return not self.earlier and self.precedes is None


class CommentQuerySet(models.QuerySet[CommentT]):
    def portion(self, until: int | None = None) -> Portion[CommentT]:
        """Return the newest messages, or the newest of the first `until`, as many as a page shows.

        These are MAX_MESSAGES or MAX_SHOWN_CHARS, but at least one. Up to two queries, of a
        conversation that is shown whole one.
        """
        total = self.count() if until is not None else None
        later = max(total - until, 0) if total is not None and until is not None else 0
        start = max(later - 1, 0)  # with the one after them
        rows: list[Any] = list(self.reverse()[start : later + MAX_MESSAGES + 1])
        following, rows = rows[: later - start], rows[later - start :]
        lengths = accumulate(len(row.body) for row in rows[:MAX_MESSAGES])
        fitting = sum(length <= MAX_SHOWN_CHARS for length in lengths)
        newest = rows[: max(fitting, 1)]
        earlier = 0
        if len(rows) > len(newest):
            earlier = (self.count() if total is None else total) - later - len(newest)
        return Portion(
            newest[::-1],
            earlier,
            follows=rows[len(newest)].created_at if earlier else None,
            precedes=following[0].created_at if following else None,
        )

    def newest_texts(self, ticket_ids: Collection[int], count: int, chars: int) -> Self:
        """Return the beginnings of the newest comments on each ticket, the newest first.

        Up to `count` of each ticket; `beginning` has up to `chars` characters. One query.
        """
        newest = Window(RowNumber(), "ticket", ["-created_at", "-pk"])
        comments = self.filter(ticket__in=ticket_ids).annotate(
            number=newest, beginning=Left("body", chars)
        )
        return comments.filter(number__lte=count).order_by("number").defer("body")

    def last_public_replies(self, ticket_ids: Collection[int]) -> dict[int, CommentT]:
        """Return agents' latest public reply to each ticket that has one, by ticket id."""
        replies = self.filter(ticket__in=ticket_ids, public=True, author_role=AuthorRole.AGENT)
        latest = replies.order_by("ticket", "-created_at", "-pk").distinct("ticket")
        return {reply.ticket_id: reply for reply in latest.select_related("author")}  # type: ignore[attr-defined]

    def came_first_at(self) -> datetime | None:
        """Return when the first of them was written, or received by mail; None without any."""
        came_at = Coalesce("message__received_at", "created_at")
        first: datetime | None = self.aggregate(at=Min(came_at))["at"]
        return first

    def with_origin(self) -> Self:
        """Return the comments with their authors and the merged tickets that they come from."""
        return self.select_related("author__agent_profile", "origin").defer("origin__description")

    def public_by_others(self, author: Any) -> Self:
        """Return public messages of requesters and of other accounts.

        An agent without an account (None) cannot be told from others, so all count.
        """
        public = self.filter(public=True)
        return public if author is None else public.exclude(author=author)


def last_of(model: Any, ticket_ids: Collection[int]) -> dict[int, Any]:
    """Return the last comment on each ticket that has any, without its text, by ticket id.

    One query.
    """
    comments = _last_of(model).models({"tickets": list(ticket_ids)})
    return {comment.ticket_id: comment for comment in comments}


@cache
def _last_of(model: Any) -> Statement:
    comments = model.objects.extra(
        where=["tickets_comment.ticket_id = ANY(%s::bigint[])"], params=[Parameter("tickets")]
    )
    latest = comments.order_by("ticket", "-created_at", "-pk").distinct("ticket")
    return Statement(latest.select_related("author").defer("body"), prepared=True)


def in_conversation() -> Q:
    """Return the condition for comments that are read on their ticket."""
    return Q(split_into=None) | Q(split_into__merged_into=F("ticket"))


class PendingReplyQuerySet(models.QuerySet[ReplyT]):
    def of(self, ticket: Any) -> Self:
        """Return the replies to a ticket, and those to tickets that were merged into it since."""
        return self.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))

    def waiting(self) -> Self:
        """Return replies that are neither sent nor taken back, the first due first."""
        return self.filter(due_at__isnull=False, comment=None).order_by("due_at", "pk")

    def due(self) -> Self:
        return self.waiting().filter(due_at__lte=timezone.now())

    def taken_back(self) -> Self:
        return self.filter(due_at=None, comment=None)

    def purge(self) -> int:
        """Delete those that were sent or taken back long ago. Return the number of rows."""
        written_long_ago = self.filter(written_at__lt=timezone.now() - IDEMPOTENCY_KEY_LIFETIME)
        return written_long_ago.exclude(due_at__isnull=False, comment=None).delete()[0]
