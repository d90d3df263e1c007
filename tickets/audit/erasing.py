"""Erase the events of deleted tickets, and empty others. A row for each says who did so."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from ..transactions import unread
from ..vocabulary import ErasureKind
from .trail import AuditContext


def erase_events(ticket_ids: Collection[int], context: AuditContext) -> None:
    """Erase what the audit trail has of these tickets, their comments, participants and files.

    Call it in the transaction that has deleted them: the events of tickets that exist cannot be
    erased.
    """
    with unread(), connection.cursor() as cursor:
        values: list[Any] = [list(ticket_ids), json.dumps(context)]
        cursor.execute("SELECT tickets_erase_events(%s, %s::jsonb)", values)


def empty_events(
    ticket_ids: Collection[int],
    context: AuditContext,
    *,
    kind: ErasureKind,
    fields: Collection[str] = (),
    comment_ids: Collection[int] = (),
    attachment_ids: Collection[UUID] = (),
) -> None:
    """Take texts from the events of tickets, and of comments and files, wherever they were.

    Each event then says what its row says now, so call it after the row was changed or deleted.
    `fields` are columns of the ticket, or "participants" for those who take part no more. What
    happened and when stays. At least one ticket must be named.
    """
    with unread(), connection.cursor() as cursor:
        values: list[Any] = [
            *(list(ticket_ids), list(fields), list(comment_ids), list(attachment_ids)),
            *(kind, json.dumps(context)),
        ]
        cursor.execute(
            "SELECT tickets_empty_events("
            "%s::bigint[], %s::text[], %s::bigint[], %s::uuid[], %s, %s::jsonb)",
            values,
        )


def erase_address(addresses: Collection[str], keyed_hash: str, context: AuditContext) -> None:
    """Take addresses, in these spellings, from all events, and note their hash.

    Raise IntegrityError if somebody still has one of them.
    """
    with connection.cursor() as cursor:
        values: list[Any] = [list(addresses), keyed_hash, json.dumps(context)]
        cursor.execute("SELECT tickets_erase_address(%s::text[], %s, %s::jsonb)", values)


def prune_events(days: int, limit: int) -> int:
    """Delete the events of finished tickets that nobody has changed for so many days, 30 or more.

    Return how many tickets those were, at most `limit`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tickets_prune_events(%s, %s)", [days, limit])
        [tickets] = cursor.fetchone() or (0,)
    return int(tickets)
