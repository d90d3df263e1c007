"""Which tickets speak of the same thing?"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, models

from .statuses import DONE, UNFINISHED

if TYPE_CHECKING:
    from ..models import Ticket

# How many words of a text and how many tickets are compared to find similar ones.
WORDS_COMPARED, LOOKED_AT = 24, 2000
# How near a ticket must be, and how many words it must share, so that no chance word makes a pair.
NEARNESS_NEEDED, WORDS_NEEDED = 0.1, 2
# Long words are the rarer ones; short ones count where they are written as names (VPN, 2FA).
WORD = re.compile(r"[^\W_]{4,}|\b[A-Z0-9]{2,3}\b")

# A word weighs the more, the fewer of the tickets looked at have it; nearness is the cosine of the
# two texts' weighted words (Manning, Raghavan, Schuetze: Introduction to Information Retrieval,
# 6.3), where each of the ticket's words is taken to weigh what the text's do on average. Each
# status has an index in the order of time, so that only the newest rows of each are ever read.
NEAREST = """
WITH words AS MATERIALIZED (
    SELECT unnest(tsvector_to_array(to_tsvector('simple', %(text)s))) AS word
), looked_at AS MATERIALIZED (
    SELECT id FROM unnest(%(statuses)s::text[]) wanted(status) CROSS JOIN LATERAL (
        SELECT id, created_at FROM tickets_ticket
        WHERE tickets_ticket.status = wanted.status AND id <> %(besides)s
        ORDER BY created_at DESC, id DESC LIMIT %(most)s
    ) newest ORDER BY created_at DESC, id DESC LIMIT %(most)s
), hits AS MATERIALIZED (
    SELECT ticket.id, words.word, length(ticket.document) AS words
    FROM looked_at JOIN tickets_ticket ticket USING (id)
    CROSS JOIN LATERAL unnest(tsvector_to_array(ticket.document)) found(word)
    JOIN words USING (word)
), weights AS MATERIALIZED (
    SELECT word, ln(1 + (SELECT count(*) FROM looked_at) / greatest(count(id), 1.0)) AS weight
    FROM words LEFT JOIN hits USING (word) GROUP BY word
), nearness AS (
    SELECT id, count(*) AS shared, sum(weight ^ 2) / sqrt(max(words)) * (
        SELECT sqrt(count(*)) / sum(weight ^ 2) FROM weights
    ) AS near FROM hits JOIN weights USING (word) GROUP BY id
)
SELECT id FROM nearness
WHERE near >= %(near)s AND shared >= least(%(shared)s, (SELECT count(*) FROM weights))
ORDER BY near DESC, id DESC LIMIT %(limit)s
"""


class SimilarQuerySet(models.QuerySet["Ticket"]):
    def similar_to(
        self, text: str, limit: int, *, solved: bool = False, besides: int = 0
    ) -> list[Ticket]:
        """Unfinished (or `solved`) tickets that share words with the text, the nearest first.

        Without the ticket `besides`. Only the newest tickets are looked at, so that this costs
        the same however many there are. In two queries.
        """
        words = words_compared(text)
        if not words:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                NEAREST,
                {
                    "text": " ".join(words),
                    "statuses": list(DONE if solved else UNFINISHED),
                    "besides": besides,
                    "most": LOOKED_AT,
                    "near": NEARNESS_NEEDED,
                    "shared": WORDS_NEEDED,
                    "limit": limit,
                },
            )
            numbers = [row[0] for row in cursor.fetchall()]
        found = self.model._default_manager.defer("document").in_bulk(numbers)
        return [found[number] for number in numbers if number in found]


def words_compared(text: str) -> list[str]:
    """The words of a text that say what it is about: those it repeats, then the longest."""
    counts = Counter(word.lower() for word in WORD.findall(text))
    return sorted(counts, key=lambda word: (-counts[word], -len(word)))[:WORDS_COMPARED]


def last_replies(numbers: list[int]) -> dict[int, Any]:
    """The latest public reply of an agent to each of these tickets that has one."""
    comments = apps.get_model("tickets", "Comment").objects.filter(ticket__in=numbers)
    replies = comments.filter(public=True, author_role="agent").select_related("author")
    latest = replies.order_by("ticket", "-created_at", "-pk").distinct("ticket")
    return {reply.ticket_id: reply for reply in latest}
