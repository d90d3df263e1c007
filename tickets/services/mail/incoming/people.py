"""Whose an address is: the desk's own, the requester's, a participant's, an agent's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q

from ....access.actors import agents
from ....forms.fields import EmailField
from ....mail.addresses import Address, folded_address, reached_mailbox
from ....mail.reader import Message
from ....models.incoming import InboundMessage, Mailbox
from ....models.mail import Email
from ....models.participants import Participant
from ....models.ticket import Ticket
from ....vocabulary import MAX_EMAIL_CHARS, Sender, ThreadRule
from ...participants import removed_addresses
from ..signed_addresses import SIGNED


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message, as its headers say. Nothing proves it."""

    address: str = ""
    name: str = ""


def is_own(address: str) -> bool:
    """Return whether mail to this address reaches the desk. One query."""
    return reached_mailbox(address) in _own_mailboxes()


def possible_participants(people: Iterable[Address], present: Iterable[str]) -> list[Address]:
    """Return those who are neither the desk, nor an agent, nor one of those present. Two queries.

    Addresses that the desk cannot write to are left out.
    """
    own = _own_mailboxes()
    known = {
        folded_address(address) for address in [*present, *agents().values_list("email", flat=True)]
    }
    return [
        person
        for person in people
        if _is_usable(person.email)
        and not SIGNED.search(person.email)
        and reached_mailbox(person.email) not in own
        and folded_address(person.email) not in known
    ]


def author_of(message: Message) -> Author:
    """Return who wrote a message.

    A form on a website often writes in the name of the desk, and names the visitor in Reply-To.
    """
    candidates = [message.sender, *message.reply_to] if message.sender else message.reply_to
    for candidate in candidates:
        if candidate and not is_own(candidate.email):
            return Author(candidate.email, candidate.name)
    return Author()


def sender_of(ticket: Ticket, address: str) -> Sender:
    """Return what the owner of an address is to a ticket. Up to two queries.

    A deactivated agent is nobody.
    """
    folded = folded_address(address)
    if not folded:
        return Sender.OTHER
    if folded == folded_address(ticket.requester_email):
        return Sender.REQUESTER
    if accounts_of(address):
        return Sender.AGENT
    if Participant.objects.of(ticket).filter(folded=folded).exists():
        return Sender.PARTICIPANT
    return Sender.OTHER


def others_with_our_mail(ticket: Ticket) -> bool:
    """Return whether somebody who takes no part could pass for one who does. Up to five queries.

    They had our mail before they were removed or the address was changed, or they wrote to the
    address that our mail answers to, so somebody has passed it on.
    """
    of_ticket = Q(ticket=ticket) | Q(ticket__merged_into=ticket)
    participants = Participant.objects.with_repeated(ticket)
    present = {folded_address(ticket.requester_email)}
    present |= set(participants.values_list("folded", flat=True))
    emails = Email.objects.filter(of_ticket, recipient=None).exclude(address="")
    wrote = InboundMessage.objects.filter(of_ticket, rule=ThreadRule.ADDRESS, sender=Sender.OTHER)
    had_it = {
        *map(folded_address, emails.values_list("address", flat=True).distinct()),
        *map(folded_address, wrote.values_list("sender_address", flat=True).distinct()),
        *removed_addresses(ticket),
    }
    return not had_it <= present


def accounts_of(address: str) -> list[User]:
    """Return the accounts of agents with this address; none for an empty one. One query."""
    return list(agents().filter(email__iexact=address)) if address else []


def _is_usable(address: str) -> bool:
    try:
        EmailField(max_length=MAX_EMAIL_CHARS).clean(address)
    except ValidationError:
        return False
    return True


def _own_mailboxes() -> set[str]:
    addresses = [*Mailbox.objects.values_list("address", flat=True)]
    addresses.append(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    return {reached_mailbox(address) for address in addresses if address}
