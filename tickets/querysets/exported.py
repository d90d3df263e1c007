"""Tickets as rows of the CSV export. PostgreSQL writes their times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any

from django.db import models
from django.db.models import F, Func, Value

from .turns import whose_turn

TIMES = ("created_at", "updated_at", "first_response_at", "resolved_at")
LATER_TIMES = ("waiting_since", "last_activity_at", "snoozed_until")
TEXTS = ("title", "description", "requester_email", "assignee")
# "assignee" is the username, "waiting_for" a WaitingFor.
COLUMNS = (
    *("id", "title", "description", "category", "priority", "status", "sentiment"),
    *("urgency_score", "requester_email", "assignee", *TIMES, "waiting_for", *LATER_TIMES),
)

ExportedRow = tuple[Any, ...]


class WrittenTime(Func):
    """A time in this zone, as TO_CHAR writes it. NULL stays NULL."""

    template = "TO_CHAR(%(expressions)s)"
    output_field = models.TextField()

    def __init__(self, column: str, zone: str, pattern: str) -> None:
        local = Func(Value(zone), F(column), function="TIMEZONE", output_field=self.output_field)
        super().__init__(local, Value(pattern))


def exported_rows(tickets: Any, ids: Iterable[int], zone: tzinfo | None) -> list[ExportedRow]:
    """Return these tickets in this order: the COLUMNS, and with a zone all times in it.

    Leave out tickets that have been deleted. One query.
    """
    columns: list[Any] = [_column(name) for name in COLUMNS]
    if zone:
        # Spreadsheets read this as a time. They know no offsets.
        columns += [
            WrittenTime(name, str(zone), "YYYY-MM-DD HH24:MI:SS") for name in (*TIMES, *LATER_TIMES)
        ]
    rows = {row[0]: row for row in tickets.filter(pk__in=ids).values_list(*columns)}
    return [rows[ticket_id] for ticket_id in ids if ticket_id in rows]


def _column(name: str) -> Any:
    if name in TIMES or name in LATER_TIMES:
        return WrittenTime(name, "UTC", 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    if name == "waiting_for":
        return whose_turn()
    return F("assignee__username" if name == "assignee" else name)
