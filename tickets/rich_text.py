"""Show plain text as HTML: links, code, folded quotes, marked words. Uses no database.

The text itself is never changed. Every function takes linear time, whatever somebody sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import SplitResult, urlsplit

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

# --- Lines ---
QUOTED_LINE = re.compile(r" {0,3}>")
INDENT = re.compile(r" {4}|\t")
FENCE = re.compile(r" {0,3}(`{3,})([^`]*)$")
LANGUAGE = re.compile(r"[\w+#.-]{0,20}")
# What a mail program writes above the message that it quotes. It may wrap this line.
MAX_ATTRIBUTION_LINES, MAX_ATTRIBUTION_CHARS = 3, 400
ATTRIBUTION_STARTS = ("On ", "Am ", "Le ", "El ", "Em ")
ATTRIBUTION = re.compile(
    r"(?:On .+ wrote|Am .+ schrieb(?: [^:]*)?|Le .+ a écrit|El .+ escribió|Em .+ escreveu)\s*:\s*"
)
# A person's sentence may end in "wrote:" as well, but hardly names an address or a time.
WRITTEN_BY_PROGRAM = re.compile(r"\S@\S|\d:\d\d|\b(?:19|20)\d\d\b")

# --- Within a line ---
BACKTICKS = re.compile(r"\n|`+")
LINK_START = re.compile(r"(?<![A-Za-z0-9])(?:https?://|mailto:)", re.IGNORECASE)
# No address contains these: white space, quotes, full-width punctuation, invisible characters.
ADDRESS_END = (
    r"\s<>\"`|\\^\x00-\x1f\x7f-\x9f\u201c\u201d\u201e\u00ab\u00bb"
    r"\u3001\u3002\uff0c\uff1b\uff1a\uff1f\uff01\uff08\uff09\u3008-\u3011\uff3b\uff3d"
    r"\u061c\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff"
)
ADDRESS_PART = re.compile(rf"[^()\[\]{{}}{ADDRESS_END}]+|[()\[\]{{}}]")
OPENED_BY = {")": "(", "]": "[", "}": "{"}
TRAILING = ".,;:!?'*_~\u2019\u2018\u2026([{"

QUOTE_TITLE = gettext_lazy("Quoted text")
MAIL_FOLD_TITLE = gettext_lazy("Quoted text and signature")


@dataclass(frozen=True, slots=True)
class Highlight:
    """Words to highlight, from `start` up to `end`. The title says why, the class how."""

    start: int
    end: int
    title: str = ""
    css_class: str = ""

    @property
    def attributes(self) -> str:
        values = {"class": self.css_class, "title": self.title}
        return "".join(f' {name}="{escape(value)}"' for name, value in values.items() if value)


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one kind, each from its first character up to its line end."""

    kind: str  # "text", "code" or "quote"
    lines: list[tuple[int, int]]
    language: str = ""


def render(text: str, highlights: Sequence[Highlight] = ()) -> SafeString:
    """Return the text as HTML blocks. The highlights must be in order and must not overlap."""
    blocks = _blocks(text)
    quotes = sum(block.kind == "quote" for block in blocks)
    # A text that is nothing but a quote, and answers between quoted lines, need the quotes.
    fold = quotes == 1 and len(blocks) > 1
    page = _Page(text, highlights)
    for block in blocks:
        if fold and block.kind == "quote":
            page.parts.append(f'<details class="quote"><summary>{QUOTE_TITLE}</summary>')
            page.block(block)
            page.parts.append("</details>")
        else:
            page.block(block)
    return page.html()


def render_mail(text: str, folds: Sequence[tuple[int, int]]) -> SafeString:
    """Return a message's text as HTML blocks, with these ranges folded. They must be in order."""
    if not folds:
        return render(text)
    parts: list[str] = []
    position = 0
    for start, end in folds:
        parts.append(_unfolded(text[position:start]))
        title = f"<summary>{MAIL_FOLD_TITLE}</summary>"
        parts.append(f'<details class="quote">{title}{_unfolded(text[start:end])}</details>')
        position = end
    parts.append(_unfolded(text[position:]))
    return mark_safe("".join(parts))  # noqa: S308  # nosec B308, B703  # each part is escaped


def _unfolded(text: str) -> SafeString:
    """Return a part of a text, with nothing folded in it."""
    page = _Page(text, ())
    for block in _blocks(text):
        page.block(block)
    return page.html()


def render_line(text: str, highlights: Sequence[Highlight] = ()) -> SafeString:
    """Return a title as HTML, with its highlights and nothing else."""
    page = _Page(text, highlights)
    page.plain(0, len(text))
    return page.html()


