"""Which tickets count.

Spam and merged tickets stay in the table, but leave every list and every count of tickets. This is
the one place that leaves them out, but for raw SQL. What triage said about a merged ticket still
counts. See docs/decisions/0028-spam.md.
"""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

RowT = TypeVar("RowT", bound=models.Model)


def is_listed(*, spam: bool = False) -> Q:
    """Return the condition for tickets in lists and figures, or for those in the list of spam."""
    return Q(merged_into=None, spam=spam)


class CountedQuerySet(models.QuerySet[RowT]):
    """Rows that belong to tickets: predictions and feedback."""

    def counted(self) -> Self:
        """Return the rows without those of spam, which nobody learns from or is measured on."""
        tickets: Any = self.model._meta.get_field("ticket").related_model
        return self.exclude(ticket__in=tickets.with_merged.filter(spam=True).values("pk"))
