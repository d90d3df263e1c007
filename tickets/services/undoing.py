"""Taking a change back: the audit trail knows what each version of a ticket was."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import QuerySet

from ..access import Actor
from ..exceptions import NotFound, StaleVersion
from ..models import LearnedField, Source, Status, Ticket
from . import learning
from .changing import COLUMNS, changing


def undo(versions: Iterable[tuple[int, int]], actor: Actor) -> tuple[list[Ticket], list[int]]:
    """Put tickets back to what they were before a change.

    `versions` names each ticket's id and the version that the change made. A ticket that was
    changed since, or is gone, is left alone. Returns the restored tickets, and the ids of the
    others.
    """
    restored, left = [], []
    for ticket_id, version in versions:
        ticket = None
        with suppress(NotFound, StaleVersion):
            ticket = _restore(ticket_id, version, actor)
        if ticket is None:
            left.append(ticket_id)
        else:
            restored.append(ticket)
    return restored, left


def _restore(ticket_id: int, version: int, actor: Actor) -> Ticket | None:
    """None where the audit trail does not know the version before."""
    events = apps.get_model("tickets", "TicketEvent").objects.filter(pgh_obj_id=ticket_id)
    before = events.filter(version=version - 1).order_by("-pgh_id").first()
    if before is None:
        return None
    with changing(ticket_id, actor, version, undoing=True) as ticket:
        for column in COLUMNS:
            setattr(ticket, column, getattr(before, column))
        leaver = ticket.assignee_id  # perhaps deleted since
        if leaver and not User.objects.filter(pk=leaver).exists():
            ticket.assignee_id = None
        if ticket.is_done:
            ticket.resolved_at = _done_since(events.filter(pgh_id__lte=before.pgh_id))
        _unlearn(ticket, before, events.order_by("pgh_id").first())
    return ticket


def _done_since(events: QuerySet[Any]) -> datetime:
    """When a ticket that is done at the last of these records became so."""
    undone = events.exclude(status__in=[Status.RESOLVED, Status.CLOSED]).order_by("-pgh_id").first()
    done = events.filter(pgh_id__gt=undone.pgh_id) if undone else events
    since: datetime = done.earliest("pgh_id").pgh_created_at
    return since


def _unlearn(ticket: Ticket, before: Any, first: Any) -> None:
    """What the change taught counts no longer; what an agent decided before it does again."""
    if ticket.is_done:
        learning.settle(ticket, LearnedField.values)
        return
    # A lesson is written at the earliest in the moment of the change, so after the version before.
    taught = set(
        ticket.lessons.filter(at__gt=before.pgh_created_at).values_list("field", flat=True)
    )
    by_agents = {
        name
        for name in ticket.decided_by(Source.HUMAN)
        if not _chosen_by_sender(name, first, before)
    }
    learning.withdraw(ticket, taught - by_agents)
    learning.settle(ticket, by_agents & set(LearnedField.values))


def _chosen_by_sender(name: str, first: Any, before: Any) -> bool:
    columns = (f"{name}_source", name if name != "tone" else "sentiment")
    return all(getattr(first, column) == getattr(before, column) for column in columns)
