"""One function per thing a user does, wherever several models, a transaction or triage meet.

Each takes clean values (from `forms.py`) and the Actor, who is written into the audit trail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pghistory
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from .access import REQUESTER, TRIAGE, Actor
from .exceptions import Conflict, NotFound, StaleVersion
from .models import (
    ADMINS,
    AGENTS,
    TRIAGED,
    ApiToken,
    AuthorRole,
    Comment,
    Counter,
    IdempotencyKey,
    Source,
    Status,
    Ticket,
    digest,
)
from .triage import engine
from .triage.receipts import Receipt
from .triage.types import Classification, Tone

# Values that a person sets; sentiment and urgency are triage's alone.
WRITABLE = ("title", "description", "category", "priority", "status", "requester_email", "assignee")
# Everything of a ticket that can change after it was made.
COLUMNS = (
    *("assignee_id" if name == "assignee" else name for name in WRITABLE),
    *("sentiment", "urgency_score"),
    *(f"{name}_{part}" for name in TRIAGED for part in ("source", "confidence")),
)
KEYS_KEPT_FOR = timedelta(days=1)


@contextmanager
def change_by(actor: Actor) -> Iterator[None]:
    """One transaction whose every change is recorded as this actor's."""
    with pghistory.context(**actor.audit()), transaction.atomic():
        yield


# --- creating ---------------------------------------------------------------------


def create_ticket(data: Mapping[str, Any], actor: Actor, *, kept: Collection[str] = ()) -> Ticket:
    """Store a new ticket; what the person left open, offline triage fills in at once.

    `data` is clean form data. Values left out are those of the suggestion that was shown
    (`data["suggestion_id"]`), if there was one. `kept` names the values that it filled in and
    that the person left as they were: those stay the suggestion's.
    A model, where one is set up, is asked later by a job that commits with the ticket.
    """
    given = _given(data)
    ticket = Ticket(**given)
    ticket.updated_at = ticket.created_at
    _decide_by_person(ticket, {"category", "priority"} & set(given))
    _decide_by_suggestion(ticket, data.get("suggestion_id"), kept)
    _triage_offline(ticket, TRIAGED)
    ticket.issue_link()
    with change_by(actor):
        ticket.save(force_insert=True)
        _ask_model_later(ticket)
    return ticket


def create_ticket_once(
    key: str,
    caller: str,
    body: Mapping[str, Any],
    create: Callable[[], Ticket],
    answer: Callable[[Ticket], dict[str, Any]],
) -> tuple[Ticket | None, dict[str, Any], bool]:
    """Create under an `Idempotency-Key`: the same key and body give the first answer again.

    Returns the ticket (None once it was deleted), the first answer, and whether it was given
    before. Raises Conflict when the key came with another body. Safe at the same moment from
    many callers: the key's row makes all of them wait for the first one's transaction.
    `answer` must not hold secrets.
    """
    name = digest(f"{caller}\0{key}")
    fingerprint = digest(json.dumps(body, sort_keys=True))
    with transaction.atomic():
        IdempotencyKey.objects.bulk_create(
            [IdempotencyKey(digest=name, fingerprint=fingerprint)], ignore_conflicts=True
        )
        first = IdempotencyKey.objects.select_for_update(of=("self",)).get(pk=name)
        if first.fingerprint != fingerprint:
            raise Conflict
        replayed = bool(first.answer)
        if not replayed:
            first.ticket = create()
            first.answer = json.dumps(answer(first.ticket))
            first.save(update_fields=["ticket", "answer"])
        return first.ticket, json.loads(first.answer), replayed


def _decide_by_person(ticket: Ticket, names: Iterable[str]) -> None:
    for name in names:
        ticket.decide(name, Source.HUMAN)


def _decide_by_suggestion(ticket: Ticket, receipt: Receipt | None, kept: Collection[str]) -> None:
    if receipt is None:
        return
    for name in ("category", "priority"):
        suggested = getattr(receipt, name)
        left_open = name in ticket.decided_by(Source.DEFAULT)
        if left_open or (name in kept and suggested == getattr(ticket, name)):
            setattr(ticket, name, suggested)
            ticket.decide(name, receipt.source, getattr(receipt, f"{name}_confidence"))


# --- triage -------------------------------------------------------------------------


def _triage_offline(ticket: Ticket, names: Collection[str]) -> None:
    """Fill those of the named values that nobody has decided yet, in milliseconds."""
    found = engine.classify(ticket.description, ticket.title, use_model=False)
    tone = engine.score_tone(ticket.description, ticket.title, use_model=False)
    _apply(ticket, set(names) & set(ticket.decided_by(Source.DEFAULT)), found, tone)


def _apply(ticket: Ticket, names: Collection[str], found: Classification, tone: Tone) -> None:
    """Set the named values to what triage found."""
    if "category" in names:
        ticket.category = found.category
        ticket.decide("category", found.source, found.category_confidence)
    if "priority" in names:
        ticket.priority = found.priority
        ticket.decide("priority", found.source, found.priority_confidence)
    if "tone" in names:
        ticket.sentiment, ticket.urgency_score = tone.sentiment, tone.urgency_score
        ticket.decide("tone", tone.source, tone.confidence)


