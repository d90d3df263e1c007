"""Taking a change back: the audit trail knows what each version of a ticket was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from ..access import Actor
from ..exceptions import NotFound, StaleVersion
from ..models import LearnedField, Source, Ticket, is_agent
from ..querysets import DONE, by_triage, records_of, undone_by
from . import learning, triage
from .changing import COLUMNS, TONE, changing


def versions(tickets: Iterable[Ticket]) -> str:
    """Names the change that has left these tickets as they are, for an UndoForm: "12:3,15:8"."""
    return ",".join(f"{ticket.pk}:{ticket.version}" for ticket in tickets)


def undo(versions: Iterable[tuple[int, int]], actor: Actor) -> tuple[list[Ticket], list[int]]:
    """Take changes back: the values that each has set become what they were before it.

    `versions` names each ticket's id and the version that the change made. What else was changed
    since stays; where somebody has changed the same values, or the ticket is gone, it is left
    alone. Returns the restored tickets, and the ids of the others.
    """
    restored, left = [], []
    for ticket_id, version in versions:
        try:
            restored.append(_restore(ticket_id, version, actor))
        except (NotFound, StaleVersion):
            left.append(ticket_id)
    return restored, left


def _restore(ticket_id: int, version: int, actor: Actor) -> Ticket:
    with changing(ticket_id, actor, undoing=version) as ticket:
        trail = records_of(ticket_id)
        events = list(trail.filter(version__gte=version - 1).order_by("pgh_id"))
        made = next((event for event in events if event.version == version), None)
        befores = [event for event in events if event.version == version - 1]
        if made is None or not befores:
            raise NotFound("The audit trail does not know this change.")
        before = befores[-1]
        touched = _differing(before, made)
        if touched & _changed_by_persons(events[events.index(made) :]):
            raise StaleVersion
        ticket.restored_whole = ticket.version == version
        text = ticket.text_digest()
        for column in touched:
            setattr(ticket, column, getattr(before, column))
        if "assignee_id" in touched and not _still_agent(ticket.assignee_id):
            ticket.assignee_id = None
        if "status" in touched and ticket.is_done:
            ticket.resolved_at = _done_since(trail.filter(pgh_id__lte=before.pgh_id))
        _unlearn(ticket, before, made, trail.order_by("pgh_id").first())
        if ticket.text_digest() != text:
            _read_again(ticket, before)
    return ticket


def _still_agent(account: int | None) -> bool:
    user = User.objects.filter(pk=account).first() if account else None
    return user is not None and is_agent(user)


def _read_again(ticket: Ticket, before: Any) -> None:
    """Texts return with their tone, unless the other of the two was changed meanwhile."""
    if (ticket.title, ticket.description) == (before.title, before.description):
        for column in TONE:
            setattr(ticket, column, getattr(before, column))
        triage.ask_later(ticket, ticket.decided_by(Source.OFFLINE, Source.DEFAULT))
    else:
        triage.read_again(ticket, ["tone"])


def _differing(one: Any, other: Any) -> set[str]:
    """What persons set that differs between two records: tone only follows the texts."""
    columns = set(COLUMNS) - set(TONE)
    return {column for column in columns if getattr(one, column) != getattr(other, column)}


def _changed_by_persons(events: Sequence[Any]) -> set[str]:
    """What changed from the first of these records on, but for what was taken back since."""
    first = events[0].version
    since = [(before, after) for before, after in pairwise(events) if not by_triage(after)]
    undone: set[int] = set()
    for _, after in reversed(since):  # an Undo that was itself taken back undid nothing
        version = undone_by(after)
        if version is not None and version > first and after.version not in undone:
            undone.add(version)
    return {
        column
        for before, after in since
        if after.version not in undone and undone_by(after) not in undone
        for column in _differing(before, after)
    }


def _done_since(events: QuerySet[Any]) -> datetime:
    """When a ticket that is done at the last of these records became so."""
    undone = events.exclude(status__in=DONE).order_by("-pgh_id").first()
    done = events.filter(pgh_id__gt=undone.pgh_id) if undone else events
    since: datetime = done.earliest("pgh_id").pgh_created_at
    return since


def _unlearn(ticket: Ticket, before: Any, made: Any, first: Any) -> None:
    """What the change taught counts no longer; what an agent decided before it does again."""
    if ticket.is_done:
        learning.settle(ticket, LearnedField.values)
        return
    # A lesson is written at the earliest in the moment of the change, so after the version before.
    lessons = ticket.lessons.filter(at__gt=before.pgh_created_at)
    concerned = _teaching(before, made)
    # A confirmation changes no value; it is written just before the record of its change.
    concerned |= {lesson.field for lesson in lessons.filter(at__lte=made.pgh_created_at)}
    decided = set(LearnedField.values) & set(ticket.decided_by(Source.HUMAN))
    by_agents = {name for name in decided if not _chosen_by_sender(name, first, ticket)}
    taught = {lesson.field for lesson in lessons.filter(field__in=concerned)}
    learning.withdraw(ticket, taught - by_agents)
    learning.settle(ticket, by_agents & concerned)


def _teaching(before: Any, made: Any) -> set[str]:
    """Which values the change between these two records set; finishing a ticket sets them all."""
    touched = _differing(before, made)
    return {name for name in LearnedField.values if {"status", name, f"{name}_source"} & touched}


def _chosen_by_sender(name: str, first: Any, ticket: Ticket) -> bool:
    columns = (name, f"{name}_source")
    return all(getattr(first, column) == getattr(ticket, column) for column in columns)
