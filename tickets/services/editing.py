"""Change a ticket: lock it, save a new version, and decide what happens when two people do so."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from .. import transactions
from ..access.actors import Actor
from ..audit.trail import event_at_version, fields_changed_by_others
from ..exceptions import StaleVersion, TicketMerged
from ..models.ticket import Ticket
from ..vocabulary import TEXT_FIELDS, TRIAGE_FIELDS, WRITABLE_FIELDS, LearnedField, Scope
from .mail import notifications, outbox
from .triage import feedback

# A value of one of the WRITABLE_FIELDS. Only the assignee is an account or None, only spam a flag.
TicketValue = str | bool | User | None

# Every column that can change after the ticket was created.
COLUMNS = (
    *("assignee_id" if name == "assignee" else name for name in WRITABLE_FIELDS),
    *("sentiment", "urgency_score"),
    *(f"{name}_{part}" for name in TRIAGE_FIELDS for part in ("source", "confidence")),
)
# Columns that follow what people write and which status they choose.
TURN_COLUMNS = ("waiting_since", "last_activity_at")


@dataclass(slots=True)
class TicketEdit:
    """A ticket as an edit left it. `is_new_version` is False if nothing differed.

    An edit that changed something else of the ticket, such as its comments, sets it.
    """

    ticket: Ticket
    is_new_version: bool = False


@dataclass(frozen=True, slots=True)
class ReadState:
    """What the editor had read, for an edit that may overtake other people's.

    The edit conflicts only if somebody else has changed the same values since `version`. If it
    also `depends_on` fields, anybody's change to one of them is a conflict, as is triage's change
    to the same values.
    """

    version: int
    depends_on: frozenset[str] = frozenset()


@contextmanager
def audited(actor: Actor, **context: Any) -> Iterator[None]:
    """Open one transaction. The audit trail records its changes as this actor's."""
    with pghistory.context(**actor.audit_context(), **context), transactions.transaction():
        yield


@contextmanager
def editing(
    ticket_id: int, actor: Actor, version: int | None = None, *, undoes: int | None = None
) -> Iterator[TicketEdit]:
    """Lock a ticket, let the caller set its values, and save what differs as a new version.

    `undoes` is the version that the edit reverts. Such an edit never repeats an email that was
    sent before. Raise NotFound, TicketMerged, and StaleVersion if `version` is not the current one.
    """
    with (
        audited(actor, **({} if undoes is None else {"undoes": undoes})),
        _saving(lock_ticket(ticket_id, version), actor, undoes) as edit,
    ):
        yield edit


@contextmanager
def editing_current(ticket_id: int, actor: Actor) -> Iterator[TicketEdit]:
    """Edit the ticket, or the one that it is merged into. Raise NotFound."""
    with audited(actor), _saving(lock_current(ticket_id), actor) as edit:
        yield edit


@contextmanager
def _saving(ticket: Ticket, actor: Actor, undoes: int | None = None) -> Iterator[TicketEdit]:
    columns = (*COLUMNS, *TURN_COLUMNS)
    before = {column: getattr(ticket, column) for column in columns}
    was_finished, was_spam = ticket.is_finished, ticket.spam
    edit = TicketEdit(ticket)
    yield edit
    _adjust_turn(ticket, was_waiting_for_nobody=was_finished or was_spam)
    changed = [column for column in columns if getattr(ticket, column) != before[column]]
    if changed or edit.is_new_version:
        edit.is_new_version = True
        ticket.version += 1
        ticket.updated_at = timezone.now()
        if not ticket.is_finished:
            ticket.resolved_at = None
        elif ticket.resolved_at is None:  # a resolved ticket that is closed keeps its time
            ticket.resolved_at = ticket.updated_at
        transactions.update(ticket, [*changed, "version", "updated_at", "resolved_at"])
        notify = outbox.status_changed if undoes is None else outbox.status_restored
        notify(ticket, before["status"])
        if ticket.assignee_id != before["assignee_id"]:
            notifications.tell_of_assignment(ticket, actor)
    if ticket.spam != was_spam:
        feedback.recount_feedback(ticket)
    # An agent who finishes a ticket confirms its values. Requesters do not know them.
    if ticket.is_finished and not was_finished and actor.can(Scope.WRITE):
        feedback.record_feedback(ticket, LearnedField.values)


