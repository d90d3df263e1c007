"""Read a file of labelled tickets, or explain in one sentence what is wrong with it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ...vocabulary import CATEGORIES, PREDICTED_FIELDS, PRIORITIES, SENTIMENTS

CHOICES = {"category": CATEGORIES, "priority": PRIORITIES, "sentiment": SENTIMENTS}
TEXTS = ("text", "title")
SOURCE = "source"
MAX_QUOTED_CHARS = 60  # of the file's data in a message
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,20})?")


class BadFile(Exception):
    """The file cannot be read. The message is one sentence, with the line if there is one."""


class Row(NamedTuple):
    """A ticket and its right values. At least one of them is known."""

    title: str
    text: str
    choices: Mapping[str, str]  # "category", "priority", "sentiment"
    urgency: float | None = None  # 0..100
    key: int = 0  # of a ticket of this desk, which must not be its own example
    source: str = ""  # where the text comes from


class Table(NamedTuple):
    rows: list[Row]
    left_out: int = 0  # rows without a text or without any label


def read(path: str, limit: int | None = None) -> Table:
    """Return the labelled rows of a CSV file in UTF-8, up to row `limit`, or raise BadFile."""
    content = _text(path)
    with _unlimited_fields():
        table = _table(content, limit)
    if not table.rows:
        raise BadFile("The file has no row with a text and a label.")
    return table


def _text(path: str) -> str:
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFile(f"{_quoted(path)} cannot be read: {reason}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile(f"Line {line}: the file is not UTF-8.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadFile(f"Line {line}: there is a NUL character.")
    return text


@contextmanager
def _unlimited_fields() -> Iterator[None]:
    """Let the csv module read long fields, which it refuses by default in the whole process."""
    previous = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(previous)


def _table(content: str, limit: int | None) -> Table:
    records = _records(content)
    line, header = next(records, (0, []))
    if not header:
        raise BadFile("The file is empty.")
    columns = _columns(line, header)
    parsed = [
        _row(line, columns, _cells(line, header, cells)) for line, cells in islice(records, limit)
    ]
    rows = [row for row in parsed if row is not None]
    return Table(rows, len(parsed) - len(rows))


def _records(content: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not empty, with the line on which it starts."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFile(f"Line {line}: not well-formed CSV: {error}.") from error
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(line: int, header: Sequence[str]) -> dict[str, int]:
    """Return the indexes of the known columns."""
    names = [name.strip().lower() for name in header]
    known = [name for name in names if name in (*TEXTS, *PREDICTED_FIELDS, SOURCE)]
    for name in known:
        if names.count(name) > 1:
            raise BadFile(f"Line {line}: there are two columns {name}.")
    if "text" not in known:
        raise BadFile(f"Line {line}: there is no column text, only {_quoted(', '.join(names))}.")
    if not set(known) & set(PREDICTED_FIELDS):
        raise BadFile(f"Line {line}: there is no column of labels: {', '.join(PREDICTED_FIELDS)}.")
    return {name: names.index(name) for name in known}


def _cells(line: int, header: Sequence[str], cells: list[str]) -> list[str]:
    if len(cells) > len(header):
        raise BadFile(f"Line {line}: {len(cells)} cells, but the header has {len(header)}.")
    return cells + [""] * (len(header) - len(cells))


def _row(line: int, columns: Mapping[str, int], cells: Sequence[str]) -> Row | None:
    """Return the row, or None if it has no text or no label."""
    values = {name: cells[index].strip() for name, index in columns.items()}
    choices = {name: _choice(line, name, values[name]) for name in CHOICES if values.get(name)}
    urgency = _urgency(line, values["urgency"]) if values.get("urgency") else None
    if not values["text"] or (not choices and urgency is None):
        return None
    # The texts are not stripped: the classifier sees spaces and line ends too.
    title = cells[columns["title"]] if "title" in columns else ""
    source = values.get(SOURCE, "")
    return Row(title, cells[columns["text"]], choices, urgency, source=source)


def _choice(line: int, name: str, value: str) -> str:
    if value.lower() not in CHOICES[name]:
        allowed = ", ".join(CHOICES[name])
        raise BadFile(f"Line {line}: {name} {_quoted(value)} is not one of {allowed}.")
    return value.lower()


def _urgency(line: int, value: str) -> float:
    if not _NUMBER.fullmatch(value) or float(value) > 100:
        raise BadFile(f"Line {line}: urgency {_quoted(value)} is not a number from 0 to 100.")
    return float(value)


def _quoted(value: str) -> str:
    """Quote data of the file in a message, on one line and shortened."""
    return repr(value if len(value) <= MAX_QUOTED_CHARS else value[:MAX_QUOTED_CHARS] + "...")