def _ask_model_later(ticket: Ticket) -> None:
    """Make the model's job, in the present transaction. Named, since jobs call services."""
    undecided = ticket.decided_by(Source.OFFLINE, Source.DEFAULT)
    if undecided and engine.model_may_be_asked(ticket.description, ticket.title):
        job = app.configure_task("tickets.tasks.triage_ticket", queue="triage")
        job.defer(ticket_id=ticket.pk, text_digest=ticket.text_digest())


def triage_by_model(ticket_id: int, text_digest: str) -> bool:
    """Ask the model about a stored ticket and take its opinion; False when it gave none.

    The model is asked outside any transaction. Its answer is dropped when the text has changed
    since, and never touches what a person chose.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None or ticket.text_digest() != text_digest:
        return True
    engine.warm_up(wait=True)  # the package's import would use up the first call's time
    found = engine.classify(ticket.description, ticket.title)
    tone = engine.score_tone(ticket.description, ticket.title)
    by_model = {
        name
        for name, source in zip(TRIAGED, (found.source, found.source, tone.source), strict=True)
        if source == Source.LLM
    }
    with suppress(NotFound), changing(ticket_id, TRIAGE) as ticket:
        if ticket.text_digest() == text_digest:
            _apply(ticket, by_model - set(ticket.decided_by(Source.HUMAN)), found, tone)
    return bool(by_model)


# --- changing -----------------------------------------------------------------------


@contextmanager
def changing(ticket_id: int, actor: Actor, version: int | None = None) -> Iterator[Ticket]:
    """Lock a ticket, let the caller set values, and save those that differ as a new version.

    Raises NotFound, and StaleVersion when `version` is not the present one.
    """
    with change_by(actor):
        ticket = _locked(ticket_id, version)
        before = {column: getattr(ticket, column) for column in COLUMNS}
        yield ticket
        changed = [column for column in COLUMNS if getattr(ticket, column) != before[column]]
        if changed:
            ticket.version += 1
            ticket.updated_at = timezone.now()
            ticket.save(update_fields=[*changed, "version", "updated_at"])


def _locked(ticket_id: int, version: int | None = None) -> Ticket:
    ticket = Ticket.objects.select_for_update(of=("self",)).with_people().find(ticket_id)
    if version is not None and ticket.version != version:
        raise StaleVersion
    return ticket


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
        _decide_by_person(ticket, {"category", "priority"} & set(changes))
        if ticket.text_digest() != text:
            _triage_again(ticket, ["tone"])
    return ticket


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
        new_text = ticket.text_digest() != text
        _triage_again(ticket, TRIAGED if new_text else ["category", "priority"])
    return ticket


def _triage_again(ticket: Ticket, names: Collection[str]) -> None:
    """Decide these anew, unless a person did: offline at once, by the model's job later."""
    for name in set(names) - set(ticket.decided_by(Source.HUMAN)):
        ticket.decide(name, Source.DEFAULT)
    _triage_offline(ticket, names)
    _ask_model_later(ticket)


def _given(data: Mapping[str, Any]) -> dict[str, Any]:
    """The writable values that are not empty."""
    return {name: data[name] for name in WRITABLE if data.get(name)}


def delete_ticket(ticket_id: int, actor: Actor, *, version: int | None = None) -> None:
    """Delete a ticket and its conversation; the audit trail stays. Raises as `changing`."""
    with change_by(actor):
        _locked(ticket_id, version).delete()


# --- conversation and private link ------------------------------------------------------


def add_comment(ticket: Ticket, data: Mapping[str, Any], actor: Actor) -> Comment:
    """An agent's public reply (`data["public"]`) or internal note. Raises NotFound."""
    with change_by(actor):
        return Comment.objects.create(
            ticket=_locked(ticket.pk),
            author=actor.user,
            author_role=AuthorRole.AGENT,
            body=data["body"],
            public=data.get("public", False),
        )


def add_reply(ticket: Ticket, data: Mapping[str, Any]) -> Comment:
    """The requester's answer on the private page; a finished ticket opens again."""
    with changing(ticket.pk, REQUESTER) as ticket:
        if ticket.is_done:
            ticket.status = Status.OPEN
        return Comment.objects.create(
            ticket=ticket, author_role=AuthorRole.REQUESTER, body=data["body"], public=True
        )


# --- accounts ---------------------------------------------------------------------------


def create_account(username: str, password: str, *, admin: bool = False) -> User:
    """A user who works tickets, or with `admin` one who also runs the desk."""
    user = User.objects.create_user(username, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name=ADMINS if admin else AGENTS))
    return user


# --- API tokens, housekeeping -------------------------------------------------------------


def create_token(
    name: str,
    scopes: Collection[str],
    actor: Actor,
    *,
    user: Any = None,
    days: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which cannot be read again."""
    secret = ApiToken.new_secret()
    with change_by(actor):
        token = ApiToken.objects.create(
            name=name,
            user=user,
            scopes=sorted(set(scopes)),
            digest=digest(secret),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
    return token, secret


def revoke_token(token: ApiToken, actor: Actor) -> None:
    with change_by(actor):
        token.revoked_at = token.revoked_at or timezone.now()
        token.save(update_fields=["revoked_at"])


def purge() -> None:
    """Delete what has served its time: old idempotency keys and counters."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEYS_KEPT_FOR).delete()
    Counter.objects.purge()


def database_is_ready() -> bool:
    """Whether the database answers and has every migration."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
