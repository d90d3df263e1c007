"""Erase the events of deleted tickets. A row for each says who did so, and when."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.db import connection

from ..transactions import unread
from .trail import AuditContext


def erase_events(ticket_ids: Collection[int], context: AuditContext) -> None:
    """Erase what the audit trail has of these tickets, their comments, participants and files.

    Call it in the transaction that has deleted them: the events of tickets that exist cannot be
    erased.
    """
    with unread(), connection.cursor() as cursor:
        values: list[Any] = [list(ticket_ids), json.dumps(context)]
        cursor.execute("SELECT tickets_erase_events(%s, %s::jsonb)", values)
