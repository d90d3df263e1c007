"""Create, change and delete tickets."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError
from django.db.models import Q

from .. import transactions
from ..access.actors import Actor
from ..audit.erasing import erase_events
from ..exceptions import NotFound, TicketMerged
from ..models.housekeeping import IdempotencyKey
from ..models.private_link import digest
from ..models.ticket import Ticket
from ..models.triage import Feedback
from ..models.workplace import TicketRead
from ..triage import engine
from ..triage.signed_suggestions import SignedSuggestion
from ..vocabulary import (
    TRIAGE_FIELDS,
    WRITABLE_FIELDS,
    Language,
    LearnedField,
    MailKind,
    Scope,
    Source,
)
from .attachments.attaching import attach
from .attachments.deletion import delete_files_after
from .editing import (
    ReadState,
    TicketEdit,
    TicketValue,
    audited,
    editing,
    lock_relations,
    lock_ticket,
    own_changes,
    refuse_conflicts,
)
from .mail import limits, notifications, outbox
from .mail.forgetting import forget_messages
from .traces import conversation_of, empty_events_elsewhere, remove_traces
from .triage import assessment, feedback, predictions

logger = logging.getLogger(__name__)
AnswerT = TypeVar("AnswerT", bound=Mapping[str, object])  # a JSON object
# A program that replaces a ticket's text should neither lose its people nor bring spam back.
KEPT_FIELDS = frozenset({"requester_email", "assignee", "spam"})

# The digest of a new ticket's private link, beside its stored answer.
FIRST_LINK = "first_link"

# --- creating ---------------------------------------------------------------------------


def create_ticket(
    data: Mapping[str, Any],
    actor: Actor,
    *,
    accepted: Collection[str] = (),
    page_language: str = Language.EN,
    held_because: str = "",
    client: str = "",
) -> Ticket:
    """Store a new ticket. Offline triage fills in at once what the person left open.

    `data` is clean form data; offline triage writes a title that is empty. Values left out come
    from the suggestion that was shown (`data["suggestion"]`), if there was one and no other ticket
    has it. `accepted` names the values that the suggestion filled in and the person left alone:
    they stay the suggestion's. A text whose language is not clear counts as written in
    `page_language`, that of the page that it was typed on.
    If a model is set up, a job that commits with the ticket asks it later.
    A ticket from a blocked address is spam, as is one that fell for the honeypot (`data["spam"]`):
    neither a model nor the requester hears of it. With `held_because` the confirmation waits for
    an agent, as it does past the share of a `client`. With `data["files"]`, call it inside
    `storing`.
    """
    suggestion: SignedSuggestion | None = data.get("suggestion")
    if suggestion is None:
        return _create(data, None, actor, accepted, page_language, held_because, client)
    with transactions.transaction():
        if not predictions.claim(suggestion):
            suggestion = None
        return _create(data, suggestion, actor, accepted, page_language, held_because, client)


def _create(
    data: Mapping[str, Any],
    suggestion: SignedSuggestion | None,
    actor: Actor,
    accepted: Collection[str],
    page_language: str,
    held_because: str,
    client: str,
) -> Ticket:
    values = _with_title(_writable_values(data))
    ticket = Ticket(**values)
    address = "" if ticket.spam else ticket.requester_email
    admission = limits.admit(MailKind.RECEIVED, address, held_because=held_because, client=client)
    ticket.pk, ticket.spam = admission.ticket_id, ticket.spam or admission.is_blocked
    ticket.language = engine.language_of(ticket.description, ticket.title) or page_language
    ticket.updated_at = ticket.created_at
    ticket.last_activity_at = ticket.created_at
    ticket.resolved_at = ticket.created_at if ticket.is_finished else None
    ticket.waiting_since = None if ticket.is_finished or ticket.spam else ticket.created_at
    for name in LearnedField.values:
        if name in values:
            ticket.decide(name, Source.HUMAN)
    applied = _apply_suggestion(ticket, suggestion, accepted) if suggestion else set()
    offline = assessment.assess_offline(ticket, TRIAGE_FIELDS)
    ticket.issue_link()
    context = {"honeypot": True} if values.get("spam") else {}
    with audited(actor, **context):
        transactions.insert(ticket)
        if actor.user is not None:
            TicketRead.objects.mark_read(ticket, actor.user)
        attach(ticket, data.get("files", ()))
        if suggestion is not None:
            predictions.attach_suggestion(ticket, suggestion, applied)
        offline.save_predictions(ticket, is_new=True)
        if ticket.is_finished and actor.can(Scope.WRITE):  # an agent reports a finished case
            feedback.record_feedback(ticket, set(values) & set(LearnedField.values))
        assessment.resume_model_triage(ticket)
        outbox.ticket_created(ticket, admission)
        if ticket.assignee is not None or admission.is_watched:
            notifications.tell_of_ticket(ticket, actor)
    return ticket


@dataclass(frozen=True, slots=True)
class IdempotentCreate(Generic[AnswerT]):
    """The ticket (None if it was deleted since), the first answer, and whether it is a replay.

    `has_first_link` is False once the private link that the ticket began with was revoked or
    replaced. Who sent the ticket must not get the new one by sending it again.
    """

    ticket: Ticket | None
    answer: AnswerT
    is_replay: bool
    has_first_link: bool = True


def create_ticket_once(
    key: str,
    caller: str,
    body: Mapping[str, Any],
    create: Callable[[], Ticket],
    answer: Callable[[Ticket], AnswerT],
    *,
    until_finished: bool = False,
) -> IdempotentCreate[AnswerT]:
    """Create a ticket once per key and body. A repetition returns the first answer.

    Safe for many callers at the same moment: all wait for the first one's transaction. `answer`
    must not hold secrets. With `until_finished`, a ticket that has since been resolved or closed,
    or that its sender can no longer open, does not count, and another takes its place under the
    key.
    Raise Conflict if the key came with another body.
    """
    fingerprint = digest(json.dumps(body, sort_keys=True))
    with transactions.transaction():
        row = IdempotencyKey.claim(digest(f"{caller}\0{key}"), fingerprint)
        ticket: Ticket | None = row.ticket
        is_over = (
            until_finished
            and ticket is not None
            and (ticket.is_finished or not _has_first_link(row))
        )
        is_replay = bool(row.answer) and not is_over
        if not is_replay:
            new = ticket = create()
            row.store(new, {**answer(new), FIRST_LINK: new.link_digest})
        has_first_link = _has_first_link(row)
        stored = json.loads(row.answer)
        stored.pop(FIRST_LINK, None)
        return IdempotentCreate(ticket, stored, is_replay, has_first_link)


def _has_first_link(row: IdempotencyKey) -> bool:
    if row.ticket is None:
        return False
    # Earlier releases did not store it.
    current = row.ticket.link_digest
    return current is not None and json.loads(row.answer).get(FIRST_LINK, current) == current


def _apply_suggestion(
    ticket: Ticket, suggestion: SignedSuggestion, accepted: Collection[str]
) -> set[str]:
    """Return the fields that took the suggestion's value."""
    applied: set[str] = set()
    for name in LearnedField.values:
        value = getattr(suggestion, name)
        is_open = name in ticket.decided_by(Source.DEFAULT)
        if is_open or (name in accepted and value == getattr(ticket, name)):
            setattr(ticket, name, value)
            ticket.decide(name, suggestion.source, getattr(suggestion, f"{name}_confidence"))
            applied.add(name)
    return applied


