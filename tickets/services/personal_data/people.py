"""Find all that the desk has of one address, and erase it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from ...access import security_log
from ...access.actors import Actor
from ...audit.erasing import empty_events, erase_address
from ...audit.trail import events_of
from ...models.attachments import Attachment
from ...models.incoming import InboundMessage
from ...models.mail import BouncedAddress, Email
from ...models.participants import Participant
from ...models.spam import BlockedAddress
from ...models.ticket import Comment, Ticket
from ...models.workplace import SavedView
from ...querysets.events import EventQuerySet
from ...transactions import long_reading
from ...vocabulary import ERASED_TEXT, ErasureKind, InboundKind, SecurityEvent
from ..attachments.deletion import delete_files
from ..editing import audited
from ..jobs import defer
from ..traces import remove_traces
from .addresses import keyed_hash, require_address, written_like
from .emptying import empty_ticket


@dataclass(frozen=True)
class Person:
    """Whose data it is, and queries for where it lies."""

    address: str
    folded: str

    @classmethod
    def of(cls, address: str) -> Person:
        """Raise InvalidInput if this is no address."""
        return cls(address.strip(), require_address(address))

    @property
    def tickets(self) -> QuerySet[Ticket]:
        """The tickets that this person asked, with those that were merged."""
        rows: QuerySet[Ticket] = Ticket.with_merged.filter(
            written_like("requester_email", self.address)
        )
        return rows.order_by("pk")

    @property
    def participations(self) -> QuerySet[Participant]:
        return Participant.objects.filter(folded=self.folded).order_by("pk")

    @property
    def messages(self) -> QuerySet[InboundMessage]:
        """The messages that this person has sent by mail."""
        of_sender = written_like("sender_address", self.address)
        rows = InboundMessage.objects.filter(
            of_sender | written_like("envelope_from", self.address)
        )
        return rows.order_by("pk")

    @property
    def emails(self) -> QuerySet[Email]:
        """The emails that went to this person as somebody who asks."""
        return Email.objects.filter(written_like("address", self.address), recipient=None).order_by(
            "pk"
        )

    @property
    def bounces(self) -> QuerySet[BouncedAddress]:
        return BouncedAddress.objects.filter(folded=self.folded)

    @property
    def blocks(self) -> QuerySet[BlockedAddress]:
        return BlockedAddress.objects.filter(address=self.folded)

    @property
    def sign_ins(self) -> list[QuerySet[Any]]:
        """Attempts to sign in with the address as a name."""
        condition = written_like("username", self.address)
        return [model.objects.filter(condition) for model in (AccessAttempt, AccessLog)]

    @property
    def accounts(self) -> QuerySet[User]:
        """The accounts of people who work here. They are neither exported nor erased."""
        return User.objects.filter(written_like("email", self.address)).order_by("pk")

    @property
    def counts(self) -> dict[str, int]:
        """How much there is. No index helps to count some of it."""
        parts = {
            "tickets": self.tickets,
            "messages": self.messages,
            "participations": self.participations,
        }
        with long_reading():
            return {name: rows.count() for name, rows in parts.items()}

    @property
    def mentions(self) -> list[int]:
        """The numbers of other people's tickets whose texts name the address. Reads all texts."""
        own = self.tickets.values("pk")
        named = Q(title__icontains=self.address) | Q(description__icontains=self.address)
        tickets = Ticket.with_merged.filter(named).exclude(pk__in=own)
        comments = Comment.with_split.filter(body__icontains=self.address)
        comments = comments.exclude(ticket__in=own)
        numbers = {*tickets.values_list("pk", flat=True)}
        return sorted(numbers | {*comments.values_list("ticket", flat=True)})

    @property
    def views(self) -> QuerySet[SavedView]:
        """The saved views of agents that search for the address."""
        name, _, domain = self.address.partition("@")
        encoded = Q(query__icontains=f"{name}%40{domain}")
        return SavedView.objects.filter(encoded | Q(query__icontains=self.address)).order_by("pk")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, and what somebody has to look at."""

    tickets: list[int]  # emptied
    emails: int  # that had gone to the address
    elsewhere: list[int]  # numbers of tickets of others in which the person took part
    mentions: list[int]  # numbers of tickets of others whose texts name the address
    accounts: list[str]
    views: list[str]

    @property
    def sentences(self) -> list[str]:
        """For whoever has erased the person: what went, and what to look at."""
        sentences = [
            (self.tickets, "Tickets that were erased"),
            (self.elsewhere, "On tickets of others, what this person wrote was erased"),
            (self.mentions, "Tickets of others whose texts name the address; redact those"),
        ]
        named = [
            (self.accounts, "Accounts with this address stay"),
            (self.views, "Saved views that search for it stay"),
        ]
        numbers = [(list(map("#{}".format, ids)), text) for ids, text in sentences]
        lines = [f"{text}: {', '.join(names)}." for names, text in [*numbers, *named] if names]
        if self.emails:
            lines.append(f"Emails to this address that no longer name it: {self.emails:,}.")
        return lines or ["The desk had nothing of this address."]


def erase_person(address: str, actor: Actor) -> Erased:
    """Erase all that the desk has of an address, and note that it did.

    The person's tickets stay as numbers, times and values that statistics count; see
    `emptying.empty_ticket`. From tickets of others go what the person wrote there by mail, and the
    address. Accounts, and what others wrote about the person, stay: they are named in the answer.
    Raise InvalidInput if it is no address.
    """
    person = Person.of(address)
    with long_reading(), audited(actor):
        emptied: set[int] = set()
        for number in list(person.tickets.values_list("pk", flat=True)):
            if number not in emptied:
                emptied |= set(empty_ticket(number, actor))
        elsewhere = _erase_messages(person, actor)
        elsewhere |= _erase_participations(person)
        emails = person.emails.update(address="", error="")
        person.bounces.delete()
        _erase_diagnostics(person)
        person.blocks.delete()
        for attempts in person.sign_ins:
            attempts.delete()
        spellings = _spellings(person)
        _erase_from_log(spellings)
        erase_address(spellings, keyed_hash(address), actor.audit_context())
        erased = Erased(
            tickets=sorted(emptied),
            emails=emails,
            elsewhere=sorted(elsewhere - emptied),
            mentions=person.mentions,
            accounts=[user.get_username() for user in person.accounts],
            views=[view.name for view in person.views],
        )
    security_log.note(SecurityEvent.PERSON_ERASED, keyed_hash(address))
    return erased


def _erase_messages(person: Person, actor: Actor) -> set[int]:
    """Empty what the person sent by mail to tickets of others. Return their numbers."""
    messages = list(person.messages.defer("raw"))
    ids = [message.pk for message in messages]
    comments = [message.comment_id for message in messages if message.comment_id is not None]
    numbers = {message.ticket_id for message in messages if message.ticket_id is not None}
    files = Attachment.objects.filter(Q(message__in=ids) | Q(comment__in=comments))
    attachments = list(files.values_list("pk", "file", "ticket"))
    Comment.with_split.filter(pk__in=comments).update(body=ERASED_TEXT)
    files.delete()
    if attachments:
        defer(delete_files, file_ids=sorted({file for _, file, _ in attachments}))
    remove_traces([], ids)
    InboundMessage.objects.filter(pk__in=ids).forget()
    InboundMessage.objects.filter(pk__in=ids).update(ticket=None, comment=None)
    numbers |= {ticket for _, _, ticket in attachments}
    if numbers:
        empty_events(
            sorted(numbers),
            actor.audit_context(),
            kind=ErasureKind.ERASED,
            comment_ids=comments,
            attachment_ids=[pk for pk, _, _ in attachments],
        )
    return numbers


def _erase_participations(person: Person) -> set[int]:
    """Let the person take part nowhere. Mail that was sent to them as well loses its headers."""
    numbers = set(person.participations.values_list("ticket", flat=True))
    former = events_of(Participant).filter(folded=person.folded)
    numbers |= set(former.values_list("ticket_id", flat=True))
    person.participations.delete()
    InboundMessage.objects.filter(ticket__in=numbers).exclude(raw=b"").update(raw=b"")
    return numbers


def _erase_diagnostics(person: Person) -> None:
    """Empty what mail servers said about the address."""
    BouncedAddress.objects.filter(diagnostic__icontains=person.address).update(diagnostic="")
    Email.objects.filter(error__icontains=person.address).update(error="")
    reports = InboundMessage.objects.filter(kind=InboundKind.BOUNCE)
    naming = Q(text__icontains=person.address) | Q(explanation__icontains=person.address)
    reports.filter(naming).forget()


def _spellings(person: Person) -> list[str]:
    """Return how events have the address, beside the ways to write it that are known."""
    columns = ((Ticket, "requester_email"), (Participant, "address"), (BlockedAddress, "address"))
    spellings = {person.address, person.folded}
    for model, column in columns:
        rows = EventQuerySet(model.pgh_event_model)  # type: ignore[union-attr]
        rows = rows.filter(written_like(column, person.address)).order_by(column)
        spellings |= set(rows.values_list(column, flat=True).distinct())
    return sorted(spellings)


def _erase_from_log(spellings: Iterable[str]) -> None:
    """Take the address from what the admin's log says about rows that had it as their name."""
    named = reduce(or_, (Q(object_repr__icontains=each) for each in spellings))
    LogEntry.objects.filter(named).update(object_repr=ERASED_TEXT)
    explained = reduce(or_, (Q(change_message__icontains=each) for each in spellings))
    LogEntry.objects.filter(explained).update(change_message="")
