"""What happened to a ticket since somebody read it?"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

from .history import COMMENT_EVENTS, TICKET_EVENTS, HistoryEntry, entries_of

if TYPE_CHECKING:
    from ..models import Ticket


def news_of(ticket: Ticket, version: int, comment: int | None = None) -> list[HistoryEntry]:
    """What was recorded after this version and, unless it is None, after the comment of this
    id, oldest first."""
    talk = [] if comment is None else _talk(ticket, comment)
    return list(merge(_changes(ticket, version), talk, key=lambda entry: entry.at))


def _changes(ticket: Ticket, version: int) -> Iterable[HistoryEntry]:
    """Each change is told by the record before it, the first one by that of the version read."""
    if ticket.version <= version:
        return []
    records = _events("TicketEvent").filter(pgh_obj_id=ticket.pk).select_related("assignee")
    read = records.filter(version=version).order_by("-pgh_id")[:1]
    later = records.filter(version__gt=version).order_by("pgh_id")
    return list(entries_of([*read, *later], TICKET_EVENTS))[len(read) :]


def _talk(ticket: Ticket, comment: int) -> Iterable[HistoryEntry]:
    later = _events("CommentEvent").filter(
        ticket_id=ticket.pk, pgh_obj_id__gt=comment, pgh_label="insert"
    )
    return entries_of(later.order_by("pgh_id"), COMMENT_EVENTS)


def _events(name: str) -> models.QuerySet[Any]:
    events: models.QuerySet[Any] = apps.get_model("tickets", name).objects.all()
    return events
