"""Questions about predictions and feedback. The triage report is in `triage_counts.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar, cast

from django.db import connection, models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from ..transactions import unread
from ..vocabulary import PredictionUse
from .listed import CountedQuerySet

PredictionT = TypeVar("PredictionT", bound=models.Model)
FeedbackT = TypeVar("FeedbackT", bound=models.Model)

UNATTACHED_LIFETIME = timedelta(days=30)
EVIDENCE_LIFETIME = timedelta(days=1)
MAX_CLAIMS = 100  # of a field
JUDGED = ~Q(final_value="")
CORRECT = JUDGED & Q(final_value=F("value"))
DECIDING = ~Q(use=PredictionUse.SHADOW)


class PredictionQuerySet(CountedQuerySet[PredictionT]):
    def deciding(self) -> Self:
        """Return what was shown or applied, without the shadow's predictions."""
        return self.filter(DECIDING)

    def claims(self, field: str) -> Iterable[tuple[str, str, float, bool]]:
        """Return the latest judged predictions of a field for which a model stated a confidence.

        Field, model, that confidence, and whether an agent decided the same.
        """
        judged = self.filter(JUDGED, field=field, claimed__isnull=False).order_by("-final_at")
        is_right = models.ExpressionWrapper(CORRECT, models.BooleanField())
        columns = judged.values_list("field", "model", "claimed", is_right)
        return cast("Iterable[tuple[str, str, float, bool]]", columns[:MAX_CLAIMS])

    def with_like(self) -> Self:
        """Annotate `like`: `like_ticket`, if that is still in agents' lists."""
        tickets: Any = self.model._meta.get_field("ticket").related_model
        return self.annotate(
            like=Subquery(tickets.objects.filter(pk=OuterRef("like_ticket")).values("pk"))
        )

    def purge(self) -> int:
        """Delete suggestions that were never sent, and well before that the texts they quote.

        Return how many were deleted.
        """
        unattached, now = self.filter(ticket=None), timezone.now()
        unattached.filter(created_at__lt=now - EVIDENCE_LIFETIME).exclude(evidence=[]).update(
            evidence=[]
        )
        return unattached.filter(created_at__lt=now - UNATTACHED_LIFETIME).delete()[0]


# Each decision judges its predictions. The same one again changes neither them nor the feedback.
STORE_DECISIONS = """
WITH decided (field, value) AS (SELECT * FROM unnest(%(fields)s::text[], %(values)s::text[])),
judged AS (
    UPDATE tickets_prediction AS prediction
    SET final_value = decided.value, final_at = %(now)s
    FROM decided
    WHERE prediction.ticket_id = %(ticket)s AND prediction.field = decided.field
)
INSERT INTO {feedback} AS stored
    (ticket_id, field, value, corrected, decided_at, prior_value, learned_value)
SELECT %(ticket)s, decided.field, decided.value, EXISTS (
    SELECT FROM tickets_prediction AS prediction
    WHERE prediction.ticket_id = %(ticket)s AND prediction.field = decided.field
        AND prediction.value <> decided.value AND prediction.use <> 'shadow'
), %(now)s, '', ''
FROM decided
ON CONFLICT (ticket_id, field) DO UPDATE SET
    value = excluded.value, corrected = excluded.corrected, decided_at = excluded.decided_at,
    learned_at = NULL, prior_value = '', learned_value = '', confidence = NULL
WHERE stored.value <> excluded.value
"""


class FeedbackQuerySet(CountedQuerySet[FeedbackT]):
    def store_decisions(self, ticket_id: int, values: Mapping[str, str]) -> None:
        """Store an agent's decisions about a ticket by LearnedField, in one statement."""
        with unread(), connection.cursor() as cursor:
            cursor.execute(
                STORE_DECISIONS.format(feedback=self.model._meta.db_table),
                {
                    "ticket": ticket_id,
                    "fields": list(values),
                    "values": list(values.values()),
                    "now": timezone.now(),
                },
            )

    def last_learned(self, name: Any) -> QuerySet[FeedbackT, datetime]:
        """Return when a field's newest learned feedback was learned, in one row or none."""
        learned = self.filter(field=name).exclude(learned_at=None).order_by("-decided_at")
        return learned.values_list("learned_at", flat=True)[:1]

    def newest(self, limit: int) -> list[FeedbackT]:
        """Return the latest feedback that counts with its tickets and vectors, oldest first."""
        rows = self.counted().select_related("ticket__vector")
        return list(rows.order_by("-decided_at", "-pk")[:limit])[::-1]