# --- changing ---------------------------------------------------------------------------


def update_ticket(
    ticket_id: int,
    changes: Mapping[str, TicketValue],
    actor: Actor,
    *,
    version: int | None = None,
    read: ReadState | None = None,
) -> TicketEdit:
    """Change only the keys of `changes`. A value that is sent is the person's decision.

    A new text is triaged again: its sentiment at once, and what no person chose by the model's
    job. With `version` only that version may be changed. With `read` the edit may overtake
    others, see `editing.ReadState`.
    Raise NotFound, and StaleVersion if somebody else was faster.
    """
    with editing(ticket_id, actor, version) as edit:
        ticket = edit.ticket
        if read is not None:
            changes = own_changes(ticket, changes, read.version)
            refuse_conflicts(ticket, changes, actor, read)
        text, was_spam = ticket.text_digest(), ticket.spam
        for name in WRITABLE_FIELDS:
            if name in changes:
                setattr(ticket, name, changes[name])
        decided = set(LearnedField.values) & set(changes)
        for name in decided:
            ticket.decide(name, Source.HUMAN)
        feedback.record_feedback(ticket, decided)  # sending the same value confirms it
        if was_spam and not ticket.spam:
            assessment.resume_model_triage(ticket)
        if ticket.text_digest() != text:
            assessment.reassess(ticket, ["sentiment"])
    return edit


