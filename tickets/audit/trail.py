"""Read the audit trail: what changed, when, and who changed it.

`pgh_id` is the order of events. The clock only says how a ticket's events and those of its
comments interleave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from heapq import merge
from itertools import pairwise
from typing import Any, TypedDict

from django.db.models import QuerySet, Subquery

from ..models.attachments import Attachment
from ..models.events import Erasure
from ..models.participants import Participant
from ..models.ticket import Comment, Ticket
from ..querysets.events import EventQuerySet
from ..querysets.statements import Statement
from ..vocabulary import AuditEvent

TICKET_EVENTS = {
    "insert": AuditEvent.CREATED,
    "update": AuditEvent.CHANGED,
    "delete": AuditEvent.DELETED,
    "link_sent": AuditEvent.LINK_SENT,
    "link_revoked": AuditEvent.LINK_REVOKED,
    "merged": AuditEvent.MERGED,
    "unmerged": AuditEvent.UNMERGED,
    "linked": AuditEvent.LINKED,
    "unlinked": AuditEvent.UNLINKED,
    "split": AuditEvent.SPLIT,
    "address_blocked": AuditEvent.ADDRESS_BLOCKED,
    "address_unblocked": AuditEvent.ADDRESS_UNBLOCKED,
    "message_held": AuditEvent.MESSAGE_HELD,
    "message_discarded": AuditEvent.MESSAGE_DISCARDED,
    "mail_returned": AuditEvent.MAIL_RETURNED,
    "erased": AuditEvent.ERASED,
    "redacted": AuditEvent.REDACTED,
}
COMMENT_EVENTS = {
    "insert": AuditEvent.COMMENT_CREATED,
    "update": AuditEvent.COMMENT_CHANGED,
    "delete": AuditEvent.COMMENT_DELETED,
}
PARTICIPANT_EVENTS = {
    "insert": AuditEvent.PARTICIPANT_ADDED,
    "update": AuditEvent.PARTICIPANT_CHANGED,
    "delete": AuditEvent.PARTICIPANT_REMOVED,
}
FILE_EVENTS = {"insert": AuditEvent.FILE_ATTACHED}
# What each of these events says about the source and about the target, and whether it ends then.
RELATIONS = {
    "merged": ("merged_into", "merged", False),
    "unmerged": ("merged_into", "merged", True),
    "linked": ("related", "related", False),
    "unlinked": ("related", "related", True),
    "split": ("split_into", "split_from", False),
}
# A new row differs from this. The values that are not named here were None.
BEFORE_CREATION: Mapping[str, Any] = {"spam": False}
# Columns that change with others, or never, and tell a reader nothing.
HIDDEN_COLUMNS = frozenset(
    {
        *("id", "version", "created_at", "updated_at", "waiting_since", "last_activity_at"),
        *("ticket", "author", "author_role"),
    }
)


class AuditContext(TypedDict, total=False):
    """Who made a change, as pghistory stores it with each event. Empty for SQL from outside."""

    actor: str
    user: int | None  # the account's id
    undoes: int  # the version that an Undo reverts
    # The two tickets of a merge, a link or a split.
    source: int
    target: int
    honeypot: bool  # the field that nobody sees was filled in


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. `changes` maps each field to its old and its new value.

    `actor` is None for a change made outside this program. `by_account` tells an account from a
    part of the program of the same name.
    """

    at: datetime
    actor: str | None
    event: str  # an AuditEvent
    changes: dict[str, tuple[Any, Any]]
    by_account: bool = False
    ticket_id: int = 0
    version: int = 0  # of the ticket, after the change; 0 if the change was of something else
    undoes: int | None = None  # the version that an Undo reverted
    is_trapped: bool = False  # a program filled in the form


def audit_trail(ticket: Ticket, lacking: Collection[str] = ()) -> list[AuditEntry]:
    """Return the entries of a ticket, its comments, participants and files, oldest first.

    Those of the tickets that were merged into it are among them. Five queries, less one for each
    of "merged", "participants" and "files" that the caller knows to be `lacking`.
    """
    merged = Ticket.with_merged.filter(merged_into=ticket).values_list("pk", flat=True)
    ids = [ticket.pk, *(() if "merged" in lacking else merged)]
    tickets = events_of(Ticket).filter(pgh_obj_id__in=ids).select_related("assignee")
    entries = [
        _entries(tickets.order_by("pgh_id"), TICKET_EVENTS),
        *(
            _entries(events_of(model).filter(ticket_id__in=ids).order_by("pgh_id"), names)
            for model, names, part in (
                (Comment, COMMENT_EVENTS, "comments"),
                (Participant, PARTICIPANT_EVENTS, "participants"),
                (Attachment, FILE_EVENTS, "files"),
            )
            if part not in lacking
        ),
    ]
    return list(merge(*entries, key=_time))


def entries_since(
    ticket: Ticket, version: int, last_comment: int | None = None
) -> list[AuditEntry]:
    """Return what happened after this version, oldest first.

    Includes new comments after the comment with the id `last_comment`, unless it is None.
    """
    changes: list[AuditEntry] = []
    if ticket.version > version:
        events = ticket_events(ticket.pk).select_related("assignee")
        read = list(events.filter(version=version).order_by("-pgh_id")[:1])
        later = events.filter(version__gt=version).order_by("pgh_id")
        changes = list(_entries([*read, *later], TICKET_EVENTS))[len(read) :]
    if last_comment is None:
        return changes
    comments = comment_events(ticket.pk).filter(pgh_obj_id__gt=last_comment, pgh_label="insert")
    return list(merge(changes, _entries(comments.order_by("pgh_id"), COMMENT_EVENTS), key=_time))


