"""The messages that were sent, and those that a customer writes."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message, MIMEPart
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, formatdate, localtime, make_msgid
from typing import Any, NamedTuple

MAX_MESSAGES = 500
# Our own verdict about the customer, as any mail server adds one.
AUTHSERV_ID = "mail.desk.example"


class File(NamedTuple):
    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the desk has sent, and to whom."""

    number: int
    raw: bytes
    sender: str
    recipients: Sequence[str]
    at: float

    @property
    def parsed(self) -> EmailMessage:
        message = message_from_bytes(self.raw, policy=SMTPUTF8)
        assert isinstance(message, EmailMessage)
        return message

    def text(self, kind: str) -> str:
        """Return the part of this kind, plain or html; "" if there is none."""
        part = self.parsed.get_body([kind])
        return str(part.get_content()) if part is not None else ""

    @property
    def files(self) -> list[File]:
        return [
            File(part.get_filename() or f"file {number}", part.get_content_type(), content_of(part))
            for number, part in enumerate(self.parsed.iter_attachments(), 1)
        ]


def content_of(part: MIMEPart) -> bytes:
    """Return the bytes of a part. One that is a message is parsed already."""
    payload: Any = part.get_payload(0) if part.is_multipart() else part.get_payload(decode=True)
    return payload.as_bytes() if isinstance(payload, Message) else bytes(payload or b"")


class Outbox:
    """What the desk has sent, the latest messages only. Safe for several threads."""

    def __init__(self) -> None:
        self._messages: deque[SentMessage] = deque(maxlen=MAX_MESSAGES)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, raw: bytes, sender: str, recipients: Sequence[str], at: float) -> None:
        with self._lock:
            self._messages.append(
                SentMessage(next(self._numbers), raw, sender, list(recipients), at)
            )

    def newest_first(self) -> list[SentMessage]:
        with self._lock:
            return list(reversed(self._messages))

    def find(self, number: int) -> SentMessage | None:
        return next((each for each in self.newest_first() if each.number == number), None)


def answer(sent: SentMessage, body: str, files: Sequence[File] = ()) -> EmailMessage:
    """Return a customer's answer, as mail programs write one: above the quoted message."""
    original = sent.parsed
    message = _written(sent.recipients[0], str(original["Reply-To"] or original["From"]))
    subject = str(original["Subject"] or "")
    message["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    if own_id := str(original["Message-ID"] or "").strip():
        message["In-Reply-To"] = own_id
        message["References"] = f"{original['References'] or ''} {own_id}".strip()
    day = format_datetime(localtime()).rpartition(":")[0]
    quoted = "".join(f"> {line}\n" for line in sent.text("plain").splitlines())
    _fill(message, f"{body}\n\nOn {day}, {original['From']} wrote:\n{quoted}", files)
    return message


def new_message(
    sender: str, recipient: str, subject: str, body: str, files: Sequence[File] = ()
) -> EmailMessage:
    """Return a message with which a customer begins a conversation."""
    message = _written(sender, recipient)
    message["Subject"] = " ".join(subject.split())
    _fill(message, f"{body}\n", files)
    return message


def _written(sender: str, recipient: str) -> EmailMessage:
    policy = SMTP if f"{sender}{recipient}".isascii() else SMTPUTF8
    # Python encodes ids that do not fit into a line.
    message = EmailMessage(policy.clone(max_line_length=990))
    domain = sender.rpartition("@")[2].strip("<> ")
    message["Authentication-Results"] = f"{AUTHSERV_ID}; dmarc=pass header.from={domain}"
    message["From"] = " ".join(sender.split())
    message["To"] = recipient
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=domain if domain.isascii() else None)
    return message


def _fill(message: EmailMessage, text: str, files: Sequence[File]) -> None:
    message.set_content(text.replace("\r\n", "\n"))
    for file in files:
        maintype, _, subtype = file.type.partition("/")
        if maintype in ("", "message", "multipart") or not subtype:
            maintype, subtype = "application", "octet-stream"
        message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.name)
