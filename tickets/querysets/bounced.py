"""Questions about addresses that bounce."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from ..vocabulary import ACTIVE_STATUSES

BouncedT = TypeVar("BouncedT", bound=models.Model)


class BouncedAddressQuerySet(models.QuerySet[BouncedT]):
    def of_active_tickets(self) -> Self:
        """Return the addresses that somebody must decide about, the newest first.

        Their tickets, or those that these were merged into, are unfinished and no spam.
        """
        own = Q(ticket__merged_into=None, ticket__status__in=ACTIVE_STATUSES, ticket__spam=False)
        merged = Q(ticket__merged_into__status__in=ACTIVE_STATUSES, ticket__merged_into__spam=False)
        return self.filter(own | merged).select_related("ticket").order_by("-pk")
