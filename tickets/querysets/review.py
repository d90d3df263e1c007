"""The review queue: tickets of which triage is unsure, the least sure first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.core import signing
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Least

from ..exceptions import InvalidInput
from ..vocabulary import LEARNED_FIELDS

if TYPE_CHECKING:
    from ..models import Ticket  # noqa: F401  (named in a string below)

SALT = "tickets.review"


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """Behind one ticket of the queue; `skipped` is how many were left out on the way there."""

    sureness: float
    created_at: datetime
    pk: int
    skipped: int = 0

    def condition(self) -> Q:
        """What follows; the first comparison repeats the second's bound, so that an index can
        start there."""
        later = Q(created_at__gt=self.created_at) | Q(created_at=self.created_at, pk__gt=self.pk)
        behind = Q(sureness__gt=self.sureness) | (Q(sureness=self.sureness) & later)
        return Q(sureness__gte=self.sureness) & behind

    def write(self) -> str:
        value = [self.sureness, self.created_at.isoformat(), self.pk, self.skipped]
        return signing.dumps(value, salt=SALT)


def place_behind(ticket: Any, before: ReviewPlace | None) -> ReviewPlace:
    """Where the queue goes on for somebody who skips this ticket. `before` is where they were."""
    skipped = before.skipped if before else 0
    place = ReviewPlace(ticket.sureness, ticket.created_at, ticket.pk, skipped + 1)
    # A ticket that was fetched back may stand before the place that was reached already.
    if before is None or _order(place) > _order(before):
        return place
    return replace(before, skipped=place.skipped)


def _order(place: ReviewPlace) -> tuple[float, datetime, int]:
    return place.sureness, place.created_at, place.pk


def read_place(text: str) -> ReviewPlace:
    """Raise InvalidInput for a place that this program did not write."""
    try:
        sureness, created_at, pk, skipped = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        raise InvalidInput(errors={"after": ["This is not a place in this queue."]}) from None
    return ReviewPlace(sureness, datetime.fromisoformat(created_at), pk, skipped)


class ReviewQuerySet(models.QuerySet["Ticket"]):
    def least_sure_first(self, after: ReviewPlace | None = None) -> Self:
        """In the order of review, each with its `sureness`; behind that place where one is given.

        Among the equally unsure the oldest comes first. A place names what was seen, so it
        stays right while others work the same queue.
        """
        found = self.defer("document").annotate(sureness=sureness())
        if after is not None:
            found = found.filter(after.condition())
        return found.order_by("sureness", "created_at", "pk")


def sureness() -> Least:
    """The smaller confidence of what triage decided; 0 where it had no opinion."""
    return Least(*map(_confidence, LEARNED_FIELDS))


def _confidence(name: str) -> Case:
    by_person = When(**{f"{name}_source": "human", "then": Value(1.0)})
    return Case(by_person, default=Coalesce(F(f"{name}_confidence"), Value(0.0)))
