"""Vectors of stored tickets: what each of them means, for learning and for finding similar ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...models.ticket import Ticket
from ...models.triage import TicketMatch, TicketVector
from ...triage.offline.encoders.base import Encoder
from ...triage.offline.reading import whole_text

BATCH = 200  # tickets
# By ticket: the encoder, the text's digest, the packed vector. Any thread replaces it as a whole.
_packed: Mapping[int, tuple[str, str, bytes]] = {}


def store(tickets: Iterable[Ticket], encoder: Encoder) -> dict[int, Any]:
    """Return the vectors of these tickets by id, and store those that are not stored yet.

    They are returned exactly as they are stored, so that every process makes the same of them.
    What was similar to another text of theirs is forgotten.
    Tickets that are deleted meanwhile are left out. Call it without any lock: it may take a while.
    """
    unique = list({ticket.pk: ticket for ticket in tickets}.values())
    known: dict[int, Any] = {}
    for start in range(0, len(unique), BATCH):
        known |= _store(unique[start : start + BATCH], encoder)
    return known


def read(digests: Mapping[int, str], encoder: Encoder) -> dict[int, Any]:
    """Return the stored vectors of these tickets by id; those that cannot be read are left out.

    `digests` are of the texts that were encoded. What this process has read for the last call it
    does not read again: 2,000 packed vectors take 2 MB.
    """
    global _packed
    last = _packed
    packed = {
        pk: last[pk]
        for pk, digest in digests.items()
        if pk in last and last[pk][:2] == (encoder.name, digest)
    }
    rows = TicketVector.objects.filter(ticket__in=digests.keys() - packed, encoder=encoder.name)
    for pk, digest, data in rows.values_list("ticket_id", "text_digest", "vector"):
        packed[pk] = encoder.name, digest, bytes(data)
    vectors = {pk: unpacked(data, encoder) for pk, (_name, _digest, data) in packed.items()}
    readable = {pk: vector for pk, vector in vectors.items() if vector is not None}
    _packed = {pk: packed[pk] for pk in readable}
    return readable


def unpacked(data: bytes | memoryview, encoder: Encoder) -> Any:
    """Return a stored vector; None if it cannot be read, and has to be made again."""
    try:
        return encoder.unpack(bytes(data))
    except ValueError:
        return None


def _store(tickets: list[Ticket], encoder: Encoder) -> dict[int, Any]:
    digests = {ticket.pk: ticket.text_digest() for ticket in tickets}
    stored = {row.pk: row for row in TicketVector.objects.filter(ticket__in=digests)}
    present = {
        pk: row
        for pk, row in stored.items()
        if (row.encoder, row.text_digest) == (encoder.name, digests[pk])
    }
    TicketMatch.objects.forget(stored.keys() - present.keys())
    read = {pk: unpacked(row.vector, encoder) for pk, row in present.items()}
    known = {pk: vector for pk, vector in read.items() if vector is not None}
    lacking = [ticket for ticket in tickets if ticket.pk not in known]
    made = encoder.vectors([whole_text(ticket.title, ticket.description) for ticket in lacking])
    fresh = {ticket.pk: encoder.pack(vector) for ticket, vector in zip(lacking, made, strict=True)}
    put = TicketVector.objects.put(
        TicketVector(
            ticket_id=pk,
            encoder=encoder.name,
            text_digest=digests[pk],
            vector=data,
        )
        for pk, data in fresh.items()
    )
    return known | {pk: encoder.unpack(fresh[pk]) for pk in put}
