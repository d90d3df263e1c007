"""Tell what somebody wrote from what their mail program quoted and signed.

Nothing is deleted: the segments, put together, are the text. Only the display folds some of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from . import quote_words
from .html import HtmlText
from .quote_words import LABELS, any_of

MIN_WORDS = 2  # of what remains; else nothing is folded
MAX_ATTRIBUTION_LINES, MAX_ATTRIBUTION_CHARS = 4, 400
MAX_HEADER_LINES = 12  # of a repeated header, with the lines into which it is wrapped
MAX_SIGNATURE_LINES = 30
WRAP_COLUMN = 60  # a quoted line of this length may have been broken by a program

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
QUOTED = re.compile(r"[ \t]{0,3}>")
SEPARATOR = re.compile(r"\s*[-=_*]{3,}\s*")
ADDRESS = re.compile(r"[^\s<>()\[\]]@[^\s<>()\[\]]")
TIME = re.compile(r"\d{1,2}[:.h]\d\d|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d年")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# An address in brackets, then at most a verb.
ENDS_WITH_SENDER = re.compile(r"[<(\[][^<>()\[\]@]*@[^<>()\[\]@]*[>)\]]+[^\d@]{0,40}[:\uff1a]$")
WROTE = re.compile(rf"(?<!\w)(?:{any_of(quote_words.WROTE)})(?!\w)|[写寫]道|작성", re.I)
START = re.compile(rf"[\s*\"'(\[]*(?:{any_of(quote_words.START)})[\s,.:]", re.I)
LABEL = re.compile(r"[\s*_|]{0,10}([^\W\d_][^:\uff1a*\d]{0,24}?)[\s*_]{0,4}[:\uff1a]")
ORIGINAL = re.compile(
    rf"\s*(?:[-_=*#]{{2,}}\s*(?:{any_of(quote_words.ORIGINAL)})\b[^\n]{{0,60}}?[-_=*#]*"
    rf"|(?:{any_of(quote_words.FORWARDED)})\s*[:\uff1a])\s*",
    re.I,
)
SIGNATURE = re.compile(r"(?:--|__|\u2014|\u2013\u2013)[ \t\xa0]*")
LIST_FOOTER = re.compile(r"\s*_{10,}\s*")
DASHES = "-\u2013\u2014~ "
# "-Kim" or "- Kim Doe" as the last line.
SIGNED_NAME = re.compile(r"[-\u2013\u2014~] ?[^\W\d_]{2,20}(?: [^\W\d_]{1,20}\.?){0,3}")
SENT_FROM = re.compile(
    rf"[\s*_(\[]{{0,4}}(?:{any_of(quote_words.SENT_FROM)}).{{0,60}}?(?<!\w)(?:{any_of(quote_words.DEVICES)})"
    r"(?![.!?] \w).{0,60}",
    re.I,
)


class Kind(StrEnum):
    NEW = "new"
    QUOTE = "quote"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Segment:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Folding:
    """A text in segments. Put together they are the whole text, character by character."""

    segments: tuple[Segment, ...]

    @property
    def new(self) -> str:
        """What somebody wrote, without white space around it."""
        return "".join(part.text for part in self.segments if part.kind == Kind.NEW).strip()

    @property
    def folded(self) -> str:
        return "".join(part.text for part in self.segments if part.kind != Kind.NEW).strip()


def fold(source: HtmlText) -> Folding:
    """Split a text. Marks of mail programs count first, then what the lines look like.

    Nothing is folded if that would leave fewer than two words, or if somebody answered between
    the quoted lines, since such answers make no sense without the quote.
    """
    text = source.text
    lines = _Lines(text)
    quotes = list(source.quotes) or list(lines.offsets(_quotes(lines)))
    quotes = [(start, end) for start, end in quotes if text[start:end].strip()]
    if any(text[end:start].strip() for (_, end), (start, _) in pairwise(quotes)):
        return _segments(text, [], [])
    signatures = list(_signatures(text, quotes))
    for folded in ((quotes, signatures), (quotes, []), ([], signatures)):
        folding = _segments(text, *folded)
        if len(WORD.findall(folding.new[:1000])) >= MIN_WORDS:
            return folding
    return _segments(text, [], [])


def _segments(
    text: str, quotes: Sequence[tuple[int, int]], signatures: Sequence[tuple[int, int]]
) -> Folding:
    segments: list[Segment] = []
    position = 0
    ranges = [(*span, Kind.QUOTE) for span in quotes]
    ranges += [(*span, Kind.SIGNATURE) for span in signatures]
    for start, end, kind in [*sorted(ranges), (len(text), len(text), Kind.NEW)]:
        if start > position:
            segments.append(Segment(Kind.NEW, text[position:start]))
        if end > start:
            segments.append(Segment(kind, text[start:end]))
        position = end
    return Folding(tuple(segments))


class _Lines:
    """The lines of a text, and where each one starts."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        # Of each line, the first one from there on that is not blank.
        self.filled = [len(self.lines)]
        for index in range(len(self.lines) - 1, -1, -1):
            self.filled.append(index if self.lines[index].strip() else self.filled[-1])
        self.filled.reverse()

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> str:
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def is_quoted(self, index: int) -> bool:
        return bool(QUOTED.match(self[index]))

    def next_filled(self, index: int) -> int:
        """Return the first line from here on that is not blank; the number of lines if none is."""
        return self.filled[min(index, len(self))]

    def offsets(self, ranges: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Turn ranges of lines into ranges of characters."""
        for first, last in ranges:
            yield self.starts[first], min(self.starts[last], len(self.text))


def _quotes(lines: _Lines) -> Iterator[tuple[int, int]]:
    """Yield the first line of each quote, and the line after it."""
    index = 0
    while index < len(lines):
        start = _attribution_start(lines, index)
        if start is not None:
            following = lines.next_filled(index + 1)
            if not lines.is_quoted(following):
                yield start, len(lines)
                return
            index = _run_end(lines, following)
            yield start, index
        elif lines.is_quoted(index):
            start, index = index, _run_end(lines, index)
            yield start, index
        elif ORIGINAL.fullmatch(lines[index][:MAX_ATTRIBUTION_CHARS]) or _is_header(lines, index):
            yield _with_separator(lines, index), len(lines)
            return
        else:
            index += 1


def _run_end(lines: _Lines, index: int) -> int:
    """Return the line after a run of quoted lines, with blank and wrapped lines between them."""
    end = index
    while index < len(lines):
        if lines.is_quoted(index):
            end = index + 1
        elif lines[index].strip() and not (
            lines.is_quoted(index - 1)
            and len(lines[index - 1]) >= WRAP_COLUMN
            and lines.is_quoted(index + 1)
        ):
            break
        index += 1
    return end


def _attribution_start(lines: _Lines, end: int) -> int | None:
    """Return where an attribution starts that ends in this line: "On ... wrote:"; else None."""
    last = lines[end].strip()
    is_followed_by_quote = lines.is_quoted(lines.next_filled(end + 1))
    if not last.endswith((":", "\uff1a")) and not (
        is_followed_by_quote and WROTE.search(last[-40:])
    ):
        return None
    joined = ""
    for start in range(end, max(end - MAX_ATTRIBUTION_LINES, -1), -1):
        line = lines[start].strip()
        joined = f"{line} {joined}".strip()
        if not line or lines.is_quoted(start) or len(joined) > MAX_ATTRIBUTION_CHARS:
            return None
        if _is_attribution(joined, is_followed_by_quote):
            return _first_line(lines, start, end)
    return None


def _is_attribution(text: str, is_followed_by_quote: bool) -> bool:
    has_time = bool(TIME.search(text))
    has_year = bool(YEAR.search(text))
    if ENDS_WITH_SENDER.search(text) and (has_time or has_year):
        return True
    if not WROTE.search(text):
        return False
    if is_followed_by_quote or (has_time and START.match(text)):
        return bool(START.match(text)) or has_time or has_year or bool(ADDRESS.search(text))
    return bool(START.match(text)) and has_year and not re.search(r"[.!?]\s+[A-Z]", text[10:])


def _first_line(lines: _Lines, start: int, end: int) -> int:
    """Return the line in which "On" stands, if a program wrapped the attribution after it."""
    if START.match(lines[start]):
        return start
    for index in range(start - 1, max(end - MAX_ATTRIBUTION_LINES, -1), -1):
        line = lines[index].strip()
        if not line or line.endswith((".", "!", "?")) or lines.is_quoted(index):
            break
        if START.match(line):
            return index
    return start


def _is_header(lines: _Lines, index: int) -> bool:
    """Return whether headers of a message are repeated here: From, Sent, To, Subject."""
    kinds: set[str] = set()
    has_address = False
    for line in lines.lines[index : index + MAX_HEADER_LINES]:
        match = LABEL.match(line[:200])
        kind = LABELS.get(match[1].strip().lower()) if match else None
        if kind is None and (not kinds or not line.strip()):
            break
        if kind is not None:
            kinds.add(kind)
        has_address = has_address or bool(ADDRESS.search(line[:MAX_ATTRIBUTION_CHARS]))
    # "From: Berlin, To: Paris, Date: 3 May" is no header: it has no subject and no address.
    return "from" in kinds and len(kinds) >= 3 and ("subject" in kinds or has_address)


def _with_separator(lines: _Lines, index: int) -> int:
    """Return the first of the lines of dashes or the like above this line."""
    start = index
    for above in range(index - 1, max(index - 4, -1), -1):
        if SEPARATOR.fullmatch(lines[above][:200]) or ORIGINAL.fullmatch(lines[above][:200]):
            start = above
        elif lines[above].strip():
            break
    return start


def _signatures(text: str, quotes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the signatures between the quotes."""
    position = 0
    for start, end in [*quotes, (len(text), len(text))]:
        lines = _Lines(text[position:start])
        first = _signature_start(lines)
        if first is not None:
            yield position + lines.starts[first], start
        position = end


def _signature_start(lines: _Lines) -> int | None:
    filled = [index for index, line in enumerate(lines.lines) if line.strip()]
    for number, index in enumerate(filled):
        lines_below = len(filled) - number - 1
        if lines_below <= MAX_SIGNATURE_LINES and _starts_signature(lines, index, lines_below):
            return _with_name(lines, filled[:number]) or index
    return _with_name(lines, filled)


def _with_name(lines: _Lines, filled: list[int]) -> int | None:
    """Return the last of these lines if it is a name after a dash, and no item of a list."""
    if len(filled) < 2:
        return None
    above, last = (lines[index].strip() for index in filled[-2:])
    is_name = SIGNED_NAME.fullmatch(last) and last.lstrip(DASHES)[0].isupper()
    is_apart = not lines[filled[-1] - 1].strip()
    return filled[-1] if is_name and is_apart and above[0] not in DASHES else None


def _starts_signature(lines: _Lines, index: int, lines_below: int) -> bool:
    line = lines[index]
    if SIGNATURE.fullmatch(line.strip()):
        return lines_below > 0
    if LIST_FOOTER.fullmatch(line[:200]):
        following = " ".join(lines.lines[index + 1 : index + 4]).lower()
        return "mailing list" in following or "listinfo" in following
    return bool(SENT_FROM.fullmatch(line[:200].strip()))
