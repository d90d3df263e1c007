"""What agents arrange for themselves: saved views, and who looks at which ticket."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ..querysets import PresenceQuerySet, SavedViewQuerySet
from .choices import visible
from .ticket import Ticket


class SavedView(models.Model):
    """A named state of the ticket list, its owner's own or shared with all agents."""

    NAME_LENGTH = 60

    name = models.CharField(max_length=NAME_LENGTH)
    # Nobody's in the open demo, where agents have no accounts; such views are shared.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="views",
    )
    query = models.CharField(max_length=2000, blank=True)  # of the list's address, without the "?"
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            visible("name", 60),
            models.UniqueConstraint(
                fields=["owner", "name"], nulls_distinct=False, name="savedview_once"
            ),
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False) | models.Q(shared=True),
                name="savedview_seen_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Somebody has a ticket's page open, as of `seen_at`."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="presences")
    # An account, or a browser window where agents have no accounts.
    viewer = models.CharField(max_length=64)
    name = models.CharField(max_length=150)
    writing = models.BooleanField(default=False)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "viewer"], name="presence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} on #{self.ticket_id}"
