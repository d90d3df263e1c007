"""Tickets as CSV (RFC 4180), in which a spreadsheet finds no formula to run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..models.ticket import Ticket

BOM = "\ufeff"  # tells Excel that this is UTF-8
COLUMNS = (
    *("id", "title", "description", "category", "priority", "status", "sentiment"),
    *("urgency_score", "requester_email", "assignee"),
    *("created_at", "updated_at", "first_response_at", "resolved_at", "url"),
    *("waiting_for", "waiting_since", "last_activity_at", "snoozed_until"),
)
FORMULA_STARTS = frozenset("=+-@")
QUOTES = frozenset(
    "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033\uff02\uff07"
)
# A program that splits cells at other characters than the comma sees new cells here. A minus or
# plus with a space after it is a list in the text.
HIDDEN_CELL = re.compile(r"""([;\t\r\n]["'\s]*)(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d]\S)""")


def csv_chunks(batches: Iterable[list[Ticket]], site: str) -> Iterator[str]:
    """Yield the table in chunks of whole lines. The first has the column names and first rows."""
    text = BOM + _lines([COLUMNS])
    for batch in batches:
        yield text + _lines(_row(ticket, site) for ticket in batch)
        text = ""
    if text:
        yield text


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def _row(ticket: Ticket, site: str) -> list[Any]:
    return [
        ticket.pk,
        escape_formula(ticket.title),
        escape_formula(ticket.description),
        *(ticket.category, ticket.priority, ticket.status, ticket.sentiment),
        ticket.urgency_score,
        escape_formula(ticket.requester_email),
        escape_formula(ticket.assignee.get_username() if ticket.assignee else ""),
        *(
            _time(moment)
            for moment in (
                *(ticket.created_at, ticket.updated_at),
                *(ticket.first_response_at, ticket.resolved_at),
            )
        ),
        site.rstrip("/") + ticket.get_absolute_url(),
        ticket.waiting_for or "",
        *map(_time, (ticket.waiting_since, ticket.last_activity_at, ticket.snoozed_until)),
    ]


def escape_formula(text: str) -> str:
    """Put an apostrophe wherever a spreadsheet would read a formula."""
    text = HIDDEN_CELL.sub(r"\1'", text)
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


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
