"""Spam stays in the table, but leaves every list, count and figure.

This is the one place that leaves it out: `Ticket.objects` has no spam. What names one ticket, such
as its page, finds it through `Ticket.including_spam`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from django.db import models

from ..exceptions import NotFound
from .tickets import TicketQuerySet

TicketT = TypeVar("TicketT", bound=models.Model)
RowT = TypeVar("RowT", bound=models.Model)
BaseManager = models.Manager.from_queryset(TicketQuerySet)


class TicketManager(BaseManager[TicketT]):
    """Tickets without spam."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(spam=False)

    def filtered(self, filters: Mapping[str, Any]) -> Any:
        """Apply `FilterForm.cleaned_data`. With `filters["spam"]`, return spam and nothing else."""
        tickets: Any = super().get_queryset().filter(spam=bool(filters.get("spam")))
        return tickets.filtered(filters)


class AnyTicketQuerySet(TicketQuerySet[TicketT]):  # type: ignore[override]  # as_manager
    def find(self, pk: int) -> TicketT:
        """Return the ticket with this number, be it spam. Raise NotFound."""
        ticket = self.defer("document").filter(pk=pk).first()
        if ticket is None:
            raise NotFound
        return ticket


class CountedQuerySet(models.QuerySet[RowT]):
    """Rows that belong to tickets: predictions and feedback."""

    def counted(self) -> Self:
        """Return the rows without those of spam, which nobody learns from or is measured on."""
        tickets: Any = self.model._meta.get_field("ticket").related_model
        return self.exclude(ticket__in=tickets.including_spam.filter(spam=True).values("pk"))
