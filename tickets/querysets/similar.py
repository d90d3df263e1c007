"""Which texts are about the same thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import Any, Self, TypeVar

from django.db import connection, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from ..vocabulary import ACTIVE_STATUSES, FINISHED_STATUSES

TicketT = TypeVar("TicketT", bound=models.Model)

# How many words of a text, and how many of the newest tickets, are compared.
MAX_WORDS, MAX_CANDIDATES = 24, 500
# How similar a ticket must be, and how many words it must share, so that one word by chance is
# not enough.
MIN_SIMILARITY, MIN_SHARED_WORDS = 0.1, 2
# Long words are the rarer ones. Short ones count if they are written as names (VPN, 2FA).
WORD = re.compile(r"[^\W_]{4,}|\b[A-Z0-9]{2,3}\b")

# The rarer a word is among the candidates of a kind, the more it weighs. The similarity is the
# cosine of the two texts' weighted words (Manning, Raghavan, Schuetze: Introduction to Information
# Retrieval, 6.3); each word of a candidate is taken to weigh what the text's words do on average.
NEAREST = """
WITH words AS MATERIALIZED (
    SELECT unnest(tsvector_to_array(tickets_search_vector(%(text)s, 'A'))) AS word
), candidates AS MATERIALIZED ({candidates}), hits AS MATERIALIZED (
    SELECT id, kind, words.word, length(document) AS words
    FROM candidates CROSS JOIN LATERAL unnest(tsvector_to_array(document)) found(word)
    JOIN words USING (word)
), weights AS MATERIALIZED (
    SELECT kind, word, ln(1 + candidates / greatest(count(id), 1.0)) AS weight
    FROM (SELECT kind, count(*) AS candidates FROM candidates GROUP BY kind) kinds CROSS JOIN words
    LEFT JOIN hits USING (kind, word) GROUP BY kind, word, candidates
), own AS (
    SELECT kind, count(*) AS words, sqrt(count(*)) / sum(weight ^ 2) AS norm
    FROM weights GROUP BY kind
), nearness AS (
    SELECT id, kind, count(*) AS shared, sum(weight ^ 2) / sqrt(max(hits.words)) * norm AS near
    FROM hits JOIN weights USING (kind, word) JOIN own USING (kind) GROUP BY id, kind, norm
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY near DESC, id DESC) AS position
    FROM nearness JOIN own USING (kind)
    WHERE near >= %(near)s AND shared >= least(%(shared)s, words)
)
SELECT id, near FROM ranked WHERE position <= %(limit)s
ORDER BY kind, near DESC, id DESC
"""
# Of documents the words of title and description count. Each status has an index by time, so only
# the newest rows of each are read.
NEWEST_TICKETS = """
    SELECT id, kind, ts_filter(document, '{a,b}') AS document FROM (
        SELECT kind, id FROM (
            VALUES (0, %(finished)s::text[]), (1, %(active)s::text[])
        ) kinds(kind, statuses) CROSS JOIN LATERAL (
            SELECT newest.* FROM unnest(statuses) wanted(status) CROSS JOIN LATERAL (
                SELECT id, created_at FROM tickets_ticket
                WHERE tickets_ticket.status = wanted.status AND id <> %(excluded)s
                    AND NOT spam AND merged_into_id IS NULL
                ORDER BY created_at DESC, id DESC LIMIT %(newest)s
            ) newest ORDER BY created_at DESC, id DESC LIMIT %(newest)s
        ) newest
    ) newest JOIN tickets_ticketdocument ON ticket_id = id
"""

THESE_TICKETS = """
    SELECT id, 0 AS kind, ts_filter(document, '{a,b}') AS document
    FROM tickets_ticket JOIN tickets_ticketdocument ON ticket_id = id
    WHERE id = ANY(%(ids)s) AND NOT spam AND merged_into_id IS NULL
"""


class SimilarQuerySet(models.QuerySet[TicketT]):
    def similar_to(self, text: str, limit: int) -> list[TicketT]:
        """Return active tickets that share words with the text, best first. Two queries."""
        ids = list(self.sharing_words(text, limit))
        rows = self.model._default_manager.in_bulk(ids)
        return [rows[ticket_id] for ticket_id in ids if ticket_id in rows]

    def sharing_words(
        self, text: str, limit: int, *, finished: bool = False, exclude: int = 0
    ) -> dict[int, float]:
        """Return active tickets that share words with the text, best first; up to `limit`.

        With `finished`, as many finished ones come before them. By their ids; the values are their
        similarities, 0..1. Leaves out the ticket `exclude`. Only the newest tickets are compared,
        so the cost does not depend on how many there are. One query.
        """
        return nearest(
            text,
            NEWEST_TICKETS,
            limit,
            active=list(ACTIVE_STATUSES),
            finished=list(FINISHED_STATUSES) if finished else [],
            excluded=exclude,
            newest=MAX_CANDIDATES // 2 if finished else MAX_CANDIDATES,
        )

    def words_shared_by(self, ids: Collection[int], text: str) -> dict[int, float]:
        """Return which of these tickets share words with the text, and how similar they are, 0..1.

        The rarer a word is among them, the more it counts. One query.
        """
        return nearest(text, THESE_TICKETS, len(ids), ids=list(ids))

    def with_twin(self) -> Self:
        """Return the tickets, each with `twin`: the number of one that is possibly the same.

        None if there is none.
        """
        matches: Any = self.model._meta.get_field("matches").related_model
        pairs = matches.objects.filter(possibly_same=True).order_by("-similarity", "-pk")
        earlier = pairs.filter(ticket=OuterRef("pk"), other__spam=False, other__merged_into=None)
        later = pairs.filter(other=OuterRef("pk"), ticket__spam=False, ticket__merged_into=None)
        twin = Coalesce(Subquery(earlier.values("other")[:1]), Subquery(later.values("ticket")[:1]))
        return self.annotate(twin=twin)


def nearest(text: str, candidates: str, limit: int, **parameters: Any) -> dict[int, float]:
    """Return the candidates that share words with the text by their ids, best first.

    The values are similarities, 0..1. `candidates` is SQL that selects `id`, `kind` and `document`
    (a tsvector) of each. Those of a lower kind come first, and the limit is that of each kind. One
    query.
    """
    distinctive = distinctive_words(text)
    if not distinctive:
        return {}
    values: dict[str, Any] = {
        "text": " ".join(distinctive),
        "near": MIN_SIMILARITY,
        "shared": MIN_SHARED_WORDS,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(NEAREST.format(candidates=candidates), values | parameters)
        return {ticket_id: float(near) for ticket_id, near in cursor.fetchall()}


def distinctive_words(text: str) -> list[str]:
    """Return the words that tell what a text is about: the repeated ones, then the longest."""
    counts = Counter(word.lower() for word in WORD.findall(text))
    return sorted(counts, key=lambda word: (-counts[word], -len(word)))[:MAX_WORDS]
