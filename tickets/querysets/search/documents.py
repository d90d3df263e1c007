"""Questions about search documents."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from django.db import connection, models

DocumentT = TypeVar("DocumentT", bound=models.Model)
FREQUENT_WORDS = """
SELECT word, ndoc FROM ts_stat(%s) WHERE length(ltrim(word, '@')) BETWEEN %s AND %s
"""
NEWEST_DOCUMENTS = """
SELECT document FROM tickets_ticketdocument ORDER BY created_at DESC, ticket_id DESC LIMIT 2000
"""


class DocumentQuerySet(models.QuerySet[DocumentT]):
    def frequent_words(self, lengths: Collection[int]) -> dict[str, int]:
        """Return words of the newest tickets, each with how many of those have it.

        Only words that are about as long as one of these. Those of addresses also stand behind an
        `@`. One query.
        """
        with connection.cursor() as cursor:
            cursor.execute(FREQUENT_WORDS, [NEWEST_DOCUMENTS, min(lengths) - 2, max(lengths) + 2])
            return dict(cursor.fetchall())
