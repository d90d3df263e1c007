"""Split a message into its parts.

Python's parser nests one generator per part in a part, so that a deep message ends in a
RecursionError, and it has no limits. This one works on positions in the raw bytes, copies only the
contents of parts, and stops at the limits of the vocabulary.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum

from ..vocabulary import MAX_MAIL_BYTES, MAX_MAIL_DEPTH, MAX_MAIL_PARTS
from . import charsets
from .headers import Headers, decode_base64, decode_words, parameters, read_headers

# A boundary that a message uses, but does not name.
GUESSED_BOUNDARY = re.compile(rb"^--([^\s-][^\r\n]{0,198})\r*$", re.M)
TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}")
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r*\n", re.M)


class Flag(StrEnum):
    """What is wrong with a message, or was left out of it."""

    TOO_LARGE = "too_large"  # read up to the limit only
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"
    TOO_MANY_HEADERS = "too_many_headers"
    NO_CLOSING_BOUNDARY = "no_closing_boundary"
    NO_BOUNDARY = "no_boundary"
    UNKNOWN_CHARSET = "unknown_charset"
    UNREADABLE_TNEF = "unreadable_tnef"
    TEXT_CUT = "text_cut"


@dataclass(slots=True)
class Part:
    """A part of a message. One of type multipart has children, any other a body."""

    headers: Headers
    type: str  # "text/plain"
    parameters: dict[str, str]
    body: bytes = b""  # decoded from its transfer encoding
    children: list[Part] = field(default_factory=list)

    @property
    def disposition(self) -> str:
        return parameters(self.headers.raw("content-disposition"))[0]

    @property
    def file_name(self) -> str:
        """The declared name, which may be a path or worse; "" if there is none."""
        declared = parameters(self.headers.raw("content-disposition"))[1].get("filename", "")
        return declared or self.parameters.get("name", "")

    @property
    def content_id(self) -> str:
        return self.headers.raw("content-id").strip("<> ")

    def text(self) -> str:
        """Return the body as text, with line ends of one character."""
        text = charsets.decode(self.body, self.parameters.get("charset", ""), guess=True)
        return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(raw: bytes) -> tuple[Part, set[Flag]]:
    """Return the message's part, with all parts in it, and what is wrong with it."""
    parser = _Parser(raw)
    return parser.part(0, len(parser.raw), 0, "text/plain"), parser.flags


class _Parser:
    def __init__(self, raw: bytes) -> None:
        self.flags: set[Flag] = set()
        if len(raw) > MAX_MAIL_BYTES:
            self.flags.add(Flag.TOO_LARGE)
            raw = raw[:MAX_MAIL_BYTES]
        # A file of an old Mac, or one that a program wrote for it.
        self.raw = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
        self.parts = 0

    def part(self, start: int, end: int, depth: int, default_type: str) -> Part:
        self.parts += 1
        headers, body = read_headers(self.raw, start, end)
        if headers.has_more:
            self.flags.add(Flag.TOO_MANY_HEADERS)
        declared, values = parameters(headers.raw("content-type"))
        part = Part(headers, declared if TYPE.fullmatch(declared) else default_type, values)
        if declared.startswith("multipart"):
            part.type = declared if TYPE.fullmatch(declared) else "multipart/mixed"
            sections = self._sections(body, end, values.get("boundary", ""))
            if sections and depth < MAX_MAIL_DEPTH:
                self._add_children(part, sections, depth)
                return part
            # Its text is not lost: without boundaries it is one text, too deep one attachment.
            self.flags.add(Flag.TOO_DEEP if sections else Flag.NO_BOUNDARY)
            part.type = "application/octet-stream" if sections else "text/plain"
            part.parameters = {}
        part.body = self._body(part, body, end)
        if part.type.startswith("text/") and not charsets.is_known(
            part.parameters.get("charset", "")
        ):
            self.flags.add(Flag.UNKNOWN_CHARSET)
        return part

    def _add_children(self, part: Part, sections: list[tuple[int, int]], depth: int) -> None:
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in sections:
            if self.parts >= MAX_MAIL_PARTS:
                self.flags.add(Flag.TOO_MANY_PARTS)
                return
            part.children.append(self.part(start, end, depth + 1, default))

    def _sections(self, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
        """Return where the parts between the boundary's lines begin and end."""
        name = boundary.rstrip().encode("utf-8", "replace")
        if not name or self.raw.find(b"--" + name, start, end) < 0:
            guessed = GUESSED_BOUNDARY.search(self.raw, start, end)
            if guessed is None:
                return []
            self.flags.add(Flag.NO_BOUNDARY)
            name = guessed[1].rstrip()
        line = re.compile(rb"^--" + re.escape(name) + rb"(--)?[ \t]*\r*(?:\n|\Z)", re.M)
        sections: list[tuple[int, int]] = []
        opened = -1
        for match in line.finditer(self.raw, start, end):
            if opened >= 0:
                sections.append((opened, match.start()))
                if len(sections) > MAX_MAIL_PARTS:
                    return sections  # enough to see that there are too many
            opened = -1 if match[1] else match.end()
        if opened >= 0:
            self.flags.add(Flag.NO_CLOSING_BOUNDARY)
            sections.append((opened, end))
        return sections

    def _body(self, part: Part, start: int, end: int) -> bytes:
        body = self.raw[start:end]
        # The line end before a boundary belongs to the boundary.
        if end < len(self.raw):
            body = body.removesuffix(b"\n").removesuffix(b"\r")
        encoding = decode_words(part.headers.raw("content-transfer-encoding")).lower()
        if "base64" in encoding:
            return decode_base64(body)
        if "quoted" in encoding:
            return binascii.a2b_qp(body)
        if encoding in ("uuencode", "x-uuencode", "uue", "x-uue"):
            return _decode_uu(body)
        return body


def _decode_uu(body: bytes) -> bytes:
    begin = UU_BEGIN.search(body)
    if begin is None:
        return body
    lines: list[bytes] = []
    for line in body[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        try:
            lines.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue  # a broken line; the others can still be read
    return b"".join(lines)