class _Page:
    """Writes parts of one text, from its beginning to its end."""

    def __init__(self, text: str, highlights: Sequence[Highlight]) -> None:
        self.text = text
        self.highlights = highlights
        self.next_highlight = 0
        self.parts: list[str] = []

    def html(self) -> SafeString:
        return mark_safe("".join(self.parts))  # noqa: S308  # nosec B308, B703  # `plain` escapes all of the text

    def block(self, block: _Block) -> None:
        if block.kind == "code":
            self.code(block)
        else:
            self.prose("p" if block.kind == "text" else "blockquote", block)

    def prose(self, tag: str, block: _Block) -> None:
        start, end = block.lines[0][0], block.lines[-1][1]
        self.parts.append(f'<{tag} dir="auto">')
        for opening, closing, length in _code_spans(self.text, start, end):
            self._linked(start, opening)
            self.parts.append("<code>")
            self.plain(opening + length, closing)
            self.parts.append("</code>")
            start = closing + length
        self._linked(start, end)
        self.parts.append(f"</{tag}>")

    def code(self, block: _Block) -> None:
        language = f' data-language="{escape(block.language)}"' if block.language else ""
        self.parts.append(f'<pre dir="ltr"{language}><code>')
        for index, (start, end) in enumerate(block.lines):
            self.parts.append("\n" if index else "")
            self.plain(start, end)
        self.parts.append("</code></pre>")

    def _linked(self, start: int, end: int) -> None:
        for first, last in _links(self.text, start, end):
            self.plain(start, first)
            address = escape(self.text[first:last])
            # A new tab: somebody may be writing on this page.
            self.parts.append(f'<a href="{address}" rel="nofollow noopener" target="_blank">')
            self.plain(first, last)
            self.parts.append("</a>")
            start = last
        self.plain(start, end)

    def plain(self, start: int, end: int) -> None:
        """Write the characters from `start` up to `end`, with the highlights in them."""
        while start < end:
            highlight = self._highlight_after(start)
            if highlight is None or highlight.start >= end:
                self.parts.append(escape(self.text[start:end]))
                return
            self.parts.append(escape(self.text[start : highlight.start]))
            part = slice(max(start, highlight.start), min(end, highlight.end))
            self.parts.append(f"<mark{highlight.attributes}>{escape(self.text[part])}</mark>")
            start = part.stop

    def _highlight_after(self, position: int) -> Highlight | None:
        """Return the first highlight that ends behind the position."""
        while self.next_highlight < len(self.highlights):
            highlight = self.highlights[self.next_highlight]
            if highlight.end > position:
                return highlight
            self.next_highlight += 1
        return None


# --- Blocks -------------------------------------------------------------------------


def _blocks(text: str) -> list[_Block]:
    """Split the text into blocks that have something to show."""
    blocks: list[_Block] = []
    for is_quote, group in groupby(_raw_blocks(text), key=lambda block: block.kind == "quote"):
        if not is_quote:
            blocks += _trimmed(group)
        elif blocks and blocks[-1].kind == "quote":  # only empty lines were between the two
            blocks[-1].lines.extend(line for block in group for line in block.lines)
        else:
            blocks.append(_Block("quote", [line for block in group for line in block.lines]))
    return blocks


def _trimmed(blocks: Iterable[_Block]) -> Iterator[_Block]:
    """Yield the blocks without empty lines around text, and without text that is empty."""
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind == "code":
            yield from group
            continue
        lines = [line for block in group for line in block.lines]
        filled = [index for index, (start, end) in enumerate(lines) if start < end]
        if filled:
            yield _Block("text", lines[filled[0] : filled[-1] + 1])


def _raw_blocks(text: str) -> Iterator[_Block]:
    """Yield blocks of any size. Lines that only have white space are empty."""
    lines = list(_lines(text))
    index = 0
    while index < len(lines):
        block, index = _block_at(text, lines, index)
        yield block


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line) if line and not line.isspace() else start
        start += len(line) + 1


def _block_at(text: str, lines: list[tuple[int, int]], index: int) -> tuple[_Block, int]:
    """Return the block that begins at this line, and the index of the line after it."""
    start, end = lines[index]
    if fence := FENCE.match(text[start:end]):
        block, after = _fenced(text, lines, index, fence)
        if block.lines:
            return block, after
        return _Block("text", lines[index:after]), after
    follows_gap = index == 0 or _is_empty(lines[index - 1])
    if follows_gap and start < end and INDENT.match(text, start):
        return _indented(text, lines, index)
    if QUOTED_LINE.match(text, start, end):
        return _Block("quote", [lines[index]]), index + 1
    if after := _attribution_end(text, lines, index):
        return _Block("quote", lines[index:after]), after
    return _Block("text", [lines[index]]), index + 1


def _is_empty(line: tuple[int, int]) -> bool:
    return line[0] == line[1]


