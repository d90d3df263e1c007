"""Events of the audit trail that do not repeat a long text."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from pghistory import trigger

from ..vocabulary import ErasureKind


class Erasure(models.Model):
    """Says who had events of a ticket deleted or emptied. The function that did so writes it."""

    ticket_number = models.BigIntegerField(db_index=True)
    kind = models.CharField(
        max_length=8,
        choices=ErasureKind,
        default=ErasureKind.DELETED,
        db_default=ErasureKind.DELETED,
    )
    # What went: columns of the ticket, and the texts of comments. None for a deleted ticket, and
    # where somebody's address went from another one.
    fields = ArrayField(models.TextField(), null=True)
    comment_numbers = ArrayField(models.BigIntegerField(), null=True)
    actor = models.CharField(max_length=200)
    account = models.BigIntegerField(null=True)  # its id, as in the context of an event
    events = models.PositiveIntegerField()  # how many there were
    erased_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Ticket #{self.ticket_number}"


class ErasedAddress(models.Model):
    """Somebody whose data was erased, so that it can be erased again after a restore.

    The address itself is not stored. The function `tickets_erase_address` writes the row.
    """

    keyed_hash = models.CharField(max_length=64)  # see `services/personal_data/hashes.py`
    actor = models.CharField(max_length=200)
    account = models.BigIntegerField(null=True)
    erased_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "personal data"

    def __str__(self) -> str:
        return self.keyed_hash[:8]


class _SparingTrigger(trigger.Event):
    """Write an empty text if the change left it alone. `querysets/events.py` fills it in."""

    text = "description"

    def get_func(self, model: Any) -> Any:
        new = f'NEW."{self.text}"'
        changed = f"CASE WHEN {new} IS DISTINCT FROM OLD.\"{self.text}\" THEN {new} ELSE '' END"
        whole = super().get_func(model)  # type: ignore[no-untyped-call]
        return pgtrigger.Func(whole.func.replace(new, changed))  # type: ignore[no-untyped-call]


class SparingUpdateEvent(pghistory.UpdateEvent):
    """An event of a changed row, without its description if that is the same as before."""

    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            _SparingTrigger(  # type: ignore[no-untyped-call]
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                operation=self.operation,
                condition=self.condition,
                level=self.level,
            )
        )(event_model.pgh_tracked_model)
