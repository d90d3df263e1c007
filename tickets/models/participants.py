"""Who takes part in a ticket besides its requester."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils import timezone

from ..querysets.participants import ParticipantQuerySet
from ..vocabulary import MAX_EMAIL_CHARS
from .ticket import Ticket

MAX_SENDER_NAME_CHARS = 100


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["is_vouched"],
    context_field=pghistory.ContextJSONField(),
)
class Participant(models.Model):
    """Somebody besides the requester who takes part in a ticket by mail.

    They get public replies while `is_active`, and their own messages join the ticket.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="participants")
    address = models.EmailField()
    # To tell apart those who are the same, see `spam.folded_address`.
    folded = models.CharField(max_length=2 * MAX_EMAIL_CHARS, editable=False)
    name = models.CharField(max_length=MAX_SENDER_NAME_CHARS, blank=True)
    is_active = models.BooleanField(default=True)
    # An agent let them take part, or a sender who was verified and is somebody here named them.
    # Others came with mail that anybody could have forged, so a merge does not carry them over.
    is_vouched = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "folded"], name="participant_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address
