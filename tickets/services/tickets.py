"""What people do with tickets: create, change, delete, talk."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..access import REQUESTER, Actor
from ..exceptions import NotFound
from ..models import (
    TRIAGED,
    AuthorRole,
    Comment,
    LearnedField,
    Scope,
    Source,
    Status,
    Ticket,
    digest,
)
from ..triage.signed_suggestions import SignedSuggestion
from . import learning, ledger, mail, triage
from .changing import WRITABLE, change_by, changing, locked
from .once import first_of

REPEATED_WITHIN = timedelta(minutes=10)

# --- creating ---------------------------------------------------------------------


def create_ticket(data: Mapping[str, Any], actor: Actor, *, kept: Collection[str] = ()) -> Ticket:
    """Store a new ticket; what the person left open, offline triage fills in at once.

    `data` is clean form data. Values left out are those of the suggestion that was shown
    (`data["suggestion_id"]`), if there was one. `kept` names the values that it filled in and
    that the person left as they were: those stay the suggestion's.
    A model, where one is set up, is asked later by a job that commits with the ticket.
    """
    given, receipt = _given(data), data.get("suggestion_id")
    ticket = Ticket(**given)
    ticket.updated_at = ticket.created_at
    ticket.resolved_at = ticket.created_at if ticket.is_done else None
    _decide_by_person(ticket, {"category", "priority"} & set(given))
    taken = _decide_by_suggestion(ticket, receipt, kept)
    opinion = triage.fill_offline(ticket, TRIAGED)
    ticket.issue_link()
    with change_by(actor):
        ticket.save(force_insert=True)
        if receipt is not None:
            ledger.link_shown(ticket, receipt, taken)
        opinion.record(ticket)
        if ticket.is_done and actor.can(Scope.WRITE):  # told afterwards: so it ended
            learning.settle(ticket, set(given) & set(LearnedField.values))
        triage.ask_later(ticket, ticket.decided_by(Source.OFFLINE, Source.DEFAULT))
        mail.ticket_created(ticket)
    return ticket


def create_ticket_once(
    key: str,
    caller: str,
    body: Mapping[str, Any],
    create: Callable[[], Ticket],
    answer: Callable[[Ticket], dict[str, Any]],
    *,
    until_done: bool = False,
) -> tuple[Ticket | None, dict[str, Any], bool]:
    """Create under an `Idempotency-Key`: the same key and body give the first answer again.

    Returns the ticket (None once it was deleted), the first answer, and whether it was given
    before. Raises Conflict when the key came with another body. Safe at the same moment from
    many callers: the key's row makes all of them wait for the first one's transaction.
    `answer` must not hold secrets. With `until_done` a ticket that was resolved or closed
    meanwhile is the same no more: another is created and takes its place under the key.
    """
    name = digest(f"{caller}\0{key}")
    fingerprint = digest(json.dumps(body, sort_keys=True))
    with transaction.atomic():
        first = first_of(name, fingerprint)
        over = until_done and first.ticket is not None and first.ticket.is_done
        replayed = bool(first.answer) and not over
        if not replayed:
            ticket = create()
            first.keep(ticket, answer(ticket))
        return first.ticket, json.loads(first.answer), replayed


def _decide_by_person(ticket: Ticket, names: Iterable[str]) -> None:
    for name in names:
        ticket.decide(name, Source.HUMAN)


def _decide_by_suggestion(
    ticket: Ticket, receipt: SignedSuggestion | None, kept: Collection[str]
) -> set[str]:
    """Returns which values are the suggestion's."""
    taken: set[str] = set()
    if receipt is None:
        return taken
    for name in ("category", "priority"):
        suggested = getattr(receipt, name)
        left_open = name in ticket.decided_by(Source.DEFAULT)
        if left_open or (name in kept and suggested == getattr(ticket, name)):
            setattr(ticket, name, suggested)
            ticket.decide(name, receipt.source, getattr(receipt, f"{name}_confidence"))
            taken.add(name)
    return taken


# --- changing -----------------------------------------------------------------------


