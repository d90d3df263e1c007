"""What the program keeps for itself."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.utils import timezone

from ..querysets import CounterQuerySet
from .ticket import Ticket


class IdempotencyKey(models.Model):
    """The first answer given to a create under a caller's `Idempotency-Key`, or to a message."""

    # Hash of who called and of the key, since either may be personal.
    digest = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True)
    # As text, since jsonb would lose the order of its keys.
    answer = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]

    def keep(self, ticket: Ticket, answer: dict[str, Any]) -> None:
        """Store what was answered; it must not hold secrets."""
        self.ticket, self.answer = ticket, json.dumps(answer)
        self.save(update_fields=["ticket", "answer"])


class Counter(models.Model):
    """How often something happened in the current window: requests of a client, model calls."""

    name = models.CharField(max_length=150, primary_key=True)
    time_window = models.BigIntegerField()
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    objects = CounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class DemoTicket(models.Model):
    """A ticket that `manage.py seed` made, so that `seed --clear` can take it away again."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True)

    def __str__(self) -> str:
        return f"demo {self.ticket_id}"
