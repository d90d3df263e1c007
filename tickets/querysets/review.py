"""The review queue: tickets with low triage confidence, lowest first."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import Self, TypeVar

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Least

from ..vocabulary import ACTIVE_STATUSES, REVIEW_BELOW_CONFIDENCE, LearnedField, Source
from .cursors import LOWEST_CONFIDENCE_FIRST, Cursor
from .listed import is_listed

TicketT = TypeVar("TicketT", bound=models.Model)


class ReviewQuerySet(models.QuerySet[TicketT]):
    def needing_review(self) -> Self:
        """Return active tickets whose category or priority has a low triage confidence."""
        return self.filter(needs_review())

    def lowest_confidence_first(self, after: Cursor | None = None) -> Self:
        """Return the tickets in review order, each with its `lowest_confidence`.

        Equal confidences go by age, oldest first. With `after`, start behind that cursor: it
        names a row, so it stays valid while others work on the same queue.
        """
        queryset = self.annotate(lowest_confidence=lowest_confidence())
        if after is not None:
            queryset = queryset.filter(after.condition())
        return queryset.order_by("lowest_confidence", "created_at", "pk")


def lowest_confidence() -> Least:
    """Return the lower confidence of what triage decided.

    It is 0 for a default, and 1 for a person and for a model that states none.
    """
    return Least(*map(_confidence, LearnedField.values))


def _confidence(name: str) -> Case:
    by_person = When(**{f"{name}_source": Source.HUMAN.value, "then": Value(1.0)})
    by_model = When(**{f"{name}_source": Source.LLM.value, "then": _confidence_or(name, 1.0)})
    return Case(by_person, by_model, default=_confidence_or(name, 0.0))


def _confidence_or(name: str, unknown: float) -> Coalesce:
    return Coalesce(F(f"{name}_confidence"), Value(unknown))


def needs_review() -> Q:
    """Return the condition for active tickets with a low triage confidence. It has an index."""
    has_low_confidence = functools.reduce(
        operator.or_, map(_has_low_confidence, LearnedField.values)
    )
    statuses = [status.value for status in ACTIVE_STATUSES]
    return is_listed() & Q(has_low_confidence, status__in=statuses)


def _has_low_confidence(name: str) -> Q:
    low = Q(**{f"{name}_confidence__lt": REVIEW_BELOW_CONFIDENCE})
    low_or_none = Q(**{f"{name}_confidence": None}) | low
    offline = [Source.OFFLINE.value, Source.DEFAULT.value]
    by_model = Q(**{f"{name}_source": Source.LLM.value})
    return (Q(**{f"{name}_source__in": offline}) & low_or_none) | (by_model & low)


def skip_cursor(ticket: models.Model, cursor: Cursor | None) -> Cursor:
    """Return where the queue continues for somebody at `cursor` who skips this ticket."""
    skipped = (cursor.skipped if cursor else 0) + 1
    position = Cursor.at(ticket, LOWEST_CONFIDENCE_FIRST)
    # An Undo may bring back a ticket from before the cursor.
    furthest = position if cursor is None or position.follows(cursor) else cursor
    return replace(furthest, skipped=skipped)