@dataclass(slots=True)
class BulkEdit:
    """What an edit of several tickets did."""

    changed: list[Ticket] = field(default_factory=list)
    unchanged: list[Ticket] = field(default_factory=list)  # they had these values already
    missing: list[int] = field(default_factory=list)  # ids
    merged: list[int] = field(default_factory=list)  # ids
    left: list[int] = field(default_factory=list)  # ids, not tried since the database failed

    @property
    def tickets(self) -> list[Ticket]:
        return [*self.changed, *self.unchanged]


def update_tickets(
    ticket_ids: Iterable[int], changes: Mapping[str, TicketValue], actor: Actor
) -> BulkEdit:
    """Make the same changes to several tickets.

    Each ticket is a transaction of its own: what was saved stays saved if a later one fails. If the
    database fails after the first change, the rest is left.
    """
    result = BulkEdit()
    ids = list(ticket_ids)
    for position, ticket_id in enumerate(ids):
        try:
            edit = update_ticket(ticket_id, changes, actor)
        except NotFound:
            result.missing.append(ticket_id)
        except TicketMerged:
            result.merged.append(ticket_id)
        except (OperationalError, InterfaceError) as error:
            if not result.changed:
                raise
            logger.error("a change of %d tickets stopped at #%d: %s", len(ids), ticket_id, error)
            result.left = ids[position:]
            break
        else:
            (result.changed if edit.is_new_version else result.unchanged).append(edit.ticket)
    return result


def replace_ticket(
    ticket_id: int, data: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> TicketEdit:
    """Set every writable value. Those left out return to their defaults, as on create.

    What KEPT_FIELDS names keeps its value unless `data` has it, be it as an empty one.
    Raise as `editing` does.
    """
    values = _writable_values(data)
    with editing(ticket_id, actor, version) as edit:
        ticket = edit.ticket
        text = ticket.text_digest()
        fresh = Ticket(**values)
        for name in [name for name in WRITABLE_FIELDS if name in data or name not in KEPT_FIELDS]:
            setattr(ticket, name, getattr(fresh, name))
        for name in LearnedField.values:
            ticket.decide(name, Source.HUMAN if name in values else Source.DEFAULT)
        feedback.retract_feedback(ticket, set(LearnedField.values) - set(values))
        feedback.record_feedback(ticket, set(LearnedField.values) & set(values))
        has_new_text = ticket.text_digest() != text
        assessment.reassess(ticket, TRIAGE_FIELDS if has_new_text else LearnedField.values)
    return edit


def choose_language(ticket: Ticket, language: str) -> None:
    """Use a language for the requester's page and emails. It is no new version of the ticket."""
    Ticket.with_merged.filter(pk=ticket.pk).update(language=language)


def delete_ticket(ticket_id: int, actor: Actor, *, version: int | None = None) -> None:
    """Delete a ticket with its conversation, and the tickets that were merged into it.

    Of the messages that came by mail stays what tells them from new ones; of the audit trail, who
    deleted which number and when. Raise as `editing` does.
    """
    with audited(actor):
        lock_relations()
        erase(lock_ticket(ticket_id, version), actor)


def erase(ticket: Ticket, actor: Actor) -> None:
    """Delete a locked ticket and all that came with it. Call it inside `audited`."""
    numbers = [
        ticket.pk,
        *Ticket.with_merged.filter(merged_into=ticket).values_list("pk", flat=True),
    ]
    merged = Q(ticket=ticket) | Q(ticket__merged_into=ticket)
    conversation = conversation_of(numbers)
    feedback.delete_feedback(Feedback.objects.filter(merged))
    remove_traces(numbers, forget_messages(ticket))
    delete_files_after(ticket)
    ticket.delete()
    erase_events(numbers, actor.audit_context())
    empty_events_elsewhere(conversation, actor.audit_context())


def _with_title(values: dict[str, TicketValue]) -> dict[str, TicketValue]:
    if "title" in values:
        return values
    suggested = engine.suggest_title(str(values["description"]), use_model=False)
    return values | {"title": suggested.title}


def _writable_values(data: Mapping[str, Any]) -> dict[str, TicketValue]:
    """Return the writable values that are not empty."""
    return {name: data[name] for name in WRITABLE_FIELDS if data.get(name)}
