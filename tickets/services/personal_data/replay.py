"""Erase again, after a restore, what was erased since the backup was made.

A restore brings back what a backup has, and with it what people had erased in the meantime. So a
database that is replaced hands its list of erasures over to the one that takes its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ...access.actors import SYSTEM
from ...audit.trail import events_of
from ...exceptions import DeskError, InvalidInput, NotFound
from ...models.events import ErasedAddress, Erasure
from ...models.incoming import InboundMessage
from ...models.mail import BouncedAddress, Email
from ...models.participants import Participant
from ...models.ticket import Ticket
from ...transactions import long_reading
from ...vocabulary import ErasureKind
from ..tickets import delete_ticket
from .addresses import keyed_hashes
from .emptying import empty_ticket
from .people import erase_person
from .redaction import redact

# Where somebody's address may lie.
COLUMNS = (
    (Ticket, "requester_email"),
    (Participant, "address"),
    (InboundMessage, "sender_address"),
    (Email, "address"),
    (BouncedAddress, "address"),
)


@dataclass
class Erasures:
    """Rows of the two lists, by the names of their columns."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)


def read_erasures() -> Erasures:
    """Return what this database says was erased; nothing if it is of an earlier release."""
    models = (Erasure, ErasedAddress)
    needed = {(each._meta.db_table, f.column) for each in models for f in each._meta.fields}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        if not needed <= set(cursor.fetchall()):
            return Erasures()
    return Erasures(_rows(Erasure.objects.all()), _rows(ErasedAddress.objects.all()))


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "id"} for row in rows.values()]


def replay(erasures: Erasures) -> list[str]:
    """Erase again what is back, and store the lists. Return what was done, in sentences.

    Only what is older than its erasure goes: numbers are given out again after a restore. Run it
    as the owner of the tables, since nobody else may write the lists.
    """
    known = {_identity(row) for row in _rows(Erasure.objects.all())}
    lacking = [row for row in erasures.tickets if _identity(row) not in known]
    counts = dict.fromkeys(ErasureKind.values, 0)
    failed: list[int] = []
    for row in sorted(lacking, key=lambda each: each["erased_at"]):
        try:
            counts[row["kind"]] += _erase_again(row)
        except DeskError:  # it was merged when the backup was made, and stood alone later
            failed.append(row["ticket_number"])
    hashes = set(ErasedAddress.objects.values_list("keyed_hash", "erased_at"))
    addresses = [
        row for row in erasures.addresses if (row["keyed_hash"], row["erased_at"]) not in hashes
    ]
    people = erase_hashed({row["keyed_hash"] for row in addresses})
    Erasure.objects.bulk_create(Erasure(**row) for row in lacking)
    ErasedAddress.objects.bulk_create(ErasedAddress(**row) for row in addresses)
    parts = [f"{kind} {count}" for kind, count in counts.items() if count]
    lines = [f"Tickets again: {', '.join(parts)}."] if parts else []
    lines += [f"People erased again: {people}."] if people else []
    present = Ticket.with_merged.filter(pk__in=failed).values_list("pk", flat=True)
    names = ", ".join(f"#{number}" for number in sorted(present))
    return lines + ([f"Merged now, so look at them yourself: {names}."] if names else [])


def _identity(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["ticket_number"], row["kind"], row["erased_at"]


def _erase_again(row: dict[str, Any]) -> bool:
    """Do to a ticket what the row says. Return False if there is nothing to do.

    Raise TicketMerged if it cannot be done to this ticket alone.
    """
    number, fields = row["ticket_number"], row["fields"]
    ticket = Ticket.with_merged.filter(pk=number, created_at__lt=row["erased_at"]).first()
    if ticket is None:
        return False
    match row["kind"]:
        case ErasureKind.DELETED:
            delete_ticket(number, SYSTEM)
        case ErasureKind.ERASED if fields:
            empty_ticket(number, SYSTEM)
        case ErasureKind.REDACTED:
            _redact_again(ticket, fields or (), row["comment_numbers"] or ())
        case _:  # somebody's address, which goes with the person
            return False
    return True


def _redact_again(ticket: Ticket, fields: Collection[str], comment_ids: Iterable[int]) -> None:
    """Redact whole texts: which words it were is not stored."""
    if fields:
        with suppress(InvalidInput):  # it was redacted before
            redact(ticket.pk, None, SYSTEM)
    for comment_id in comment_ids:
        with suppress(NotFound, InvalidInput):  # it is gone, or redacted with another text
            redact(ticket.pk, comment_id, SYSTEM)


def erase_hashed(hashes: set[str]) -> int:
    """Erase those whose addresses have these hashes. Return how many there are. Reads all rows."""
    if not hashes:
        return 0
    addresses: dict[str, str] = {}
    with long_reading():
        for queryset, column in _sources():
            for address in queryset.values_list(column, flat=True).distinct().order_by(column):
                with suppress(InvalidInput):
                    addresses |= dict.fromkeys(keyed_hashes(address), address)
    returned = sorted({addresses[each] for each in hashes & addresses.keys()})
    for address in returned:
        erase_person(address, SYSTEM)
    return len(returned)


def _sources() -> Iterator[tuple[QuerySet[Any], str]]:
    for model, column in COLUMNS:
        rows: Any = model._base_manager
        yield rows.all(), column
        if model in (Ticket, Participant):
            yield events_of(model).order_by(), column