def _fenced(
    text: str, lines: list[tuple[int, int]], index: int, fence: re.Match[str]
) -> tuple[_Block, int]:
    """Return a block between two lines of backticks. Without a second one it has no end."""
    start, end = lines[index]
    language = fence[2].strip()
    code: list[tuple[int, int]] = []
    if not LANGUAGE.fullmatch(language):  # the code begins beside the backticks
        code.append((start + fence.start(2), end))
        language = ""
    for current in range(index + 1, len(lines)):
        first, last = lines[current]
        line = text[first:last].rstrip()
        if line.endswith(fence[1]):
            content = line.rstrip("`")
            if content.strip():  # the code ends beside the backticks
                code.append((first, first + len(content)))
            return _Block("code", code, language), current + 1
        code.append((first, last))
    return _Block("code", code, language), len(lines)


def _indented(text: str, lines: list[tuple[int, int]], index: int) -> tuple[_Block, int]:
    code: list[tuple[int, int]] = []
    size = 0  # without the empty lines at the end
    for current in range(index, len(lines)):
        start, end = lines[current]
        if start == end:
            code.append((start, end))
        elif indent := INDENT.match(text, start):
            code.append((indent.end(), end))
            size = len(code)
        else:
            break
    return _Block("code", code[:size]), index + size


def _attribution_end(text: str, lines: list[tuple[int, int]], index: int) -> int:
    """Return the index behind the lines that say who wrote what follows; 0 if they do not.

    Where a program wrote them and no line below is marked, they include all that follows.
    """
    count = _attribution_lines(text, lines, index)
    if not count:
        return 0
    after = following = index + count
    while following < len(lines) and _is_empty(lines[following]):
        following += 1
    if following < len(lines) and QUOTED_LINE.match(text, *lines[following]):
        return after
    is_program = WRITTEN_BY_PROGRAM.search(text, lines[index][0], lines[after - 1][1])
    return len(lines) if is_program else 0


def _attribution_lines(text: str, lines: list[tuple[int, int]], index: int) -> int:
    """Return how many lines a "On ... wrote:" takes that begins here; 0 if none does."""
    start = lines[index][0]
    if not text.startswith(ATTRIBUTION_STARTS, start):
        return 0
    for count, (_, end) in enumerate(lines[index : index + MAX_ATTRIBUTION_LINES], start=1):
        if end - start > MAX_ATTRIBUTION_CHARS:
            return 0
        line = text[start:end].rstrip()
        if line.endswith(":") and ATTRIBUTION.fullmatch(line.replace("\n", " ")):
            return count
    return 0


# --- Links and code within lines ----------------------------------------------------


def _code_spans(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return the opening and closing position of each piece of code, and their length.

    As many backticks as opened it must close it, on the same line.
    """
    runs = list(BACKTICKS.finditer(text, start, end))
    closing: dict[int, int] = {}  # position of backticks -> position of those that close them
    latest: dict[int, int] = {}
    for ticks in reversed(runs):
        if ticks[0] == "\n":
            latest = {}
        else:
            if len(ticks[0]) in latest:
                closing[ticks.start()] = latest[len(ticks[0])]
            latest[len(ticks[0])] = ticks.start()
    spans = []
    for ticks in runs:
        opening, length = ticks.start(), len(ticks[0])
        if opening >= start and opening in closing:
            spans.append((opening, closing[opening], length))
            start = closing[opening] + length
    return spans


def _links(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each address begins and ends."""
    while scheme := LINK_START.search(text, start, end):
        start = _address_end(text, scheme.end(), end)
        address = text[scheme.start() : start].rstrip(TRAILING)
        if _is_link(address):
            yield scheme.start(), scheme.start() + len(address)


def _address_end(text: str, position: int, end: int) -> int:
    """Return where an address ends: before a bracket that it did not open, at the latest."""
    opened = dict.fromkeys(OPENED_BY.values(), 0)
    while part := ADDRESS_PART.match(text, position, end):
        if part[0] in opened:
            opened[part[0]] += 1
        elif part[0] in OPENED_BY:
            opened[OPENED_BY[part[0]]] -= 1
            if opened[OPENED_BY[part[0]]] < 0:
                break
        position = part.end()
    return position


def _is_link(address: str) -> bool:
    """Return whether a browser can follow it, and to where it seems to lead."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "mailto":
            return _is_mail(parts)
        _ = parts.port  # raises ValueError if it is not a port
    except ValueError:
        return False
    # "https://bank.example@evil.example" leads to the second one.
    is_plain = "@" not in parts.netloc
    return parts.scheme in ("http", "https") and is_plain and _has_letter(parts.hostname)


def _is_mail(parts: SplitResult) -> bool:
    name, at, domain = parts.path.partition("@")
    return bool(name and at and _has_letter(domain)) and "@" not in domain


def _has_letter(name: str | None) -> bool:
    return any(letter.isalnum() for letter in name or "")
