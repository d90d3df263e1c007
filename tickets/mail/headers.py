"""Headers of a message: lines, encoded words, parameters, message ids, dates."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import groupby
from urllib.parse import unquote_to_bytes

from ..vocabulary import MAX_MAIL_HEADER_CHARS, MAX_MAIL_HEADER_LINES
from . import charsets

NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*")
BLANK = re.compile(rb"\n\r*\n")
ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bq])\?([^?]*)\?=", re.I)
WHITE_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
PARAMETER = re.compile(
    r""";\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.)*+)(?:"[^;]*|\\?$)|([^;]*))""", re.S
)
ESCAPED = re.compile(r"\\(.)", re.S)
SECTION = re.compile(r"(.+?)\*(\d{1,3})?(\*)?$")
MAX_BASE64_PIECES = 10_000  # with padding between them; what comes after is read as one
NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a message or part, in order: lower-case names, undecoded values."""

    entries: tuple[tuple[str, bytes], ...] = ()
    has_more: bool = False  # lines past the limit, which were not read

    def raw(self, name: str) -> str:
        """Return the first value, unfolded, with its encoded words; "" if missing."""
        return next(iter(self.all_raw(name)), "")

    def all_raw(self, name: str) -> list[str]:
        return [as_text(value) for key, value in self.entries if key == name]

    def text(self, name: str) -> str:
        """Return the first value, decoded; "" if missing."""
        return decode_words(self.raw(name))

    def names(self) -> set[str]:
        return {name for name, _ in self.entries}


def read_headers(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Read header lines from `start`. Return them, and where the body starts.

    A block without an empty line ends where a line is neither a header nor the rest of one.
    """
    entries: list[tuple[str, list[bytes]]] = []
    position = start
    for number in range(MAX_MAIL_HEADER_LINES):
        line, following = _line(raw, position, end)
        if not line.strip(b"\r\n"):
            return _headers(entries), following
        if match := NAME.match(line):
            entries.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        # A header that a program wrapped without indenting it goes on with headers.
        elif line[:1] in b" \t" or (entries and NAME.match(_line(raw, following, end)[0])):
            if entries:
                entries[-1][1].append(line)
        elif number > 0 or not line.lstrip(b">").startswith(b"From "):
            return _headers(entries), position
        position = following
    blank = BLANK.search(raw, max(position - 1, start), end)
    return _headers(entries, has_more=True), blank.end() if blank else end


def _line(raw: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Return the line from `start`, cut at a sane length, and where the next one starts."""
    newline = raw.find(b"\n", start, end)
    following = end if newline < 0 else newline + 1
    return raw[start : min(following, start + MAX_MAIL_HEADER_CHARS)], following


def _headers(entries: list[tuple[str, list[bytes]]], has_more: bool = False) -> Headers:
    values = tuple(
        (name, b"".join(lines)[:MAX_MAIL_HEADER_CHARS].strip()) for name, lines in entries
    )
    return Headers(values, has_more)


def as_text(value: bytes) -> str:
    """Return an undecoded value as one line of text. Raw 8-bit characters are allowed."""
    return WHITE_SPACE.sub(" ", charsets.decode(value)).strip()


def decode_words(value: str) -> str:
    """Decode RFC 2047 words: several, adjacent ones, characters that two of them share."""
    parts: list[str] = []
    position = 0
    for run in _runs(value):
        between = value[position : run[0].start()]
        # White space between two encoded words is not part of the text.
        parts += [] if position and not between.strip() else [between]
        for charset, matches in groupby(run, key=lambda match: match[1].lower()):
            data = b"".join(map(_word_bytes, matches))
            parts.append(charsets.decode(data, charset))
        position = run[-1].end()
    parts.append(value[position:])
    return WHITE_SPACE.sub(" ", "".join(parts)).strip()


def _runs(value: str) -> Iterator[list[re.Match[str]]]:
    """Yield encoded words that follow each other without anything but white space between."""
    run: list[re.Match[str]] = []
    for match in ENCODED_WORD.finditer(value):
        if run and value[run[-1].end() : match.start()].strip():
            yield run
            run = []
        run.append(match)
    if run:
        yield run


def _word_bytes(word: re.Match[str]) -> bytes:
    text = word[3].encode("utf-8", "replace")
    if word[2] in "bB":
        return decode_base64(text)
    return binascii.a2b_qp(text.replace(b" ", b"_"), header=True)


def decode_base64(data: bytes) -> bytes:
    """Decode what can be decoded: stray characters, missing padding, several pieces."""
    # A message of padding would become millions of pieces, which take much more room than it.
    *pieces, remaining = data.translate(None, NOT_BASE64).split(b"=", MAX_BASE64_PIECES)
    pieces.append(remaining.replace(b"=", b""))
    return b"".join(_base64_piece(piece) for piece in pieces if piece)


def _base64_piece(piece: bytes) -> bytes:
    usable = piece if len(piece) % 4 != 1 else piece[:-1]
    return base64.b64decode(usable + b"=" * (-len(usable) % 4))


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return a header's main value in lower case, and its parameters, with RFC 2231 decoded."""
    main = value.split(";", 1)[0].strip().lower()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in PARAMETER.finditer(value):
        name = match[1].lower()
        text = ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3].strip()
        if section := SECTION.fullmatch(name):
            pieces = sections.setdefault(section[1], {})
            pieces.setdefault(int(section[2] or 0), (text, bool(section[3] or not section[2])))
        else:
            plain.setdefault(name, decode_words(text))
    return main, plain | {name: _joined(pieces) for name, pieces in sections.items()}


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    charset, data = "", b""
    for number, (text, is_encoded) in sorted(pieces.items()):
        if is_encoded and number == min(pieces) and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if is_encoded else text.encode("utf-8", "replace")
    return charsets.decode(data, charset)


def message_ids(value: str) -> tuple[str, ...]:
    """Return the ids with their angle brackets, in order and each once."""
    return tuple(dict.fromkeys(MESSAGE_ID.findall(value)))


def date(value: str) -> datetime | None:
    """Return an aware time; None if the header says none that exists."""
    try:
        moment = parsedate_to_datetime(value[:200])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
