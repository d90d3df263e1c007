"""What the program stores for its own use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

from django.db import models
from django.utils import timezone

from ..exceptions import Conflict
from ..querysets.counters import CounterQuerySet
from ..transactions import insert, update
from .ticket import Ticket


class IdempotencyKey(models.Model):
    """The first answer to a create or a comment that may be sent again."""

    # A hash of the caller and the key, because either may be personal.
    digest = models.CharField(max_length=64, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True)
    # Text, because jsonb loses the order of keys.
    answer = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]

    @classmethod
    def claim(cls, digest: str, fingerprint: str) -> Self:
        """Return the locked row of this key. Its `answer` is empty for the first request.

        Call it inside a transaction: other requests with the same key wait for its end.
        Raise Conflict if the first request had another fingerprint.
        """
        insert(cls(digest=digest, fingerprint=fingerprint), ignore_conflicts=True)
        key = cls.objects.select_for_update(of=("self",)).get(pk=digest)
        if key.fingerprint != fingerprint:
            raise Conflict
        return key

    def store(self, ticket: Ticket, answer: Mapping[str, object]) -> None:
        """Store the answer. It must not hold secrets."""
        self.ticket, self.answer = ticket, json.dumps(answer)
        update(self, ["ticket", "answer"])


class Backfill(models.Model):
    """How far a job has come that works on the tickets of earlier releases, newest first.

    It has worked on all from the number `below` on. There is no row once it has finished.
    """

    name = models.CharField(max_length=50, primary_key=True)
    below = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """How often something happened in the current window, such as requests or model calls."""

    name = models.CharField(max_length=150, primary_key=True)
    time_window = models.BigIntegerField()
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    objects = CounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class DemoTicket(models.Model):
    """Marks a ticket that `manage.py seed` made, so that `seed --clear` can remove it."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True)

    def __str__(self) -> str:
        return f"demo {self.ticket_id}"
