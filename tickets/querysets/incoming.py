"""Questions about messages that came by mail."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

from ..vocabulary import InboundKind, InboundState, ThreadRule

MessageT = TypeVar("MessageT", bound=models.Model)


class InboundQuerySet(models.QuerySet[MessageT]):
    def of(self, ticket: Any) -> Self:
        """Return the messages of a ticket and of those that were merged into it."""
        return self.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))

    def readable(self) -> Self:
        """Return the messages that agents read on their tickets, oldest first, without bytes."""
        hidden = [InboundState.STORED, InboundState.IGNORED, InboundState.DISCARDED]
        return self.exclude(state__in=hidden).defer("raw").order_by("pk")

    def counts_to_decide(self) -> dict[str, int]:
        """Return how many messages are held and how many have failed, without zeros.

        One query, of an index.
        """
        states = [InboundState.HELD, InboundState.FAILED]
        rows = self.filter(state__in=states).order_by().values_list("state")
        return dict(rows.annotate(count=models.Count("pk")))

    def opened_by_program(self, ticket: Any) -> bool:
        """Return whether the ticket was opened by a program's message."""
        opening = self.filter(ticket=ticket, rule=ThreadRule.NEW)
        return opening.filter(kind=InboundKind.AUTOMATIC).exists()

    def forget(self) -> int:
        """Empty the messages of a deleted ticket, so that they do not come back if sent again."""
        return self.update(
            raw=b"",
            text="",
            folds=[],
            subject="",
            sender_address="",
            sender_name="",
            envelope_from=None,
            envelope_to=[],
            explanation=[],
            error="",
        )
