"""Turn the HTML of a message into text, and remember where mail programs quote.

A reader of tags, not a tree: trees follow the rules of browsers, and these open unclosed tags again
in each paragraph, so that they may grow with the square of the message. Here every character is
read once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A name and a value of an attribute. The look-behind starts each attempt at the beginning of a
# name, so that a long one is not read again from each of its letters.
ATTRIBUTE = re.compile(
    r"""(?<![a-z-])([a-z-]{1,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I
)
TAG = re.compile(r"(/?)([a-z][a-z0-9:]{0,30})", re.I)
# Any other "<" is text.
TAG_START = re.compile(r"<(?=/?[a-z]|[!?])", re.I)
STOP = re.compile(r"[>\"']")
SPACES = re.compile(r"[ \t\n\r\f]+")
LONG_NUMBER = re.compile(r"&#x?[0-9a-f]{8,};?", re.I)  # no character, and Python raises on some
BLOCKS = {
    *("address", "article", "aside", "center", "dd", "details", "div", "dl", "dt", "fieldset"),
    *("figure", "footer", "form", "header", "li", "main", "nav", "section", "table", "tr", "body"),
}
# Blocks with an empty line around them.
PARAGRAPHS = {"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "pre", "ul"}
INVISIBLE = {"head", "object", "script", "style", "svg", "template", "title"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
MAX_HTML_CHARS = 2_000_000  # that are turned into text
MAX_OPEN = 10_000  # elements that are open at once; more of them mark no quotes

# How mail programs mark what they quote: whole elements, and elements after which all is quoted.
QUOTE_CLASSES = {
    *("gmail_quote", "gmail_quote_container", "gmail_extra", "yahoo_quoted", "protonmail_quote"),
    *("zmail_extra", "tutanota_quote", "mimestream_quote"),
}
QUOTE_START_CLASSES = {"outlookmessageheader", "moz-forward-container"}
QUOTE_START_IDS = {"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"}
ATTRIBUTION_CLASSES = {"gmail_attr", "moz-cite-prefix", "yahoo_quoted_header"}
# The line that Outlook for Windows draws above the message it quotes.
OUTLOOK_LINE = re.compile(r"border:\s*none;\s*border-top:\s*solid\s*#(?:E1E1E1|B5C4DF)", re.I)


@dataclass(frozen=True, slots=True)
class HtmlText:
    """The text, and the ranges in it that are quoted: positions in order."""

    text: str
    quotes: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet. `kind` says how it quotes."""

    name: str
    start: int
    kind: str = ""  # "", "quote", "container" or "attribution"
    inner: int = -1  # where the last quote inside ended


def to_text(source: str) -> HtmlText:
    """Return the text of a page as it would be read, with a line for each block."""
    return _Writer().read(source)


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.newlines = 2  # at the end of the text so far; more than two are never written
        self.wanted_newlines = 0  # before the next word
        self.space = False  # before the next word
        self.open: list[_Open] = []
        self.counts: dict[str, int] = {}
        self.invisible = self.pre = 0
        self.quotes: list[tuple[int, int]] = []
        self.quoted_from = -1
        self.link = ""
        self.link_start = 0

    def read(self, source: str) -> HtmlText:
        for is_tag, token in _tokens(source[:MAX_HTML_CHARS]):
            if not is_tag:
                self._text(token)
            elif match := TAG.match(token):
                name = match[2].lower()
                if match[1]:
                    self._close(name)
                else:
                    self._start(name, token)
        while self.open:
            self._leave(self.open.pop())
        if self.quoted_from >= 0:
            self.quotes.append((self.quoted_from, self.length))
        return HtmlText("".join(self.parts), tuple(_merged(self.quotes)))

    # --- writing ---

    def _text(self, source: str) -> None:
        if self.invisible:
            return
        text = html.unescape(LONG_NUMBER.sub("\ufffd", source)).replace("\xa0", " ")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if self.pre:
            self._write(text)
            return
        collapsed = SPACES.sub(" ", text)
        if collapsed.startswith(" "):
            self.space = True
        if collapsed.strip(" "):
            self._write(collapsed.strip(" "))
            self.space = collapsed.endswith(" ")

    def _write(self, text: str) -> None:
        if not text:
            return
        before = "\n" * max(self.wanted_newlines - self.newlines, 0)
        if not before and self.space and not self.newlines:
            before = " "
        self._put(before + text)
        self.newlines = len(text) - len(text.rstrip("\n"))
        self.wanted_newlines, self.space = 0, False

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def _break(self, lines: int) -> None:
        if lines:
            self.wanted_newlines = max(self.wanted_newlines, lines)
            self.space = False

    def _here(self) -> int:
        """Return the position of the next word, with the line ends before it written."""
        before = "\n" * max(self.wanted_newlines - self.newlines, 0)
        self._put(before)
        self.newlines += len(before)
        self.wanted_newlines = 0
        return self.length

    # --- elements ---

    def _start(self, name: str, tag: str) -> None:
        if name == "br":
            self._line_end()
            return
        if name == "img":
            self._image(tag)
            return
        self._break(2 if name in PARAGRAPHS else 1 if name in BLOCKS else 0)
        if name in ("td", "th"):
            self.space = True
        if name == "li":
            self._write("- ")
            self.newlines = 2  # no space and no line end after the dash
        if name == "a":
            self.link, self.link_start = _attributes(tag).get("href", "").strip(), len(self.parts)
        if name in VOID or tag.endswith("/"):
            return
        if len(self.open) < MAX_OPEN:
            self.open.append(self._opened(name, tag))
            self.counts[name] = self.counts.get(name, 0) + 1
            self.invisible += name in INVISIBLE
            self.pre += name in ("pre", "textarea")

    def _opened(self, name: str, tag: str) -> _Open:
        if self.invisible or name not in ("div", "blockquote", "span", "table", "p", "td", "body"):
            return _Open(name, self.length)
        attributes = _attributes(tag)
        classes = set(attributes.get("class", "").lower().split())
        element_id = attributes.get("id", "").lower().removeprefix("x_")
        if (
            classes & QUOTE_START_CLASSES
            or element_id in QUOTE_START_IDS
            or OUTLOOK_LINE.search(attributes.get("style", "")[:300])
        ) and self.quoted_from < 0:
            self.quoted_from = self._here()
        if name == "blockquote" and (
            attributes.get("type", "").lower() == "cite"
            or classes & QUOTE_CLASSES
            or any(element.kind for element in self.open[-20:])
        ):
            return _Open(name, self._here(), "quote")
        if classes & ATTRIBUTION_CLASSES:
            return _Open(name, self._here(), "attribution")
        if classes & QUOTE_CLASSES or element_id.startswith("yahoo_quoted"):
            return _Open(name, self._here(), "container")
        return _Open(name, self.length)

    def _close(self, name: str) -> None:
        if name == "br":
            self._line_end()
        elif self.counts.get(name):
            while self.open:
                element = self.open.pop()
                self._leave(element)
                if element.name == name:
                    break
        if name == "a":
            self._link_end()
        self._break(2 if name in PARAGRAPHS else 1 if name in BLOCKS else 0)

    def _leave(self, element: _Open) -> None:
        self.counts[element.name] -= 1
        self.invisible -= element.name in INVISIBLE
        self.pre -= element.name in ("pre", "textarea")
        if not element.kind:
            return
        if element.kind == "container" and element.inner >= 0:
            # What follows the quotes in here was written below or between them.
            self.quotes.append((element.start, element.inner))
            return
        self.quotes.append((element.start, self.length))
        if element.kind == "quote":
            outer = next((other for other in reversed(self.open[-20:]) if other.kind), None)
            if outer is not None and outer.kind == "container" and outer.inner < 0:
                outer.inner = self.length

    def _line_end(self) -> None:
        if self.invisible:
            return
        if self.wanted_newlines > self.newlines:
            self._here()
        if self.newlines < 3:
            self._put("\n")
            self.newlines += 1
        self.space = False

    def _image(self, tag: str) -> None:
        alternative = _attributes(tag).get("alt", "").strip()
        if alternative and not self.invisible:
            self._write(f"[{SPACES.sub(' ', alternative)}]")

    def _link_end(self) -> None:
        address, self.link = self.link, ""
        if address.lower().startswith(("http://", "https://")) and not self.invisible:
            text = "".join(self.parts[self.link_start :]).strip()
            label = text.removesuffix("/").removeprefix("https://").removeprefix("http://")
            if text and label not in address:
                self.space = True
                self._write(f"<{address}>")


def _tokens(source: str) -> Iterator[tuple[bool, str]]:
    """Yield (False, text) and (True, tag without its angle brackets)."""
    position, length = 0, len(source)
    tags = _TagEnds(source)
    while position < length:
        match = TAG_START.search(source, position)
        if match is None or match.start() > tags.last[">"]:
            yield False, source[position:]
            return
        if match.start() > position:
            yield False, source[position : match.start()]
        position, tag = tags.read(match.start())
        yield True, tag


class _TagEnds:
    """Finds the end of a tag or comment. A search that failed once is not tried again."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.last = {mark: source.rfind(mark) for mark in (">", '"', "'", "-->")}
        self.are_quotes_closed = True

    def read(self, start: int) -> tuple[int, str]:
        """Return where the text goes on, and the tag; "" for a comment."""
        source = self.source
        if source.startswith("<!--", start) and start < self.last["-->"]:
            return source.find("-->", start) + 3, ""
        end = self._end(start) if self.are_quotes_closed else -1
        if end < 0:
            self.are_quotes_closed = False
            end = source.find(">", start)
        return end + 1, source[start + 1 : end]

    def _end(self, start: int) -> int:
        """Return where the tag ends, past quoted values; -1 if a quote is never closed."""
        position = start
        while match := STOP.search(self.source, position):
            if match[0] == ">":
                return match.start()
            if match.start() >= self.last[match[0]]:
                return -1
            position = self.source.find(match[0], match.end()) + 1
        return -1


def _attributes(tag: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(tag[:4000]):
        value = match[2] or match[3] or match[4] or ""
        values.setdefault(match[1].lower(), html.unescape(LONG_NUMBER.sub("", value)))
    return values


def _merged(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the ranges in order, without those that lie in others."""
    end = -1
    for start, stop in sorted(ranges, key=lambda item: (item[0], -item[1])):
        if stop > max(end, start):
            yield max(start, end), stop
            end = stop
