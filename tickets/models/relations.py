"""How tickets belong together: which was merged into which, and which are only related."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ..querysets.relations import TicketLinkQuerySet
from ..vocabulary import MERGE_UNDO_DAYS, Status
from .ticket import Ticket


class TicketMerge(models.Model):
    """A merged ticket, and the ticket that it was merged into. Undoing the merge deletes the row.

    The target may have been merged further since; `source.merged_into` is the end of the way.
    """

    source = models.OneToOneField(
        Ticket, on_delete=models.CASCADE, primary_key=True, related_name="merge"
    )
    target = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="merges")
    # The versions that the merge made.
    source_version = models.PositiveIntegerField()
    target_version = models.PositiveIntegerField()
    merged_at = models.DateTimeField(default=timezone.now)
    # What the merge changed on the target: the status and time that it had before it opened again,
    reopened_from = models.CharField(max_length=12, choices=Status, blank=True)
    resolved_at = models.DateTimeField(null=True)
    # and the address that it took from the source. Empty if nothing changed.
    address_taken = models.EmailField(blank=True)

    def __str__(self) -> str:
        return f"#{self.source_id} into #{self.target_id}"

    @property
    def undoable_until(self) -> datetime:
        return self.merged_at + timedelta(days=MERGE_UNDO_DAYS)

    @property
    def is_undoable(self) -> bool:
        return timezone.now() < self.undoable_until


class TicketLink(models.Model):
    """Two tickets are related. `low` has the lower number, so that each pair is stored once."""

    low = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    high = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = TicketLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="ticketlink_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="ticketlink_ordered"),
        ]

    def __str__(self) -> str:
        return f"#{self.low_id} and #{self.high_id}"
