"""Who is looking at which ticket now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models
from django.utils import timezone

PresenceT = TypeVar("PresenceT", bound=models.Model)

# Open pages report every 15 seconds. A viewer who misses two reports has left.
ACTIVE_FOR = timedelta(seconds=40)
KEPT_FOR = timedelta(hours=1)


class PresenceQuerySet(models.QuerySet[PresenceT]):
    def other_viewers(self, ticket: Any, viewer: str) -> Self:
        """Return the other viewers of the ticket, those who are writing first."""
        active = self.filter(ticket=ticket, seen_at__gte=timezone.now() - ACTIVE_FOR)
        return active.exclude(viewer=viewer).order_by("-writing", "name", "pk")

    def refresh(self, ticket: Any, viewer: str, name: str, writing: bool) -> None:
        """Note that the viewer has the ticket open now."""
        row = self.model(
            ticket=ticket, viewer=viewer, name=name, writing=writing, seen_at=timezone.now()
        )
        self.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["ticket", "viewer"],
            update_fields=["name", "writing", "seen_at"],
        )

    def purge(self) -> int:
        """Delete viewers who left long ago. Return the number of rows."""
        return self.filter(seen_at__lt=timezone.now() - KEPT_FOR).delete()[0]