def update_ticket(
    ticket_id: int, changes: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> Ticket:
    """Change only the keys of `changes`; a value that is sent is the person's decision.

    A new text is triaged again: its tone at once, and what no person chose by the model's job.
    Raises as `changing`.
    """
    with changing(ticket_id, actor, version) as ticket:
        text = ticket.text_digest()
        for name in WRITABLE:
            if name in changes:
                setattr(ticket, name, changes[name])
        sent = set(LearnedField.values) & set(changes)
        _decide_by_person(ticket, sent)
        learning.settle(ticket, sent)  # the same value as before confirms it
        if ticket.text_digest() != text:
            triage.read_again(ticket, ["tone"])
    return ticket


def update_tickets(
    ticket_ids: Iterable[int], changes: Mapping[str, Any], actor: Actor
) -> list[Ticket]:
    """Make the same changes to several tickets; returns those that exist, as they are now.

    Each is a change of its own, so that what is done stays done when one fails.
    """
    saved = []
    for ticket_id in ticket_ids:
        with suppress(NotFound):
            saved.append(update_ticket(ticket_id, changes, actor))
    return saved


def replace_ticket(
    ticket_id: int, data: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> Ticket:
    """Set every writable value; those left out return to their defaults, as on create.

    Raises as `changing`.
    """
    given = _given(data)
    with changing(ticket_id, actor, version) as ticket:
        text = ticket.text_digest()
        fresh = Ticket(**given)
        for name in WRITABLE:
            setattr(ticket, name, getattr(fresh, name))
        for name in ("category", "priority"):
            ticket.decide(name, Source.HUMAN if name in given else Source.DEFAULT)
        learning.settle(ticket, set(LearnedField.values) & set(given))
        learning.withdraw(ticket, set(LearnedField.values) - set(given))
        new_text = ticket.text_digest() != text
        triage.read_again(ticket, TRIAGED if new_text else ["category", "priority"])
    return ticket


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    """The writable values that are not empty."""
    return {name: data[name] for name in WRITABLE if data.get(name)}


def delete_ticket(ticket_id: int, actor: Actor, *, version: int | None = None) -> None:
    """Delete a ticket and its conversation; the audit trail stays. Raises as `changing`."""
    with change_by(actor):
        ticket = locked(ticket_id, version)
        learning.forget(ticket.lessons.all())
        ticket.delete()


# --- conversation -------------------------------------------------------------------


def add_comment(ticket: Ticket, data: Mapping[str, Any], actor: Actor) -> Comment:
    """An agent's public reply (`data["public"]`) or internal note. Raises NotFound."""
    with change_by(actor):
        ticket = locked(ticket.pk)
        comment = Comment.objects.create(
            ticket=ticket,
            author=actor.user,
            author_role=AuthorRole.AGENT,
            body=data["body"],
            public=data.get("public", False),
        )
        if comment.public and ticket.first_response_at is None:
            ticket.first_response_at = comment.created_at
            ticket.save(update_fields=["first_response_at"])
        mail.comment_added(comment)
        return comment


def add_reply(ticket: Ticket, data: Mapping[str, Any]) -> Comment:
    """The requester's answer on the private page; a finished ticket opens again.

    The same words sent twice, by two clicks or after an answer that got lost, are one answer.
    """
    with changing(ticket.pk, REQUESTER) as ticket:
        if said := _said_already(ticket, data["body"]):
            return said
        if ticket.is_done:
            ticket.status = Status.OPEN
        return Comment.objects.create(
            ticket=ticket, author_role=AuthorRole.REQUESTER, body=data["body"], public=True
        )


def _said_already(ticket: Ticket, body: str) -> Comment | None:
    """The newest word of the conversation, if it is this one of just now."""
    newest = ticket.comments.filter(public=True).order_by("-created_at", "-pk").first()
    if newest is None or ticket.is_done or newest.author_role != AuthorRole.REQUESTER:
        return None
    just_now = newest.created_at > timezone.now() - REPEATED_WITHIN
    return newest if just_now and newest.body == body else None
