"""Addresses whose tickets and replies are spam."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.utils import timezone

from ..mail.addresses import folded_address
from ..vocabulary import MAX_EMAIL_CHARS
from .ticket import Ticket


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    context_field=pghistory.ContextJSONField(),
)
class BlockedAddress(models.Model):
    """An address whose new tickets and replies are stored as spam."""

    # Folded, which may make it longer than it was written.
    address = models.CharField(max_length=2 * MAX_EMAIL_CHARS, unique=True)
    blocked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The ticket whose sender was blocked, and its version in which that happened: Undo of that
    # version lifts the block.
    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="blocked_addresses",
    )
    ticket_version = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = "blocked address"
        verbose_name_plural = "blocked addresses"

    def __str__(self) -> str:
        return self.address


def is_blocked(address: str) -> bool:
    """Return whether mail from this address is spam; False for an empty one. One query."""
    folded = folded_address(address)
    return bool(folded) and BlockedAddress.objects.filter(address=folded).exists()
