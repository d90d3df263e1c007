"""The audit trail: what changed, when, and by whom."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

if TYPE_CHECKING:
    from ..models import Ticket


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One recorded change; `changes` maps each field to its old and its new value.

    `event` is "created", "changed" or "deleted", "comment created" and so on for a comment, and
    "link sent" or "link revoked".
    `actor` is None for a change that was made past this program; `by_account` tells an account
    from a part of the program of the same name.
    """

    at: datetime
    actor: str | None
    event: str
    changes: dict[str, tuple[Any, Any]]
    by_account: bool = False


def history_of(ticket: Ticket) -> list[HistoryEntry]:
    """The audit trail of a ticket and its comments, oldest first, in two queries."""
    comments = apps.get_model("tickets", "CommentEvent").objects.filter(ticket_id=ticket.pk)
    # Each trail is in the order of its changes; the clock only says how the two interleave.
    return list(
        heapq.merge(
            entries_of(
                records_of(ticket.pk).select_related("assignee").order_by("pgh_id"), TICKET_EVENTS
            ),
            entries_of(comments.order_by("pgh_id"), COMMENT_EVENTS),
            key=lambda entry: entry.at,
        )
    )


ROW_EVENTS = {"insert": "created", "update": "changed", "delete": "deleted"}
TICKET_EVENTS = ROW_EVENTS | {"link_sent": "link sent", "link_revoked": "link revoked"}
COMMENT_EVENTS = {label: f"comment {event}" for label, event in ROW_EVENTS.items()}
NOT_TOLD = {"id", "version", "created_at", "updated_at", "ticket", "author", "author_role"}


def entries_of(events: Iterable[Any], names: Mapping[str, str]) -> Iterator[HistoryEntry]:
    """Compare each recorded row with the one before it."""
    before: dict[int, dict[str, Any]] = {}
    for event in events:
        old, new = before.get(event.pgh_obj_id, {}), _recorded(event)
        before[event.pgh_obj_id] = new
        changes = {
            name: (old.get(name), value) for name, value in new.items() if old.get(name) != value
        }
        if changes or event.pgh_label != "update":
            context, name = event.pgh_context or {}, names[event.pgh_label]
            actor, account = context.get("actor"), context.get("user") is not None
            yield HistoryEntry(event.pgh_created_at, actor, name, changes, account)


def changes_since(ticket: Ticket, version: int) -> dict[str, tuple[Any, Any]]:
    """What differs between an earlier version of the ticket and its newest: {field: (old, new)}.

    Everything does where that version was never recorded.
    """
    newest_first = records_of(ticket.pk).select_related("assignee").order_by("-pgh_id")
    old, new = newest_first.filter(version=version).first(), newest_first.first()
    before, after = (_recorded(event) if event else {} for event in (old, new))
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }


def record_of(ticket: Ticket, version: int) -> Any | None:
    """The ticket as it was in an earlier version, with its columns; None if never recorded."""
    return records_of(ticket.pk).filter(version=version).order_by("-pgh_id").first()


def set_by_others(
    ticket: Ticket, version: int, account: int | None, *, triage: bool = False
) -> set[str]:
    """The fields that others than this account, and with `triage` its jobs as well, have changed
    or confirmed since this version of the ticket. All where that version was never recorded.
    """
    records = list(records_of(ticket.pk).filter(version__gte=version).order_by("pgh_id"))
    fields = [field for field in ticket._meta.fields if field.name not in NOT_TOLD]
    if not records or records[0].version != version:
        return {field.name for field in fields}
    return {
        field.name.removesuffix("_source")
        for before, after in pairwise(records)
        if (triage or not by_triage(after)) and not (account and _account_of(after) == account)
        for field in fields
        if getattr(before, field.attname, None) != getattr(after, field.attname, None)
    }


def _account_of(record: Any) -> int | None:
    account: int | None = (record.pgh_context or {}).get("user")
    return account


def by_triage(record: Any) -> bool:
    """Whether a job of triage made this change, and no account that has its name."""
    context = record.pgh_context or {}
    return context.get("actor") == "triage" and _account_of(record) is None


def undone_by(record: Any) -> int | None:
    """The version that this change took back, where it is an Undo."""
    version: int | None = (record.pgh_context or {}).get("undoes")
    return version


def records_of(ticket_id: int) -> models.QuerySet[Any]:
    """Each state that a ticket was in; `pgh_id` is their order."""
    records: models.QuerySet[Any] = apps.get_model("tickets", "TicketEvent").objects.all()
    return records.filter(pgh_obj_id=ticket_id)


def _recorded(event: Any) -> dict[str, Any]:
    fields = [field for field in event._meta.fields if not field.name.startswith("pgh_")]
    values = {field.name: getattr(event, field.attname) for field in fields}
    if values.get("assignee") is not None:
        gone = f"user {event.assignee_id}"
        values["assignee"] = event.assignee.get_username() if event.assignee else gone
    return {
        name: None if value == "" else value
        for name, value in values.items()
        if name not in NOT_TOLD
    }
