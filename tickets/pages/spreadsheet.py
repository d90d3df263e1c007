"""Tickets as CSV (RFC 4180), in which a spreadsheet finds no formula to run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from ..querysets import exported
from ..querysets.exported import ExportedRow
from ..vocabulary import Separator

BOM = "\ufeff"  # tells Excel that this is UTF-8
# The address of the ticket's page comes after its times.
URL_AT = exported.COLUMNS.index("waiting_for")
COLUMNS = (*exported.COLUMNS[:URL_AT], "url", *exported.COLUMNS[URL_AT:])
TEXTS_AT = [exported.COLUMNS.index(name) for name in exported.TEXTS]
LOCAL_TIMES = (*exported.TIMES, *exported.LATER_TIMES)
FORMULA_STARTS = frozenset("=+-@")
QUOTES = frozenset(
    "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033\uff02\uff07"
)
# A program that splits cells at another character than the separator sees new cells here. A minus
# or plus with a space after it is a list in the text. The first group is there if a formula
# follows. A match without one consumes all that could have led to it, so the time is linear.
HIDDEN_CELLS = {
    separator: re.compile(
        rf"""[{splitters}\t\r\n][{splitters}"'\s]*+((?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d]\S))?"""
    )
    for separator, splitters in ((Separator.COMMA, ";"), (Separator.SEMICOLON, ",;"))
}
CHARACTERS = {Separator.COMMA: ",", Separator.SEMICOLON: ";"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the table is written."""

    separator: Separator = Separator.COMMA
    sep_line: bool = False  # a first line such as "sep=;", by which spreadsheets split cells
    zone: tzinfo | None = None  # of additional columns with local times

    def lines(self, rows: Iterable[Iterable[Any]]) -> str:
        target = io.StringIO()
        csv.writer(target, delimiter=CHARACTERS[self.separator]).writerows(rows)
        return target.getvalue()

    def head(self) -> str:
        sep_line = f"sep={CHARACTERS[self.separator]}\r\n" if self.sep_line else ""
        local = [f"{name} ({self.zone})" for name in LOCAL_TIMES if self.zone]
        return BOM + sep_line + self.lines([(*COLUMNS, *local)])

    def row(self, ticket: ExportedRow, site: str) -> list[Any]:
        row = list(ticket)
        for index in TEXTS_AT:
            if row[index]:
                row[index] = escape_formula(row[index], self.separator)
        row.insert(URL_AT, f"{site}{row[0]}/")
        return row


def csv_chunks(
    batches: Iterable[list[ExportedRow]], list_url: str, layout: Layout | None = None
) -> Iterator[str]:
    """Yield the table in chunks of whole lines. The first has the column names and first rows.

    `list_url` is the address of the list, below which each ticket's page is.
    """
    layout = layout or Layout()
    text = layout.head()
    for batch in batches:
        yield text + layout.lines(layout.row(ticket, list_url) for ticket in batch)
        text = ""
    if text:
        yield text


def escape_formula(text: str, separator: Separator = Separator.COMMA) -> str:
    """Put an apostrophe wherever a spreadsheet would read a formula."""
    text = HIDDEN_CELLS[separator].sub(_defused, text)
    return f"'{text}" if _starts_formula(text) else text


def _defused(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"{match[0]}'"


def _starts_formula(text: str) -> bool:
    """Look behind quotes, white space and invisible characters, and at full-width letters."""
    if text[:1].isalnum():  # as nearly all do
        return False
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for letter in text:
        if unicodedata.normalize("NFKC", letter)[:1] in FORMULA_STARTS:
            return True
        # Skip separators and control characters.
        if letter not in QUOTES and unicodedata.category(letter)[0] not in "ZC":
            return False
    return False
