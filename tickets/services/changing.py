"""How a ticket changes: recorded as somebody's, locked, as a new version, and learned from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import transaction
from django.utils import timezone

from ..access import Actor
from ..exceptions import StaleVersion
from ..models import TRIAGED, LearnedField, Source, Ticket
from . import learning

# Values that a person sets; sentiment and urgency are triage's alone.
WRITABLE = ("title", "description", "category", "priority", "status", "requester_email", "assignee")
# Everything of a ticket that can change after it was made.
COLUMNS = (
    *("assignee_id" if name == "assignee" else name for name in WRITABLE),
    *("sentiment", "urgency_score"),
    *(f"{name}_{part}" for name in TRIAGED for part in ("source", "confidence")),
)


@contextmanager
def change_by(actor: Actor) -> Iterator[None]:
    """One transaction whose every change is recorded as this actor's."""
    with pghistory.context(**actor.audit()), transaction.atomic():
        yield


@contextmanager
def changing(ticket_id: int, actor: Actor, version: int | None = None) -> Iterator[Ticket]:
    """Lock a ticket, let the caller set values, and save those that differ as a new version.

    Raises NotFound, and StaleVersion when `version` is not the present one.
    """
    with change_by(actor):
        ticket = locked(ticket_id, version)
        before = {column: getattr(ticket, column) for column in COLUMNS}
        was_done = ticket.is_done
        yield ticket
        changed = [column for column in COLUMNS if getattr(ticket, column) != before[column]]
        if changed:
            ticket.version += 1
            ticket.updated_at = timezone.now()
            ticket.save(update_fields=[*changed, "version", "updated_at"])
            learning.settle(ticket, _settled(ticket, set(changed), was_done))


def locked(ticket_id: int, version: int | None = None) -> Ticket:
    """The ticket, for this transaction alone. Raises as `changing`."""
    ticket = Ticket.objects.select_for_update(of=("self",)).with_people().find(ticket_id)
    if version is not None and ticket.version != version:
        raise StaleVersion
    return ticket


def _settled(ticket: Ticket, changed: set[str], was_done: bool) -> set[str]:
    """Which values a person has decided by this change: those they set, and all of a ticket
    that is resolved or closed as it stands."""
    if ticket.is_done and not was_done:
        return set(LearnedField.values)
    by_person = set(ticket.decided_by(Source.HUMAN))
    return {
        name
        for name in LearnedField.values
        if name in by_person and changed & {name, f"{name}_source"}
    }
