"""Questions about those who take part in tickets."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

ParticipantT = TypeVar("ParticipantT", bound=models.Model)


class ParticipantQuerySet(models.QuerySet[ParticipantT]):
    def of(self, ticket: Any) -> Self:
        """Return who takes part in a ticket, or in one that was merged into it."""
        return self.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))
