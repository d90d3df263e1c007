"""Events of the audit trail, with the texts that they do not repeat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.query import ModelIterable


class _FilledIn(ModelIterable):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            row.description = row.description or row.latest_description or ""
            yield row


class EventQuerySet(models.QuerySet[Any]):
    def with_text(self) -> Self:
        """Return the events of tickets, each with the description as it was then.

        An event whose change left it alone has none, see `models/events.py`.
        """
        earlier = self.model._default_manager.filter(
            pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")
        )
        latest = earlier.exclude(description="").order_by("-pgh_id").values("description")[:1]
        queryset = self.annotate(latest_description=Subquery(latest))
        queryset._iterable_class = _FilledIn
        return queryset
