"""Read a raw message: everything that the desk wants to know of it, in one result."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ..vocabulary import MAX_MAIL_HEADER_CHARS, MAX_TEXT_CHARS
from . import addresses, authentication, headers, loops, quotes
from .addresses import Address
from .authentication import Authentication
from .bounces.reader import Bounce, read_bounces
from .content import MessageFile, read_content
from .headers import Headers
from .html import HtmlText
from .loops import LoopVerdict
from .mime import Flag, parse
from .quotes import Folding

MAX_ADDRESSES = 1000  # of one header
MAX_READ_SUBJECT_CHARS = 1000
WHOLE_TEXT = "message.txt"  # the attachment with a text that was cut


@dataclass(frozen=True, slots=True)
class Message:
    """What a raw message says. Nothing in it is to be trusted: a sender wrote it.

    `delivered_to` has the addresses that mail servers on the way noted. Message-IDs have their
    angle brackets. `message_id` is one of our own, made from the message's
    hash, where `has_own_id` is false. `text` is at most MAX_TEXT_CHARS long, with line ends of one
    character; what was longer is an attachment as a whole. `folding` has that text in segments.
    `plain` and `html` are the versions that were sent. `flags` says what is wrong or was left out.
    """

    sha256: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    delivered_to: tuple[Address, ...]
    subject: str
    date: datetime | None
    message_id: str
    has_own_id: bool
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    folding: Folding
    plain: str
    html: str
    attachments: tuple[MessageFile, ...]
    loop: LoopVerdict
    bounces: tuple[Bounce, ...]
    authentication: Authentication
    flags: frozenset[Flag]


def read(raw: bytes, *, envelope_from: str | None = None, authserv_id: str = "") -> Message:
    """Read any bytes as a message. Raises nothing.

    `envelope_from` is the return path, "" for the null one, None if it is not known. Results of
    checks count only if the server named `authserv_id` wrote them.
    """
    root, flags = parse(raw)
    content, content_flags = read_content(root)
    text, files, cut = _cut(content.text)
    sha256 = hashlib.sha256(raw).hexdigest()
    senders = _addresses(root.headers, "from")
    own_ids = headers.message_ids(root.headers.raw("message-id"))
    return Message(
        sha256=sha256,
        sender=next(iter(senders or _addresses(root.headers, "sender")), None),
        to=_addresses(root.headers, "to"),
        cc=_addresses(root.headers, "cc"),
        reply_to=_addresses(root.headers, "reply-to"),
        delivered_to=tuple(
            address
            for name in ("delivered-to", "x-original-to", "envelope-to")
            for address in _addresses(root.headers, name)
        ),
        subject=root.headers.text("subject")[:MAX_READ_SUBJECT_CHARS],
        date=headers.date(root.headers.raw("date")),
        message_id=own_ids[0] if own_ids else f"<{sha256}@message.invalid>",
        has_own_id=bool(own_ids),
        in_reply_to=headers.message_ids(root.headers.raw("in-reply-to")),
        references=headers.message_ids(root.headers.raw("references")),
        text=text.text,
        folding=quotes.fold(text),
        plain=content.plain,
        html=content.html,
        attachments=(*content.attachments, *files),
        loop=loops.judge(root.headers, root.type, envelope_from),
        bounces=read_bounces(root),
        authentication=authentication.read(
            root.headers, authserv_id, [address.email for address in senders]
        ),
        flags=frozenset(flags | content_flags | cut),
    )


def _addresses(values: Headers, name: str) -> tuple[Address, ...]:
    """Return the addresses of all headers of a name, each once."""
    parsed = addresses.parse(", ".join(values.all_raw(name))[:MAX_MAIL_HEADER_CHARS])
    unique = {address.email.lower(): address for address in reversed(parsed)}
    return tuple(reversed(unique.values()))[:MAX_ADDRESSES]


def _cut(text: HtmlText) -> tuple[HtmlText, tuple[MessageFile, ...], set[Flag]]:
    """Cut a text that is too long for a ticket. The whole becomes an attachment."""
    if len(text.text) <= MAX_TEXT_CHARS:
        return text, (), set()
    beginning = HtmlText(
        text.text[:MAX_TEXT_CHARS],
        tuple(
            (start, min(end, MAX_TEXT_CHARS))
            for start, end in text.quotes
            if start < MAX_TEXT_CHARS
        ),
    )
    whole = MessageFile(WHOLE_TEXT, "text/plain", text.text.encode())
    return beginning, (whole,), {Flag.TEXT_CUT}