def changes_since(ticket: Ticket, version: int) -> dict[str, tuple[Any, Any]]:
    """Return {field: (old, new)} between an earlier version of the ticket and its newest.

    If that version was never recorded, every field counts as changed. Two queries.
    """
    newest_first = ticket_events(ticket.pk).select_related("assignee").order_by("-pgh_id")
    old, new = newest_first.filter(version=version).first(), newest_first.first()
    return _differences(_values(old) if old else {}, _values(new) if new else {})


def fields_changed_by_others(
    ticket: Ticket, version: int, account: int | None, *, include_triage: bool = False
) -> set[str]:
    """Return the fields that anybody but this account has changed or confirmed since a version.

    Changes by triage's own jobs count only with `include_triage`. If that version was never
    recorded, every field counts. One query.
    """
    events = list(ticket_events(ticket.pk).filter(version__gte=version).order_by("pgh_id"))
    fields = [field for field in ticket._meta.fields if field.name not in HIDDEN_COLUMNS]
    if not events or events[0].version != version:
        return {field.name for field in fields}
    return {
        field.name.removesuffix("_source")
        for before, after in pairwise(events)
        if (include_triage or not by_triage(after)) and not (account and _account(after) == account)
        for field in fields
        if getattr(before, field.attname, None) != getattr(after, field.attname, None)
    }


def ticket_events(ticket_id: int) -> QuerySet[Any]:
    """Return the recorded states of a ticket, in no order."""
    return events_of(Ticket).filter(pgh_obj_id=ticket_id)


def comment_events(ticket_id: int) -> QuerySet[Any]:
    """Return the recorded states of a ticket's comments, in no order."""
    return events_of(Comment).filter(ticket_id=ticket_id)


def event_at_version(ticket: Ticket, version: int) -> Any | None:
    """Return the ticket as it was in a version, with its columns; None if never recorded."""
    return ticket_events(ticket.pk).filter(version=version).order_by("-pgh_id").first()


def by_triage(event: Any) -> bool:
    """Return whether a job of triage made this change, not an account of the same name."""
    return _context(event).get("actor") == "triage" and _account(event) is None


def undone_version(event: Any) -> int | None:
    """Return the version that this change undid, or None if it is not an Undo."""
    return _context(event).get("undoes")


def latest_event() -> str:
    """Return an opaque word that changes whenever the audit trail grows, or some of it goes.

    One query.
    """
    [newest] = _newest().rows({})
    return "-".join(str(number or 0) for number in newest)


@cache
def _newest() -> Statement:
    events = {model.__name__: events_of(model).values("pgh_id") for model in MODELS}
    numbers = events | {"Erasure": Erasure.objects.values("pk")}
    latest = {name: Subquery(rows.order_by("-pk")[:1]) for name, rows in numbers.items()}
    return Statement.of(**latest)


MODELS = (Ticket, Comment)


def events_of(model: Any) -> QuerySet[Any]:
    """Return all recorded states of a model's rows."""
    events = EventQuerySet(model.pgh_event_model)
    return events.with_text() if model is Ticket else events


def _entries(events: Iterable[Any], names: Mapping[str, AuditEvent]) -> Iterator[AuditEntry]:
    """Compare each recorded state with the one before it."""
    states: dict[int, Mapping[str, Any]] = {}
    for event in events:
        before, state = states.get(event.pgh_obj_id, BEFORE_CREATION), _values(event)
        states[event.pgh_obj_id] = state
        if event.pgh_label in RELATIONS:
            changes = _relation(event)
        elif names is PARTICIPANT_EVENTS:
            changes = _participation(event, before)
        elif names is COMMENT_EVENTS and "source" in _context(event):
            continue  # part of a merge or a split, which has an entry of its own
        else:
            changes = _differences(before, state)
        if changes or event.pgh_label != "update":
            yield AuditEntry(
                at=event.pgh_created_at,
                actor=_context(event).get("actor"),
                event=names[event.pgh_label].value,
                changes=changes,
                by_account=_account(event) is not None,
                ticket_id=getattr(event, "ticket_id", event.pgh_obj_id),
                version=getattr(event, "version", 0),
                undoes=undone_version(event),
                is_trapped=_context(event).get("honeypot", False),
            )


def _relation(event: Any) -> dict[str, tuple[Any, Any]]:
    """Return what the event says about its ticket: {"merged_into": (None, 12)}."""
    context = _context(event)
    of_source, of_target, ends = RELATIONS[event.pgh_label]
    is_source = context.get("source") == event.pgh_obj_id
    other = context.get("target") if is_source else context.get("source")
    change = (other, None) if ends else (None, other)
    return {of_source if is_source else of_target: change}


def _participation(event: Any, before: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return who takes part, and whether they get public replies: {"participant": (None, ...)}."""
    old = None if event.pgh_label == "insert" else event.address
    new = None if event.pgh_label == "delete" else event.address
    was_active = before.get("is_active")
    return {"participant": (old, new), "is_active": (was_active, event.is_active)}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }


def _values(event: Any) -> dict[str, Any]:
    """Return a recorded state by field: the assignee by name, "" as None."""
    fields = [field for field in event._meta.fields if not field.name.startswith("pgh_")]
    values = {field.name: getattr(event, field.attname) for field in fields}
    if values.get("assignee") is not None:
        deleted = f"user {event.assignee_id}"
        values["assignee"] = event.assignee.get_username() if event.assignee else deleted
    return {
        name: None if value == "" else value
        for name, value in values.items()
        if name not in HIDDEN_COLUMNS
    }


def _time(entry: AuditEntry) -> datetime:
    return entry.at


def _context(event: Any) -> AuditContext:
    return event.pgh_context or AuditContext()


def _account(event: Any) -> int | None:
    return _context(event).get("user")
