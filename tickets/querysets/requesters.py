"""Which tickets an address has asked."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..vocabulary import ACTIVE_STATUSES, FINISHED_STATUSES, RECENT_TICKETS
from .cursors import NEWEST_FIRST
from .search.conditions import requested_from
from .statements import Parameter, Statement

TicketT = TypeVar("TicketT", bound=models.Model)


class RequesterQuerySet(models.QuerySet[TicketT]):
    def requested_from(self, address: Any) -> Self:
        """Return the tickets of this address, in whatever case, newest first. It has an index."""
        return self.filter(requested_from(address)).order_by(*NEWEST_FIRST.fields)

    def with_link_for(self, address: str) -> Self:
        """Return an address's active and recent tickets whose private link works."""
        now = timezone.now()
        since = now - RECENT_TICKETS
        is_recent = Q(status__in=ACTIVE_STATUSES) | Q(last_activity_at__gte=since)
        own = self.filter(requested_from(address))
        own = own.filter(is_recent, link_digest__isnull=False)
        if not settings.PRIVATE_LINK_DAYS:
            return own
        expired = now - timedelta(days=settings.PRIVATE_LINK_DAYS)
        return own.exclude(status__in=FINISHED_STATUSES, resolved_at__lt=expired)


def others_of_requester(model: Any, ticket: Any, limit: int) -> list[Any]:
    """Return what else a ticket's requester has asked, newest first, without descriptions.

    Nothing without address. One query.
    """
    if not ticket.requester_email:
        return []
    values = {"ticket": ticket.pk, "address": ticket.requester_email}
    return _by_address(model, limit).models(values)


@cache
def _by_address(model: Any, limit: int) -> Statement:
    tickets = model.objects.requested_from(Parameter("address")).exclude(pk=Parameter("ticket"))
    return Statement(tickets.defer("description")[:limit], prepared=True)
