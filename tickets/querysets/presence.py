"""Who looks at which ticket just now?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from ..models import Presence, Ticket  # noqa: F401  (the first in a string below)

# Pages tell of themselves every 15 seconds; whoever misses two of them has left.
SEEN_FOR = timedelta(seconds=40)
KEPT_FOR = timedelta(hours=1)


class PresenceQuerySet(models.QuerySet["Presence"]):
    def others(self, ticket: Ticket, viewer: str) -> Self:
        """Those who have the ticket open besides this viewer, who writes first."""
        seen = self.filter(ticket=ticket, seen_at__gte=timezone.now() - SEEN_FOR)
        return seen.exclude(viewer=viewer).order_by("-writing", "name", "pk")

    def see(self, ticket: Ticket, viewer: str, name: str, writing: bool) -> None:
        """The viewer has the ticket open now."""
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
        """Forget who left long ago; returns how many rows were deleted."""
        return self.filter(seen_at__lt=timezone.now() - KEPT_FOR).delete()[0]