def _adjust_turn(ticket: Ticket, *, was_waiting_for_nobody: bool) -> None:
    """Let finished tickets and spam wait for nobody. Work out the turn of one that was either."""
    if ticket.is_finished:
        ticket.waiting_since = ticket.snoozed_until = None
    elif ticket.spam:
        ticket.waiting_since = None
    elif was_waiting_for_nobody and ticket.waiting_since is None:
        ticket.waiting_since = ticket.unanswered_since()


def lock_ticket(ticket_id: int, version: int | None = None) -> Ticket:
    """Return the ticket, locked for this transaction. Raise as `editing` does."""
    ticket: Ticket = Ticket.including_spam.lock(ticket_id)
    if version is not None and ticket.version != version:
        raise StaleVersion
    return ticket


def lock_current(ticket_id: int) -> Ticket:
    """Lock the ticket, or the one that it is merged into. Raise NotFound."""
    # Leaving the inner block by an error unlocks a ticket that was merged while we waited for it.
    # Holding its lock while waiting for the other one could end in a deadlock.
    while True:
        try:
            with atomic():
                return lock_ticket(ticket_id)
        except TicketMerged as merged:
            ticket_id = merged.into


def lock_relations() -> None:
    """Let no other transaction merge or delete tickets until the end of this one.

    Call it before any ticket is locked: who changes several of them locks them afterwards, in
    whatever order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('ticket relations', 0))")


# --- two people change one ticket -------------------------------------------------------


def own_changes(
    ticket: Ticket,
    values: Mapping[str, TicketValue],
    version: int,
    *,
    untouched: Collection[str] = TEXT_FIELDS,
) -> dict[str, TicketValue]:
    """Return the values without those that came back as they were read.

    `untouched` names the fields that the form sends even if the editor left them alone. Somebody
    else may have changed such a value since.
    """
    read = event_at_version(ticket, version)

    def is_edited(name: str, value: TicketValue) -> bool:
        if read is None or name not in untouched:
            return True
        # Compare keys: the account that was the assignee then may be deleted now.
        stored = read._meta.get_field(name).value_from_object(read)
        return bool(getattr(value, "pk", value) != stored)

    return {name: value for name, value in values.items() if is_edited(name, value)}


def conflicting_fields(
    ticket: Ticket, changes: Mapping[str, TicketValue], actor: Actor, read: ReadState
) -> set[str]:
    """Return the fields over which these changes conflict with what happened since.

    The actor's own newer choice of a value is not a conflict, nor is triage's, nor is the same
    value chosen by two people. Texts are stricter: anybody's change of one conflicts, because the
    actor may have a second window open. An edit that depends on fields is stricter too: somebody
    else's equal choice is a conflict. Raise StaleVersion if the ticket never had the version.
    """
    if not 1 <= read.version <= ticket.version:
        raise StaleVersion
    if read.version == ticket.version:
        return set()
    by_others = fields_changed_by_others(
        ticket, read.version, actor.account, include_triage=bool(read.depends_on)
    )
    by_anybody = fields_changed_by_others(ticket, read.version, None)
    conflicting = by_others - set(TEXT_FIELDS) | by_anybody & set(TEXT_FIELDS)
    if read.depends_on:
        return set(changes) & conflicting | by_anybody & read.depends_on
    return {
        name for name in changes if name in conflicting and changes[name] != getattr(ticket, name)
    }


def refuse_conflicts(
    ticket: Ticket, changes: Mapping[str, TicketValue], actor: Actor, read: ReadState
) -> None:
    """Raise StaleVersion with the conflicting fields, if there are any."""
    if fields := conflicting_fields(ticket, changes, actor, read):
        raise StaleVersion(fields=fields)
