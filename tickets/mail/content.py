"""What a message contains: its text, its HTML and its attachments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import file_names
from .flowed import unflow
from .html import MAX_HTML_CHARS, HtmlText, to_text
from .mime import Flag, Part
from .tnef import read_tnef

TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
MAX_STUB_CHARS = 500
WORD = re.compile(r"\w+")
# What programs write into the plain text of a message that is readable in HTML only.
STUB = re.compile(
    r"\b(?:html|browser|navigateur|navegador)\b|view (?:this|the) (?:e-?mail|message)"
    r"|(?:mail|e-mail) ?(?:client|program|programm|reader)\b|display this (?:e-?mail|message)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file of a message. The name is clean; the type is what the sender says."""

    name: str
    type: str
    content: bytes = field(repr=False)
    content_id: str = ""

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Content:
    """The text to show, with the quotes that HTML marks in it, and everything else."""

    text: HtmlText
    plain: str
    html: str
    attachments: tuple[MessageFile, ...]


@dataclass(slots=True)
class _Version:
    """One text in plain, in HTML or in both."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)

    def best(self) -> HtmlText:
        plain, source = "\n".join(self.plain), "\n".join(self.html)
        if not self.html:
            return HtmlText(plain)
        read = to_text(source)
        if _may_be_stub(plain) and len(plain.strip()) < len(read.text.strip()):
            return read
        return HtmlText(plain, _quotes_of_html(plain, read))


def read_content(root: Part) -> tuple[Content, set[Flag]]:
    """Return what the message contains, and what of it could not be read."""
    reader = _Reader()
    reader.read(root, None)
    texts = [version.best() for version in reader.versions]
    plain = "\n\n".join(text for version in reader.versions for text in version.plain)
    source = "\n".join(text for version in reader.versions for text in version.html)
    return Content(_join(texts), plain, source, tuple(reader.attachments)), reader.flags


class _Reader:
    def __init__(self) -> None:
        self.versions: list[_Version] = []
        self.attachments: list[MessageFile] = []
        self.flags: set[Flag] = set()

    def read(self, part: Part, version: _Version | None) -> None:
        """Take a part. Within an alternative, all texts are versions of one."""
        if part.type == "multipart/alternative" and version is None:
            version = _Version()
            self.versions.append(version)
        for child in part.children:
            # Of a report or a signed message, each part is its own.
            self.read(child, version)
        if part.children or part.type.startswith("multipart/"):
            return
        if part.type in TNEF_TYPES or part.file_name.lower() == "winmail.dat":
            self._read_tnef(part)
        elif _is_text(part):
            self._add_text(part, version)
        elif part.body or part.file_name:
            self.attachments.append(_message_file(part))

    def _add_text(self, part: Part, version: _Version | None) -> None:
        if version is None:
            version = _Version()
            self.versions.append(version)
        text = part.text()
        if part.type == "text/html":
            version.html.append(text)
            if len(text) > MAX_HTML_CHARS:
                self.flags.add(Flag.TEXT_CUT)
        elif part.parameters.get("format", "").lower() == "flowed":
            delete_space = part.parameters.get("delsp", "").lower() == "yes"
            version.plain.append(unflow(text, delete_space=delete_space))
        else:
            version.plain.append(text)

    def _read_tnef(self, part: Part) -> None:
        """Take the files and the text out of a winmail.dat; keep it whole if that fails."""
        try:
            container = read_tnef(part.body)
        except ValueError:
            self.flags.add(Flag.UNREADABLE_TNEF)
            self.attachments.append(_message_file(part))
            return
        self.attachments += [
            MessageFile(file_names.clean(file.name), file.type, file.content, file.content_id)
            for file in container.files
        ]
        if container.plain or container.html:
            if not any(version.plain or version.html for version in self.versions):
                texts = ([text] if text else [] for text in (container.plain, container.html))
                self.versions.append(_Version(*texts))
        elif container.has_rtf:
            self.attachments.append(_message_file(part))


def _is_text(part: Part) -> bool:
    return (
        part.type in ("text/plain", "text/html", "text/enriched")
        and part.disposition != "attachment"
        and not part.file_name
    )


def _message_file(part: Part) -> MessageFile:
    media_type, name = part.type, part.file_name
    if not name and media_type == "message/rfc822":
        name = "message.eml"
    return MessageFile(file_names.clean(name, media_type), media_type, part.body, part.content_id)


def _may_be_stub(plain: str) -> bool:
    stripped = plain.strip()
    return not stripped or (len(stripped) <= MAX_STUB_CHARS and bool(STUB.search(stripped)))


def _quotes_of_html(plain: str, read: HtmlText) -> tuple[tuple[int, int], ...]:
    """Return what is quoted in the plain text, by the marks in the HTML of the same message.

    That is everything below the new text, if both versions begin with the same words.
    """
    if len(read.quotes) != 1 or read.text[read.quotes[0][1] :].strip():
        return ()
    end = 0
    matches = WORD.finditer(plain)
    for expected in WORD.findall(read.text[: read.quotes[0][0]]):
        match = next(matches, None)
        if match is None or match[0] != expected:
            return ()
        end = match.end()
    start = plain.find("\n", end) + 1
    return ((start, len(plain)),) if end and start else ()


def _join(texts: list[HtmlText]) -> HtmlText:
    parts: list[str] = []
    quotes: list[tuple[int, int]] = []
    length = 0
    for text in texts:
        if not text.text.strip():
            continue
        before = "\n\n" if parts else ""
        length += len(before)
        quotes += [(start + length, end + length) for start, end in text.quotes]
        parts.append(before + text.text)
        length += len(text.text)
    return HtmlText("".join(parts), tuple(quotes))
