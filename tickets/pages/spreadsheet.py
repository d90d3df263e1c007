"""Tickets as CSV (RFC 4180) that a spreadsheet opens without running anything of it."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from tickets.models import Ticket

BOM = "\ufeff"  # by it Excel knows UTF-8
COLUMNS = (
    *("id", "title", "description", "category", "priority", "status", "sentiment"),
    *("urgency_score", "requester_email", "assignee"),
    *("created_at", "updated_at", "first_response_at", "resolved_at", "url"),
)
FORMULA = frozenset("=+-@")
QUOTES = frozenset(
    "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2032\u2033\uff02\uff07"
)
# A program that cuts cells at other characters than the comma would see these as new cells.
# A minus or plus and a space is a list in somebody's text.
CELL = re.compile(r"""([;\t\r\n]["'\s]*)(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d]\S)""")


def lines(chunks: Iterable[list[Ticket]], site: str) -> Iterator[str]:
    """The table in parts, each of whole lines; the first part has the names and first rows."""
    text = BOM + _lines([COLUMNS])
    for chunk in chunks:
        yield text + _lines(_row(ticket, site) for ticket in chunk)
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
        harmless(ticket.title),
        harmless(ticket.description),
        *(ticket.category, ticket.priority, ticket.status, ticket.sentiment),
        ticket.urgency_score,
        harmless(ticket.requester_email),
        harmless(ticket.assignee.get_username() if ticket.assignee else ""),
        *(
            _moment(moment)
            for moment in (
                *(ticket.created_at, ticket.updated_at),
                *(ticket.first_response_at, ticket.resolved_at),
            )
        ),
        site.rstrip("/") + ticket.get_absolute_url(),
    ]


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would read a formula."""
    text = CELL.sub(r"\1'", text)
    return f"'{text}" if _begins_a_formula(text) else text


def _begins_a_formula(text: str) -> bool:
    """Also behind quotes, white space and what cannot be seen, and in full-width letters."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for letter in text:
        if unicodedata.normalize("NFKC", letter)[:1] in FORMULA:
            return True
        # Separators and whatever has no shape of its own.
        if letter not in QUOTES and unicodedata.category(letter)[0] not in "ZC":
            return False
    return False


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
