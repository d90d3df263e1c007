"""Questions about email that did not arrive, and addresses that bounce."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

from ..vocabulary import ACTIVE_STATUSES, MailState

EmailT = TypeVar("EmailT", bound=models.Model)
BouncedT = TypeVar("BouncedT", bound=models.Model)


# Unfinished and no spam, as is the one that the ticket was merged into.
OF_ACTIVE_TICKET = Q(
    ticket__merged_into=None, ticket__status__in=ACTIVE_STATUSES, ticket__spam=False
) | Q(ticket__merged_into__status__in=ACTIVE_STATUSES, ticket__merged_into__spam=False)
NEWEST = 10_000  # emails, by id, that are looked at: no index helps


class EmailQuerySet(models.QuerySet[EmailT]):
    def by_state(self) -> dict[str, tuple[int, datetime]]:
        """Count the newest email by state, with the time of the oldest of each. One query."""
        latest = self.model._default_manager.order_by("-pk").values("pk")[:1]
        rows = self.filter(pk__gt=models.Subquery(latest) - NEWEST).order_by()
        counts = rows.values_list("state").annotate(models.Count("pk"), models.Min("created_at"))
        return {state: (count, oldest) for state, count, oldest in counts}

    def undelivered(self, overdue: Any, oldest: Any) -> Self:
        """Return the email that somebody must do something about, the newest first.

        It waits since before `overdue`. Or it failed or possibly did, since `oldest`, and is about
        an unfinished ticket or for an active account.
        """
        latest = self.model._default_manager.order_by("-pk").values("pk")[:1]
        waiting = Q(state__in=[MailState.WAITING, MailState.SENDING], created_at__lt=overdue)
        failed = Q(state__in=[MailState.FAILED, MailState.UNCERTAIN], created_at__gte=oldest)
        counts = Q(recipient=None) & OF_ACTIVE_TICKET | Q(recipient__is_active=True)
        rows = self.filter(waiting | failed & counts, pk__gt=models.Subquery(latest) - NEWEST)
        return rows.order_by("-pk")


class BouncedAddressQuerySet(models.QuerySet[BouncedT]):
    def to_decide(self) -> Self:
        """Return the addresses that somebody must decide about, the newest first.

        What came back from them was about an unfinished ticket, or for an active account.
        """
        counts = OF_ACTIVE_TICKET | Q(email__recipient__is_active=True)
        return self.filter(counts).select_related("ticket").order_by("-pk")

    def on(self, ticket: object, folded: Collection[object]) -> Self:
        """Return these addresses, and those that email about a ticket came back from."""
        own = Q(ticket=ticket) | Q(ticket__merged_into=ticket)
        return self.filter(own | Q(folded__in=folded)).order_by("pk")
