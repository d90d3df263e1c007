"""Addresses in headers such as From and To, and the forms in which addresses are used.

- `deliverable_address` is for sending.
- `comparable_address` tells whether two addresses are the same, in whatever case.
- `folded_address` recognises people who vary their address at will. Rows store it.
- `reached_mailbox` tells whose mailbox it is, plus-addresses included.

Only the first raises errors: an earlier release stored addresses to which no mail can go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import idna

from ..vocabulary import MAX_EMAIL_CHARS
from .headers import decode_words

TOKEN = re.compile(r'\\.|["()<>,;:]|[^\\"()<>,;:]+|\\', re.S)
# The look-behind starts each attempt at the beginning of a word, which keeps the search linear.
CHARACTER = r"[^\s@<>\"(),;:]"
ADDRESS = re.compile(rf"(?<!{CHARACTER}){CHARACTER}{{1,200}}@{CHARACTER}{{1,254}}")
QUOTED_LOCAL_PART = re.compile(rf'"[^"\s]{{1,64}}"@{CHARACTER}{{1,254}}')
# Both names reach the same mailboxes, which ignore dots and what follows a plus.
GMAIL, GMAIL_DOMAINS = "gmail.com", frozenset({"gmail.com", "googlemail.com"})
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.S)
# An address alone, or one in angle brackets at the end; then perhaps a comment.
PLAIN = re.compile(
    r"(?:[^<>]*<\s*(?P<angle>{0})\s*>|\s*(?P<bare>{0}))\s*(?:\([^()<>]*\)\s*)?".format(
        r"[^\s@<>\"(),;:\\]+@[^\s@<>\"(),;:\\]+"
    )
)


@dataclass(frozen=True, slots=True)
class Address:
    """A decoded name, which may be empty, and an address as it was written."""

    name: str
    email: str


def parse(value: str) -> tuple[Address, ...]:
    """Return the addresses of an undecoded header, in order. What is none is left out."""
    if value.count('"') % 2:
        value = value.replace('"', " ")  # one is never closed
    # Some programs encode the address together with the name.
    return tuple(_addresses(value)) or tuple(_addresses(decode_words(value).replace('"', " ")))


def plain_address(value: str) -> str:
    """Return the address of a header in which every program reads the same one; else "".

    In `"kim@example.org"@example.net`, for example, programs find different ones.
    """
    match = PLAIN.fullmatch(QUOTED.sub('""', value))
    return (match["angle"] or match["bare"]) if match else ""


def _addresses(value: str) -> Iterator[Address]:
    mailbox = _Mailbox()
    for match in TOKEN.finditer(value):
        if mailbox.is_end(match[0]):
            yield from mailbox.address()
            mailbox = _Mailbox()
        else:
            mailbox.take(match[0])
    yield from mailbox.address()


class _Mailbox:
    """Collects the tokens of one address."""

    def __init__(self) -> None:
        self.name: list[str] = []
        self.angle: list[str] = []
        self.comment: list[str] = []
        self.in_quote = self.in_angle = self.in_group = False
        self.depth = 0  # of nested comments

    def is_end(self, part: str) -> bool:
        return part in (",", ";") and not (self.in_quote or self.depth or self.in_angle)

    def take(self, part: str) -> None:
        text = part[1:] if len(part) == 2 and part[0] == "\\" else part
        if part == '"' and not self.depth:
            self.in_quote = not self.in_quote
            if self.in_angle:
                self.angle.append(part)
        elif self.in_quote:
            (self.angle if self.in_angle else self.name).append(text)
        elif part in ("(", ")"):
            self.depth = max(self.depth + (1 if part == "(" else -1), 0)
        elif self.depth:
            self.comment.append(text)
        else:
            self._take_outside(part, text)

    def _take_outside(self, part: str, text: str) -> None:
        """Take what stands in no quote and no comment."""
        if part == "<":
            self.in_angle, self.angle = True, []
        elif part == ">":
            self.in_angle = False
        elif self.in_angle:
            self.angle.append(text)
        elif part == ":" and not self.in_group:
            self.name, self.in_group = [], True  # the name of a group
        else:
            self.name.append(text)

    def address(self) -> Iterator[Address]:
        name, angle = "".join(self.name).strip(), "".join(self.angle)
        # A route before the address: <@relay.example:kim@example.org>
        quoted = QUOTED_LOCAL_PART.fullmatch(angle.strip())
        match = quoted or ADDRESS.search(angle) or (None if angle.strip() else ADDRESS.search(name))
        if match is None or len(match[0]) > MAX_EMAIL_CHARS:
            return
        if not angle.strip():
            name = name.replace(match[0], " ") if name != match[0] else ""
        decoded = decode_words(name.strip(" '")) or decode_words("".join(self.comment))
        yield Address(decoded[:MAX_EMAIL_CHARS], match[0])


def deliverable_address(address: str) -> str:
    """Return the address with its domain in ASCII, as mail servers expect it.

    Uses IDNA 2008 (RFC 5891), the rules that domains are registered by. Django uses IDNA 2003,
    which turns straße.example into strasse.example: possibly somebody else's domain.
    Raise ValueError if the domain has no ASCII form.
    """
    name, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{name}{at}{domain}"


def comparable_address(address: str) -> str:
    """Return one name for an address in whatever case. "" stays empty."""
    try:
        return deliverable_address(address).lower()
    except ValueError:
        return address.lower()


def folded_address(address: str) -> str:
    """Return one name for the ways to write an address that a sender can vary at will.

    Return "" for none, and for one that no mail can come from.
    """
    if not address:
        return ""
    try:
        # Not `casefold`: straße@ and strasse@ may be two people.
        name, _, domain = deliverable_address(address.strip()).lower().rpartition("@")
    except ValueError:
        return ""
    if domain in GMAIL_DOMAINS:
        name, domain = name.partition("+")[0].replace(".", ""), GMAIL
    return f"{name}@{domain}"


def reached_mailbox(address: str) -> str:
    """Return one name for all the ways to write an address that reach the same mailbox."""
    name, _, domain = comparable_address(address).rpartition("@")
    name = name.partition("+")[0]
    if domain in GMAIL_DOMAINS:
        name, domain = name.replace(".", ""), GMAIL
    return f"{name}@{domain}"
