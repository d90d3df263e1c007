"""Who takes part in a ticket besides its requester."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from ..access.actors import Actor
from ..audit.trail import events_of
from ..exceptions import InvalidInput, NotFound
from ..mail.addresses import Address, folded_address
from ..models.participants import MAX_SENDER_NAME_CHARS, Participant
from ..models.ticket import Ticket
from ..vocabulary import MAX_PARTICIPANTS
from .editing import editing_current


def add_participant(ticket: Ticket, address: str, actor: Actor, *, name: str = "") -> Participant:
    """Let somebody take part in a ticket: by their mail, and with its public replies by mail.

    Who was there before is active again. `address` is clean, and `actor` an agent, who vouches
    for them.
    Raise NotFound, and InvalidInput if it is the requester's or there are too many.
    """
    folded = folded_address(address)
    with editing_current(ticket.pk, actor) as edit:
        ticket = edit.ticket
        if folded == folded_address(ticket.requester_email):
            raise InvalidInput(errors={"address": ["This is the requester's own address."]})
        participants = Participant.objects.of(ticket)
        participant: Participant | None = participants.filter(folded=folded).first()
        if participant is None:
            if participants.count() >= MAX_PARTICIPANTS:
                message = f"A ticket has at most {MAX_PARTICIPANTS} participants."
                raise InvalidInput(errors={"address": [message]})
            participant = Participant.objects.create(
                ticket=ticket,
                address=address,
                folded=folded,
                name=name[:MAX_SENDER_NAME_CHARS],
                is_vouched=True,
            )
            edit.is_new_version = True
        else:
            edit.is_new_version = not participant.is_active
            _vouch(participant)
    return participant


def _vouch(participant: Participant) -> None:
    participant.is_active = participant.is_vouched = True
    participant.save(update_fields=["is_active", "is_vouched"])


def add_participants(
    ticket: Ticket, people: Iterable[Address], actor: Actor, *, is_vouched: bool = False
) -> None:
    """Add those whom a message names, as far as there is room. Nobody who is there changes.

    Whoever an agent has removed stays away. `people` are neither the desk nor the requester, and
    `is_vouched` says that the message proves who named them.
    """
    with editing_current(ticket.pk, actor) as edit:
        ticket = edit.ticket
        there = set(Participant.objects.of(ticket).values_list("folded", flat=True))
        closed = there | removed_addresses(ticket)
        for person in people:
            folded = folded_address(person.email)
            if folded not in closed and len(there) < MAX_PARTICIPANTS:
                Participant.objects.create(
                    ticket=ticket,
                    address=person.email,
                    folded=folded,
                    name=person.name[:MAX_SENDER_NAME_CHARS],
                    is_vouched=is_vouched,
                )
                there.add(folded)
                closed.add(folded)
                edit.is_new_version = True


def removed_addresses(ticket: Ticket) -> set[str]:
    """Return the addresses, folded, that were removed from a ticket or one merged into it."""
    tickets = Ticket.with_merged.filter(Q(pk=ticket.pk) | Q(merged_into=ticket))
    removed = events_of(Participant).filter(pgh_label="delete", ticket_id__in=tickets.values("pk"))
    return set(removed.values_list("folded", flat=True))


def set_active(participant_id: int, ticket: Ticket, actor: Actor, *, is_active: bool) -> None:
    """Choose whether somebody gets public replies. Raise NotFound."""
    with editing_current(ticket.pk, actor) as edit:
        participant = _find(participant_id, edit.ticket)
        edit.is_new_version = participant.is_active != is_active
        if is_active:
            _vouch(participant)
        elif participant.is_active:
            participant.is_active = False
            participant.save(update_fields=["is_active"])


def remove_participant(participant_id: int, ticket: Ticket, actor: Actor) -> Participant:
    """Let somebody take part no more, nor in merged tickets. What they wrote stays.

    Raise NotFound.
    """
    with editing_current(ticket.pk, actor) as edit:
        participant = _find(participant_id, edit.ticket)
        rows = Participant.objects.with_repeated(edit.ticket)
        rows.filter(folded=participant.folded).delete()
        edit.is_new_version = True
    return participant


def _find(participant_id: int, ticket: Ticket) -> Participant:
    participant: Participant | None = (
        Participant.objects.of(ticket).filter(pk=participant_id).first()
    )
    if participant is None:
        raise NotFound("This participant is no longer there.")
    return participant
