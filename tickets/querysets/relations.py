"""Questions about links between tickets."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

LinkT = TypeVar("LinkT", bound=models.Model)


class TicketLinkQuerySet(models.QuerySet[LinkT]):
    def of(self, ticket_ids: Collection[int]) -> Self:
        """Return the links of any of these tickets."""
        return self.filter(Q(low__in=ticket_ids) | Q(high__in=ticket_ids))

    def related_ids(self, ticket_ids: Collection[int]) -> set[int]:
        """Return the ids of the tickets that these are linked to."""
        pairs = self.of(ticket_ids).values_list("low_id", "high_id")
        return {ticket_id for pair in pairs for ticket_id in pair} - set(ticket_ids)
