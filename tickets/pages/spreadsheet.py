"""Tickets as CSV (RFC 4180), in which a spreadsheet finds no formula to run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from ..models.ticket import Ticket
from ..vocabulary import Separator

BOM = "\ufeff"  # tells Excel that this is UTF-8
TIMES = ("created_at", "updated_at", "first_response_at", "resolved_at")
LATER_TIMES = ("waiting_since", "last_activity_at", "snoozed_until")
COLUMNS = (
    *("id", "title", "description", "category", "priority", "status", "sentiment"),
    *("urgency_score", "requester_email", "assignee"),
    *(*TIMES, "url", "waiting_for", *LATER_TIMES),
)
FORMULA_STARTS = frozenset("=+-@")
QUOTES = frozenset(
    "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033\uff02\uff07"
)
# A program that splits cells at another character than the separator sees new cells here. A minus
# or plus with a space after it is a list in the text.
HIDDEN_CELLS = {
    separator: re.compile(
        rf"""([{splitters}\t\r\n]["'\s]*)(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d]\S)"""
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

    @property
    def local_columns(self) -> list[str]:
        return [f"{name} ({self.zone})" for name in (*TIMES, *LATER_TIMES) if self.zone]

    def lines(self, rows: Iterable[Iterable[Any]]) -> str:
        target = io.StringIO()
        csv.writer(target, delimiter=CHARACTERS[self.separator]).writerows(rows)
        return target.getvalue()

    def head(self) -> str:
        sep_line = f"sep={CHARACTERS[self.separator]}\r\n" if self.sep_line else ""
        return BOM + sep_line + self.lines([(*COLUMNS, *self.local_columns)])

    def row(self, ticket: Ticket, site: str) -> list[Any]:
        def text(value: str) -> str:
            return escape_formula(value, self.separator)

        local = [getattr(ticket, name) for name in (*TIMES, *LATER_TIMES)] if self.zone else []
        return [
            ticket.pk,
            text(ticket.title),
            text(ticket.description),
            *(ticket.category, ticket.priority, ticket.status, ticket.sentiment),
            ticket.urgency_score,
            text(ticket.requester_email),
            text(ticket.assignee.get_username() if ticket.assignee else ""),
            *(_utc(getattr(ticket, name)) for name in TIMES),
            site.rstrip("/") + ticket.get_absolute_url(),
            ticket.waiting_for or "",
            *(_utc(getattr(ticket, name)) for name in LATER_TIMES),
            *(_local(moment, self.zone) for moment in local),
        ]


def csv_chunks(
    batches: Iterable[list[Ticket]], site: str, layout: Layout | None = None
) -> Iterator[str]:
    """Yield the table in chunks of whole lines. The first has the column names and first rows."""
    layout = layout or Layout()
    text = layout.head()
    for batch in batches:
        yield text + layout.lines(layout.row(ticket, site) for ticket in batch)
        text = ""
    if text:
        yield text


def escape_formula(text: str, separator: Separator = Separator.COMMA) -> str:
    """Put an apostrophe wherever a spreadsheet would read a formula."""
    text = HIDDEN_CELLS[separator].sub(r"\1'", text)
    return f"'{text}" if _starts_formula(text) else text


def _starts_formula(text: str) -> bool:
    """Look behind quotes, white space and invisible characters, and at full-width letters."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for letter in text:
        if unicodedata.normalize("NFKC", letter)[:1] in FORMULA_STARTS:
            return True
        # Skip separators and control characters.
        if letter not in QUOTES and unicodedata.category(letter)[0] not in "ZC":
            return False
    return False


def _utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _local(moment: datetime | None, zone: tzinfo | None) -> str:
    """Return a time that spreadsheets read as one. They know no offsets."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
