"""Store a message as it came. Every way in ends here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from ....exceptions import InvalidInput
from ....models.incoming import InboundMessage, Mailbox, digest_of
from ....vocabulary import MAX_EMAIL_CHARS, MAX_MAIL_BYTES
from ...jobs import defer
from .handling import handle_message

MAX_ENVELOPE_ADDRESSES = 1000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message that is stored, so that its sender may forget it.

    `is_new` is False if the same bytes came to the same mailbox before.
    """

    message: InboundMessage
    is_new: bool


def receive(
    raw: bytes,
    mailbox: Mailbox | None = None,
    envelope_from: str | None = None,
    envelope_to: Sequence[str] = (),
    *,
    is_complete: bool = True,
) -> Receipt:
    """Store a raw message, and queue the job that reads it. Both are committed on return.

    `envelope_from` is the return path, "" for the null one, None if nobody told. `is_complete` is
    False if `raw` holds only the headers. Of a message over MAX_MAIL_BYTES only they are stored.
    Call it outside any transaction. Raise django.db.Error if it could not be stored: the caller
    must then have the message sent again.
    """
    if len(raw) > MAX_MAIL_BYTES:
        raw, is_complete = headers_of(raw), False
    with transaction.atomic(durable=True):
        # The bytes of an earlier copy are not read.
        message, is_new = InboundMessage.objects.defer("raw").get_or_create(
            mailbox=mailbox,
            sha256=digest_of(raw),
            defaults={
                "raw": raw,
                "is_complete": is_complete,
                "envelope_from": None if envelope_from is None else _storable(envelope_from),
                "envelope_to": [_storable(each) for each in envelope_to[:MAX_ENVELOPE_ADDRESSES]],
            },
        )
        if is_new:
            defer(handle_message, message_id=message.pk)
    return Receipt(message, is_new)


def find_mailbox(name: str) -> Mailbox:
    """Return the mailbox with this name. Raise InvalidInput."""
    mailbox: Mailbox | None = Mailbox.objects.filter(name=name).first()
    if mailbox is None:
        raise InvalidInput(errors={"mailbox": ["There is no mailbox with this name."]})
    return mailbox


def headers_of(raw: bytes) -> bytes:
    """Return the headers of a message, at most MAX_MAIL_BYTES of them."""
    ends = [raw.find(blank, 0, MAX_MAIL_BYTES) for blank in (b"\r\n\r\n", b"\n\n")]
    end = min((each for each in ends if each >= 0), default=MAX_MAIL_BYTES)
    return raw[:end] + b"\r\n\r\n"


def _storable(address: str) -> str:
    return address.replace("\0", "").strip("<> ")[:MAX_EMAIL_CHARS]
