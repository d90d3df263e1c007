"""What happened to a ticket since somebody read it?"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from typing import TYPE_CHECKING

from django.apps import apps

from .history import COMMENT_EVENTS, TICKET_EVENTS, HistoryEntry, entries_of, records_of

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
    records = records_of(ticket.pk).select_related("assignee")
    read = records.filter(version=version).order_by("-pgh_id")[:1]
    later = records.filter(version__gt=version).order_by("pgh_id")
    return list(entries_of([*read, *later], TICKET_EVENTS))[len(read) :]


def _talk(ticket: Ticket, comment: int) -> Iterable[HistoryEntry]:
    events = apps.get_model("tickets", "CommentEvent").objects
    later = events.filter(ticket_id=ticket.pk, pgh_obj_id__gt=comment, pgh_label="insert")
    return entries_of(later.order_by("pgh_id"), COMMENT_EVENTS)
