"""All that the desk has of one address, as a ZIP file that the person can be sent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q
from django.utils import timezone

from ...access import security_log
from ...models.attachments import Attachment
from ...models.incoming import InboundMessage
from ...models.ticket import Comment
from ...models.triage import Prediction
from ...transactions import long_reading
from ...vocabulary import ScanState, SecurityEvent
from ..attachments.storage import storage
from .addresses import keyed_hash
from .people import Person

DATA = "data.json"
# What of each row is about the person. The rest is the desk's, such as versions and leases.
TICKET = (
    *("id", "title", "description", "category", "priority", "status", "sentiment"),
    *("urgency_score", "requester_email", "language", "spam", "merged_into_id"),
    *("created_at", "updated_at", "first_response_at", "resolved_at", "last_activity_at"),
)
COMMENT = ("id", "ticket_id", "author_role", "body", "public", "created_at")
FILE = ("name", "ticket_id", "comment_id", "created_at")
PREDICTION = ("ticket_id", "field", "value", "confidence", "source", "evidence", "created_at")
PARTICIPATION = ("ticket_id", "address", "name", "is_active", "created_at")
MESSAGE = (
    *("id", "ticket_id", "received_at", "sender_address", "sender_name", "subject", "text"),
    *("message_id", "envelope_from", "envelope_to", "state", "kind", "verified", "explanation"),
)
EMAIL = ("ticket_id", "kind", "address", "state", "error", "created_at", "sent_at", "bounced_at")
BOUNCE = ("address", "kind", "diagnostic", "created_at")
BLOCK = ("address", "created_at")
SIGN_IN = ("username", "ip_address", "user_agent", "path_info", "attempt_time")


def export_person(address: str, target: IO[bytes]) -> dict[str, int]:
    """Write an archive of what the desk has of an address. Return how much of what there is.

    `data.json` has the rows, `messages/` the mail as it came, and `files/` the files of the
    person's tickets and messages. What agents wrote to or about the person is included; notes are
    those that are not `public`. A file that is missing, or that the scanner has refused, is left
    out. Raise InvalidInput if it is no address.
    """
    person = Person.of(address)
    with long_reading(), ZipFile(target, "w", ZIP_DEFLATED) as archive:
        data = _rows(person)
        counts = {name: len(rows) for name, rows in data.items()}
        head = {"address": person.address, "exported_at": timezone.now()}
        text = json.dumps(head | data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        archive.writestr(DATA, text)
        for message in _messages(person).exclude(raw=b"").iterator(chunk_size=10):
            archive.writestr(f"messages/{message.pk}.eml", bytes(message.raw))
        for attachment in _files(person).select_related("file"):
            _write_file(archive, attachment)
    security_log.note(SecurityEvent.PERSON_EXPORTED, keyed_hash(address))
    return counts


def _rows(person: Person) -> dict[str, list[dict[str, Any]]]:
    numbers = list(person.tickets.values_list("pk", flat=True))
    messages = _messages(person)
    own = Q(ticket__in=numbers) | Q(origin__in=numbers) | Q(message__in=messages.values("pk"))
    comments = Comment.with_split.filter(own)
    attempts = [row for rows in person.sign_ins for row in rows]
    return {
        "tickets": _values(person.tickets, TICKET),
        "comments": _values(comments, COMMENT),
        "files": [
            {**values, "path": _path(file)}
            for file, values in zip(_files(person), _values(_files(person), FILE), strict=True)
        ],
        "predictions": _values(Prediction.objects.filter(ticket__in=numbers), PREDICTION),
        "participations": _values(person.participations, PARTICIPATION),
        "messages": _values(messages.defer("raw"), MESSAGE),
        "emails": _values(person.emails, EMAIL),
        "bounces": _values(person.bounces, BOUNCE),
        "blocks": _values(person.blocks, BLOCK),
        "sign_ins": _values(attempts, SIGN_IN),
    }


def _messages(person: Person) -> Any:
    """Return what the person sent, and what came to the person's tickets."""
    numbers = list(person.tickets.values_list("pk", flat=True))
    sent = list(person.messages.values_list("pk", flat=True))
    return InboundMessage.objects.filter(Q(pk__in=sent) | Q(ticket__in=numbers)).order_by("pk")


def _files(person: Person) -> Any:
    numbers = list(person.tickets.values_list("pk", flat=True))
    sent = list(person.messages.values_list("pk", flat=True))
    files = Attachment.objects.filter(Q(ticket__in=numbers) | Q(message__in=sent))
    return files.order_by("created_at", "pk")


def _values(rows: Iterable[Model], columns: Iterable[str]) -> list[dict[str, Any]]:
    return [{column: getattr(row, column) for column in columns} for row in rows]


def _path(attachment: Attachment) -> str:
    """Return a name in the archive: no path that a sender chose, and none twice."""
    return f"files/{attachment.pk}/{PurePath(attachment.name).name or 'file'}"


def _write_file(archive: ZipFile, attachment: Attachment) -> None:
    if attachment.file.scan_state == ScanState.REFUSED:
        return
    try:
        with (
            storage().open(attachment.file.name) as source,
            archive.open(_path(attachment), "w", force_zip64=True) as member,
        ):
            shutil.copyfileobj(source, member)
    except FileNotFoundError:
        return


def summary(counts: Mapping[str, int]) -> str:
    """Return "3 tickets, 5 comments"; what there is none of is left out."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"
