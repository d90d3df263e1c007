"""Undo a change. The audit trail has every version of a ticket."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from ..access.actors import Actor, is_agent
from ..audit.trail import by_triage, ticket_events, undone_version
from ..exceptions import MergeRefused, NotFound, StaleVersion, TicketMerged
from ..models.ticket import Ticket
from ..vocabulary import FINISHED_STATUSES, TEXT_FIELDS, LearnedField, Source
from .editing import COLUMNS, editing
from .merging import unmerge_ticket
from .private_links import links_to, shows_note
from .spam import unblock
from .splitting import undo_split
from .triage import assessment, feedback

logger = logging.getLogger(__name__)
# Triage sets these; they follow the texts.
SENTIMENT_COLUMNS = frozenset(
    {"sentiment", "urgency_score", "sentiment_source", "sentiment_confidence"}
)


@dataclass(frozen=True, slots=True)
class RestoredTicket:
    """A ticket as Undo left it. `is_complete` is False if later changes stand."""

    ticket: Ticket
    is_complete: bool


@dataclass(slots=True)
class UndoResult:
    restored: list[RestoredTicket] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)  # ids of tickets changed since, or gone
    # Ids and versions that were not tried since the database failed.
    left: list[tuple[int, int]] = field(default_factory=list)


def undo_token(tickets: Iterable[Ticket]) -> str:
    """Name the change that left these tickets as they are, for an UndoForm: "12:3,15:8"."""
    return version_token((ticket.pk, ticket.version) for ticket in tickets)


def version_token(versions: Iterable[tuple[int, int]]) -> str:
    """Name the same by ids and versions."""
    return ",".join(f"{ticket_id}:{version}" for ticket_id, version in versions)


def undo(versions: Iterable[tuple[int, int]], actor: Actor) -> UndoResult:
    """Undo changes: each value that a change set becomes what it was before.

    `versions` holds each ticket's id and the version that the change made. Later changes to other
    values stand. A ticket whose same values somebody has changed since is skipped. If the database
    fails after the first ticket, the rest is left.
    """
    result = UndoResult()
    pairs = list(versions)
    for position, (ticket_id, version) in enumerate(pairs):
        try:
            result.restored.append(_undo_change(ticket_id, version, actor))
        except (NotFound, StaleVersion, TicketMerged, MergeRefused):
            result.skipped.append(ticket_id)
        except (OperationalError, InterfaceError) as error:
            if not result.restored:
                raise
            logger.error("an undo of %d tickets stopped at #%d: %s", len(pairs), ticket_id, error)
            result.left = pairs[position:]
            break
    return result


def _undo_change(ticket_id: int, version: int, actor: Actor) -> RestoredTicket:
    if version == 1:  # the ticket is new: only one made of a message can be undone
        return RestoredTicket(undo_split(ticket_id, actor), is_complete=True)
    try:
        return _restore(ticket_id, version, actor)
    except TicketMerged:
        return RestoredTicket(unmerge_ticket(ticket_id, actor, version=version), is_complete=True)


def _restore(ticket_id: int, version: int, actor: Actor) -> RestoredTicket:
    with editing(ticket_id, actor, undoes=version) as edit:
        ticket = edit.ticket
        trail = ticket_events(ticket_id)
        events = list(trail.filter(version__gte=version - 1).order_by("pgh_id"))
        change = next((event for event in events if event.version == version), None)
        earlier = [event for event in events if event.version == version - 1]
        if change is None or not earlier:
            raise NotFound("The audit trail does not have this change.")
        before = earlier[-1]
        columns = _differing_columns(before, change)
        if columns & _columns_changed_by_people(events[events.index(change) :]):
            raise StaleVersion
        is_complete = ticket.version == version
        text = ticket.text_digest()
        for column in columns:
            setattr(ticket, column, getattr(before, column))
        _keep_note_internal(ticket, columns)
        if "status" in columns and not ticket.is_finished:
            # A reply since then has answered what waited before.
            ticket.waiting_since = ticket.unanswered_since(before.waiting_since)
        if "assignee_id" in columns and not _is_still_agent(ticket.assignee_id):
            ticket.assignee_id = None
        if "status" in columns and ticket.is_finished:
            ticket.resolved_at = _finished_since(trail.filter(pgh_id__lte=before.pgh_id))
        _restore_from_spam(ticket, change, actor)
        _restore_feedback(ticket, before, change, trail.order_by("pgh_id").first())
        if ticket.text_digest() != text:
            _restore_sentiment(ticket, before)
    return RestoredTicket(ticket, is_complete)


def _keep_note_internal(ticket: Ticket, columns: Set[str]) -> None:
    """Raise StaleVersion if the requester would read a note that an edit has replaced."""
    if columns & set(TEXT_FIELDS) and links_to(ticket).exists() and shows_note(ticket):
        raise StaleVersion


def _is_still_agent(account: int | None) -> bool:
    user = User.objects.filter(pk=account).first() if account else None
    return user is not None and is_agent(user)


def _restore_from_spam(ticket: Ticket, change: Any, actor: Actor) -> None:
    """If the change was spam, unblock the sender whom it has blocked, and let triage go on."""
    if change.spam and not ticket.spam:
        unblock(ticket.blocked_addresses.filter(ticket_version=change.version), actor)
        assessment.resume_model_triage(ticket)


def _restore_sentiment(ticket: Ticket, before: Any) -> None:
    """Restore the sentiment with the texts, unless the other text has changed since."""
    if (ticket.title, ticket.description) == (before.title, before.description):
        for column in SENTIMENT_COLUMNS:
            setattr(ticket, column, getattr(before, column))
        assessment.resume_model_triage(ticket)
    else:
        assessment.reassess(ticket, ["sentiment"])


def _differing_columns(before: Any, after: Any) -> set[str]:
    """Return the columns that differ between two events, without those of the sentiment."""
    return {
        column
        for column in set(COLUMNS) - SENTIMENT_COLUMNS
        if getattr(before, column) != getattr(after, column)
    }


def _columns_changed_by_people(events: Sequence[Any]) -> set[str]:
    """Return the columns changed after the first event, minus changes undone since."""
    first = events[0].version
    changes = [(before, after) for before, after in pairwise(events) if not by_triage(after)]
    undone: set[int] = set()
    for _, after in reversed(changes):  # an Undo that was itself undone counts for nothing
        version = undone_version(after)
        if version is not None and version > first and after.version not in undone:
            undone.add(version)
    return {
        column
        for before, after in changes
        if after.version not in undone and undone_version(after) not in undone
        for column in _differing_columns(before, after)
    }


def _finished_since(events: QuerySet[Any]) -> datetime:
    """Return when a ticket that is finished at the last of these events became so."""
    active = events.exclude(status__in=FINISHED_STATUSES).order_by("-pgh_id").first()
    finished = events.filter(pgh_id__gt=active.pgh_id) if active else events
    since: datetime = finished.earliest("pgh_id").pgh_created_at
    return since


def _restore_feedback(ticket: Ticket, before: Any, change: Any, first: Any) -> None:
    """Retract the feedback that the change gave. An agent's earlier decision counts again."""
    if ticket.is_finished:
        feedback.record_feedback(ticket, LearnedField.values)
        return
    # The change's feedback was stored after the event of the version before.
    rows = ticket.feedback.filter(decided_at__gt=before.pgh_created_at)
    concerned = _decided_fields(before, change)
    # A confirmation changes no value. Its feedback is stored just before the change's event.
    concerned |= {row.field for row in rows.filter(decided_at__lte=change.pgh_created_at)}
    by_people = set(LearnedField.values) & set(ticket.decided_by(Source.HUMAN))
    by_agents = {name for name in by_people if not _was_chosen_by_sender(name, first, ticket)}
    stored = {row.field for row in rows.filter(field__in=concerned)}
    feedback.retract_feedback(ticket, stored - by_agents)
    feedback.record_feedback(ticket, by_agents & concerned)


def _decided_fields(before: Any, change: Any) -> set[str]:
    """Return the fields that a change decided. Finishing a ticket decides all of them."""
    columns = _differing_columns(before, change)
    return {name for name in LearnedField.values if {"status", name, f"{name}_source"} & columns}


def _was_chosen_by_sender(name: str, first: Any, ticket: Ticket) -> bool:
    columns = (name, f"{name}_source")
    return all(getattr(first, column) == getattr(ticket, column) for column in columns)
