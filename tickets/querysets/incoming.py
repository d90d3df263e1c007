"""Questions about messages that came by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, F, Q, Value, When

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

    def counts_to_act_on(self, overdue: datetime) -> dict[str, int]:
        """Return how many messages are held, failed, or waiting since before `overdue`, by state.

        Zeros are left out. One query, of an index.
        """
        waiting = Q(state=InboundState.STORED, received_at__lt=overdue)
        rows = self.filter(waiting | Q(state__in=[InboundState.HELD, InboundState.FAILED]))
        return dict(rows.order_by().values_list("state").annotate(count=models.Count("pk")))

    def opened_by_program(self, ticket: Any) -> bool:
        """Return whether the ticket was opened by a program's message."""
        opening = self.filter(ticket=ticket, rule=ThreadRule.NEW)
        return opening.filter(kind=InboundKind.AUTOMATIC).exists()

    def unneeded(self, before: datetime) -> Self:
        """Return the messages from before a time that have no ticket and wait for nobody."""
        waiting = [InboundState.STORED, InboundState.HELD, InboundState.FAILED]
        old = self.filter(ticket=None, received_at__lt=before)
        return old.exclude(state__in=waiting).exclude(raw=b"")

    def forget(self) -> int:
        """Empty messages for good. Of one that was held nothing is left to decide about."""
        is_held = When(state=InboundState.HELD, then=Value(InboundState.DISCARDED.value))
        return self.update(
            state=Case(is_held, default=F("state")),
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
