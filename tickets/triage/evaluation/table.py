"""A file of labelled tickets -> rows, or one sentence that says what is wrong with it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..types import CATEGORIES, FIELDS, PRIORITIES, SENTIMENTS

CHOICES = {"category": CATEGORIES, "priority": PRIORITIES, "sentiment": SENTIMENTS}
TEXTS = ("text", "title")
MOST_NAMED = 60  # characters of somebody's data in a message
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,20})?")


class BadFile(Exception):
    """One sentence for whoever gave the file, with the line where there is one."""


class Row(NamedTuple):
    """A ticket, and what is known to be right about it: an empty mapping never occurs."""

    title: str
    text: str
    choices: Mapping[str, str]  # "category", "priority", "sentiment"
    urgency: float | None = None  # 0..100


class Table(NamedTuple):
    rows: list[Row]
    left_out: int = 0  # rows without a text or without any label


def read(path: str, limit: int | None = None) -> Table:
    """The labelled rows of a CSV file in UTF-8, from its first `limit` rows; or BadFile."""
    content = _text(path)
    with _any_length():
        table = _table(content, limit)
    if not table.rows:
        raise BadFile("The file has no row with a text and a label.")
    return table


def _text(path: str) -> str:
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFile(f"{_named(path)} cannot be read: {reason}.") from error
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
def _any_length() -> Iterator[None]:
    """The csv module refuses long fields by default, for the whole process."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _table(content: str, limit: int | None) -> Table:
    records = _records(content)
    line, header = next(records, (0, []))
    if not header:
        raise BadFile("The file is empty.")
    columns = _columns(line, header)
    found = [
        _row(line, columns, _cells(line, header, cells)) for line, cells in islice(records, limit)
    ]
    rows = [row for row in found if row is not None]
    return Table(rows, len(found) - len(rows))


def _records(content: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with anything in it, and the line on which it starts."""
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
    """Where each column stands that means something here."""
    names = [name.strip().lower() for name in header]
    known = [name for name in names if name in (*TEXTS, *FIELDS)]
    for name in known:
        if names.count(name) > 1:
            raise BadFile(f"Line {line}: there are two columns {name}.")
    if "text" not in known:
        raise BadFile(f"Line {line}: there is no column text, only {_named(', '.join(names))}.")
    if not set(known) & set(FIELDS):
        raise BadFile(f"Line {line}: there is no column of labels: {', '.join(FIELDS)}.")
    return {name: names.index(name) for name in known}


def _cells(line: int, header: Sequence[str], cells: list[str]) -> list[str]:
    if len(cells) > len(header):
        raise BadFile(f"Line {line}: {len(cells)} cells, but the header has {len(header)}.")
    return cells + [""] * (len(header) - len(cells))


def _row(line: int, columns: Mapping[str, int], cells: Sequence[str]) -> Row | None:
    """The row, or None when there is nothing to ask or nothing to judge by."""
    given = {name: cells[place].strip() for name, place in columns.items()}
    choices = {name: _choice(line, name, given[name]) for name in CHOICES if given.get(name)}
    urgency = _urgency(line, given["urgency"]) if given.get("urgency") else None
    if not given["text"] or (not choices and urgency is None):
        return None
    # The texts as they came: spaces and line ends are part of what the classifier sees.
    title = cells[columns["title"]] if "title" in columns else ""
    return Row(title, cells[columns["text"]], choices, urgency)


def _choice(line: int, name: str, value: str) -> str:
    if value.lower() not in CHOICES[name]:
        allowed = ", ".join(CHOICES[name])
        raise BadFile(f"Line {line}: {name} {_named(value)} is none of {allowed}.")
    return value.lower()


def _urgency(line: int, value: str) -> float:
    if not _NUMBER.fullmatch(value) or float(value) > 100:
        raise BadFile(f"Line {line}: urgency {_named(value)} is no number from 0 to 100.")
    return float(value)


def _named(value: str) -> str:
    """Somebody's data in a message: on one line, and not the whole of a long one."""
    return repr(value if len(value) <= MOST_NAMED else value[:MOST_NAMED] + "...")
