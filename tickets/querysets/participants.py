"""Questions about those who take part in tickets."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Q

ParticipantT = TypeVar("ParticipantT", bound=models.Model)


class ParticipantQuerySet(models.QuerySet[ParticipantT]):
    def of(self, ticket: Any) -> Self:
        """Return who takes part in a ticket, or in one that was merged into it, each once.

        Of somebody who takes part in several the row of the ticket itself counts, then the oldest.
        Those for whom nobody vouches take part in the ticket that they came to, and in no other.
        """
        own_first = F("ticket__merged_into").asc(nulls_first=True)
        rows = self.with_repeated(ticket).filter(Q(ticket=ticket) | Q(is_vouched=True))
        rows = rows.order_by("folded", own_first, "pk").distinct("folded")
        return self.filter(pk__in=rows.values("pk"))

    def with_repeated(self, ticket: Any) -> Self:
        """Return all rows of a ticket and of those that were merged into it."""
        return self.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))

    def unvouched(self) -> Self:
        return self.filter(is_vouched=False)
