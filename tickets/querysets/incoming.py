"""Questions about messages that came by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, F, Q, Value, When

from ..vocabulary import InboundKind, InboundState, ThreadRule

MessageT = TypeVar("MessageT", bound=models.Model)

SPAM = Q(ticket__spam=True) | Q(ticket__merged_into__spam=True)


class InboundQuerySet(models.QuerySet[MessageT]):
    def of(self, ticket: Any) -> Self:
        """Return the messages of a ticket and of those that were merged into it."""
        return self.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))

    def readable(self) -> Self:
        """Return the messages that agents read on their tickets, oldest first, without bytes."""
        hidden = [InboundState.STORED, InboundState.IGNORED, InboundState.DISCARDED]
        return self.exclude(state__in=hidden).defer("raw").order_by("pk")

    def held_back(self) -> Self:
        """Return what an agent may still let in, oldest first, without bytes: held or discarded.

        What was held for spam, and what was emptied with its ticket, is left out.
        """
        rows = self.filter(state__in=[InboundState.HELD, InboundState.DISCARDED])
        return rows.exclude(SPAM).exclude(raw=b"").defer("raw").order_by("pk")

    def to_act_on(self, overdue: Any) -> Self:
        """Return the messages that are held, failed, or waiting since before `overdue`.

        What is held for spam is left out.
        """
        waiting = Q(state=InboundState.STORED, received_at__lt=overdue)
        rows = self.filter(waiting | Q(state__in=[InboundState.HELD, InboundState.FAILED]))
        return rows.exclude(SPAM)

    def counts_by_state(self) -> dict[str, int]:
        """Return how many messages there are of each state, without zeros. One query."""
        return dict(self.order_by().values_list("state").annotate(count=models.Count("pk")))

    def to_act_on_by_state(self) -> dict[str, tuple[int, datetime]]:
        """Count what is not finished by state, with the time of the oldest. One query, of an index.

        What agents discarded is left out.
        """
        rows = self.filter(state__in=[InboundState.STORED, InboundState.HELD, InboundState.FAILED])
        states = rows.order_by().values_list("state")
        counts = states.annotate(models.Count("pk"), models.Min("received_at"))
        return {state: (count, oldest) for state, count, oldest in counts}

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
