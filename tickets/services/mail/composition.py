"""Write a message as it goes over the wire. Asks no database.

Python's own email package encodes long Message-IDs in References, which breaks conversations, and
the local parts of addresses that only SMTPUTF8 can carry. So the headers with ids, addresses and
the subject are written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from ...mail.addresses import deliverable_address

MAX_WORD_CHARS = 60  # so that the first line of a subject is never empty
ADDRESS_HEADERS = ("From", "To", "Reply-To")
ID_HEADERS = ("Message-ID", "In-Reply-To", "References")
# A local part beyond ASCII (RFC 6531), in which nothing needs quotes.
INTERNATIONAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f]+")

# Invisible, and not allowed in a header: control and direction marks, and line ends of all kinds.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class File(NamedTuple):
    """A file to attach, with its media type, such as image/png."""

    name: str
    content: bytes
    type: str


class HeaderPolicy(EmailPolicy):
    """Writes the headers on which delivery and threading depend; Python writes the others."""

    def fold(self, name: str, value: Any) -> str:
        written = self._written(name, value)
        if written is None:
            return str(super().fold(name, value))
        return f"{name}: {written}".replace("\n", self.linesep) + self.linesep

    def fold_binary(self, name: str, value: Any) -> bytes:
        if self._written(name, value) is None:
            return super().fold_binary(name, value)
        return self.fold(name, value).encode()

    def _written(self, name: str, value: Any) -> str | None:
        if name in ID_HEADERS:
            return "\n ".join(str(value).split())
        if name in ADDRESS_HEADERS:
            return ",\n ".join(map(written_address, value.addresses))
        return written_subject(str(value)) if name == "Subject" else None


# Bodies are encoded as ASCII: a server on the way that did that would break signatures.
POLICY = HeaderPolicy(linesep="\r\n", cte_type="7bit")


class OutgoingMessage(EmailMultiAlternatives):
    """A message to one address, as text and HTML.

    `sender` is who it is from, `bounces_to` where it comes back to if it cannot be delivered.
    Raise ValueError if mail cannot carry the address.
    """

    def __init__(
        self,
        subject: str,
        text: str,
        html: str,
        *,
        sender: Address,
        to: str,
        bounces_to: str = "",
        headers: Mapping[str, str] | None = None,
        files: Sequence[File] = (),
    ) -> None:
        self.html, self.files = html, files
        self.sender, self.recipient = sender, mail_address(to)
        super().__init__(
            subject,
            text,
            bounces_to or sender.addr_spec,
            [self.recipient.addr_spec],
            headers=dict(headers or {}),
        )
        self.attach_alternative(html, "text/html")

    @property
    def needs_utf8(self) -> bool:
        """Return whether only servers with SMTPUTF8 (RFC 6531) can take it."""
        return not (self.recipient.addr_spec + self.sender.addr_spec + self.from_email).isascii()

    def message(self, **_options: Any) -> EmailMessage:
        message = EmailMessage(POLICY)
        message["Subject"] = self.subject
        message["From"] = self.sender
        message["To"] = self.recipient
        message["Date"] = formatdate()
        for name, value in self.extra_headers.items():
            message[name] = mail_address(value) if name in ADDRESS_HEADERS else value
        message.set_content(str(self.body))
        message.add_alternative(self.html, subtype="html")
        for file in self.files:
            maintype, _, subtype = file.type.partition("/")
            name = UNPRINTABLE.sub(" ", file.name)
            message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=name)
        return message


def mail_address(address: str, name: str = "") -> Address:
    """Return an address whose domain is in ASCII. Raise ValueError if mail cannot carry it."""
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii() and INTERNATIONAL.fullmatch(local_part):
        return Address(name, username=local_part, domain=domain)
    try:
        return Address(name, addr_spec=address)
    except (HeaderParseError, IndexError) as error:
        raise ValueError(f"{address!r} is not an email address: {error}") from None


def configured_sender() -> Address:
    """Return EMAIL_FROM. Raise ValueError, whose words say what is wrong with it."""
    sender = read_sender(settings.DEFAULT_FROM_EMAIL)
    return mail_address(deliverable_address(sender.addr_spec), sender.display_name)


def read_sender(text: str) -> Address:
    """Return the one address that a text such as "Support <desk@example.org>" names.

    Raise ValueError, whose words say what is wrong with the text.
    """
    header: AddressHeader = POLICY.header_factory("From", text)
    groups = header.groups
    if len(groups) == 1 and groups[0].display_name is None and len(header.addresses) == 1:
        [address] = header.addresses
        if address.username and address.domain:
            return address
    name, _, address_part = text.rpartition("<")
    if name.strip() and address_part.endswith(">"):
        quoted = str(Address(name.strip().strip('"'), addr_spec="x@example.org")).partition(" <")[0]
        raise ValueError(f"the name needs quotes, as in {quoted} <{address_part}")
    raise ValueError("it is not one email address")


def written_address(address: Address) -> str:
    """Return an address as a header has it, with its name in ASCII."""
    if address.display_name.isascii():
        return str(address)
    return f"{Header(address.display_name, 'utf-8').encode()} <{address.addr_spec}>"


def written_subject(text: str) -> str:
    """Return a subject in ASCII, in lines, of which the first is never empty."""
    is_plain = text.isascii() and all(len(word) <= MAX_WORD_CHARS for word in text.split())
    charset = "us-ascii" if is_plain else "utf-8"
    return Header(text, charset, header_name="Subject").encode()
