"""How a ticket changes: recorded as somebody's, locked, as a new version, and learned from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone

from ..access import Actor
from ..exceptions import StaleVersion
from ..models import TRIAGED, LearnedField, Ticket
from . import learning, mail

# Values that a person sets; sentiment and urgency are triage's alone.
WRITABLE = ("title", "description", "category", "priority", "status", "requester_email", "assignee")
# Everything of a ticket that can change after it was made.
COLUMNS = (
    *("assignee_id" if name == "assignee" else name for name in WRITABLE),
    *("sentiment", "urgency_score"),
    *(f"{name}_{part}" for name in TRIAGED for part in ("source", "confidence")),
)
TONE = ("sentiment", "urgency_score", "tone_source", "tone_confidence")


@contextmanager
def change_by(actor: Actor, **more: Any) -> Iterator[None]:
    """One transaction whose every change is recorded as this actor's, with `more` beside it."""
    with pghistory.context(**actor.audit(), **more), transaction.atomic():
        yield


@contextmanager
def changing(
    ticket_id: int, actor: Actor, version: int | None = None, *, undoing: int | None = None
) -> Iterator[Ticket]:
    """Lock a ticket, let the caller set values, and save those that differ as a new version.

    With `undoing`, the version that is taken back, the requester is not told anew of what was told
    before.
    Raises NotFound, and StaleVersion when `version` is not the present one.
    """
    with change_by(actor, **({} if undoing is None else {"undoes": undoing})):
        ticket = locked(ticket_id, version)
        before = {column: getattr(ticket, column) for column in COLUMNS}
        was_done = ticket.is_done
        yield ticket
        changed = [column for column in COLUMNS if getattr(ticket, column) != before[column]]
        if changed:
            ticket.version += 1
            ticket.renewed = True
            ticket.updated_at = timezone.now()
            _note_the_end(ticket)
            ticket.save(update_fields=[*changed, "version", "updated_at", "resolved_at"])
            tell = mail.status_changed if undoing is None else mail.status_restored
            tell(ticket, before["status"])
        if ticket.is_done and not was_done:  # finished as it stands: that confirms it
            learning.settle(ticket, LearnedField.values)


def _note_the_end(ticket: Ticket) -> None:
    """Since when it is finished; a ticket that is closed after it was resolved was so before."""
    if not ticket.is_done:
        ticket.resolved_at = None
    elif ticket.resolved_at is None:
        ticket.resolved_at = ticket.updated_at


def locked(ticket_id: int, version: int | None = None) -> Ticket:
    """The ticket, for this transaction alone. Raises as `changing`."""
    ticket = Ticket.objects.select_for_update(of=("self",)).with_people().find(ticket_id)
    if version is not None and ticket.version != version:
        raise StaleVersion
    return ticket
