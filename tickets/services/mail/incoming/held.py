"""What an agent decides about a message that the desk did not take by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import QuerySet

from ....access.actors import Actor
from ....exceptions import InvalidInput, NotFound
from ....mail.addresses import folded_address
from ....models.incoming import InboundMessage
from ....models.ticket import Comment, Ticket
from ....vocabulary import InboundState, Sender
from ...editing import audited, lock_current
from ...participants import add_participant
from .filing import (
    Contents,
    add_agents_reply,
    add_message,
    announce,
    open_ticket,
    storing_contents,
)
from .handling import envelope_of, raw_of
from .verdict import read_message


def accept(message_id: int, actor: Actor) -> Comment:
    """Add a message to the conversation of its ticket.

    What somebody else wrote becomes a public message, and they take part from now on. An agent's
    message becomes a public reply of whoever confirms it. Call it outside any transaction, like
    `storing_files`. Raise NotFound, StorageUnavailable, and InvalidInput if it no longer waits or
    belongs to no ticket.
    """
    with _deciding(message_id, actor) as (row, contents):
        if row.ticket is None:
            raise InvalidInput("This message belongs to no ticket.")
        row.ticket = lock_current(row.ticket.pk)
        if row.sender == Sender.AGENT:
            comment = add_agents_reply(row, contents, actor)
        else:
            if row.sender == Sender.OTHER and folded_address(row.sender_address):
                add_participant(row.ticket, row.sender_address, actor, name=row.sender_name)
            comment = add_message(row, contents)
        row.explanation.append(f"Accepted by {actor.name}.")
    return comment


def open_held(message_id: int, actor: Actor) -> Ticket:
    """Open a ticket with a message, linked to the one that it was held for. Raise as `accept`."""
    with _deciding(message_id, actor, is_new_ticket=True) as (row, contents):
        held_for = row.ticket
        ticket = open_ticket(row, contents, answered=held_for)
        row.sender = Sender.REQUESTER
        row.explanation.append(f"Made a ticket of its own by {actor.name}.")
        announce(held_for, actor)
    return ticket


def discard(message_id: int, actor: Actor) -> Ticket | None:
    """Leave a message out. It stays in the back office. Return the ticket that it was held for.

    Raise as `accept`.
    """
    with _locking(message_id, actor) as row:
        row.state = InboundState.DISCARDED
        row.explanation.append(f"Discarded by {actor.name}.")
        announce(row.ticket, actor, "message_discarded", is_news=False)
    return row.ticket


@contextmanager
def _deciding(
    message_id: int, actor: Actor, *, is_new_ticket: bool = False
) -> Iterator[tuple[InboundMessage, Contents]]:
    """Read an undecided message again and lock it, in one transaction; save its row at the end."""
    row = _undecided(InboundMessage.objects.all(), message_id)
    message = read_message(raw_of(row), envelope_of(row))
    ticket = None if is_new_ticket else row.ticket
    with storing_contents(message, ticket) as contents, _locking(message_id, actor) as row:
        yield row, contents


@contextmanager
def _locking(message_id: int, actor: Actor) -> Iterator[InboundMessage]:
    with audited(actor):
        rows = InboundMessage.objects.select_for_update(of=("self",))
        row = _undecided(rows, message_id)
        row.explanation = row.without_file_notes  # its files wait no more
        yield row
        row.save()


def _undecided(rows: QuerySet[InboundMessage], message_id: int) -> InboundMessage:
    row = rows.select_related("mailbox", "ticket").defer("raw").filter(pk=message_id).first()
    if row is None:
        raise NotFound
    if not row.is_undecided:
        raise InvalidInput("Somebody has decided about this message already.")
    return row
