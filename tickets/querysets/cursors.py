"""Keyset cursors: positions in a list, as opaque texts that stay valid while tickets arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from django.core import signing
from django.db.models import Q

from ..exceptions import InvalidInput
from ..vocabulary import Sort
from .statements import Parameter


@dataclass(frozen=True, slots=True)
class Order:
    """A list's order: its fields from the first to the last, "-" before a descending one.

    The last field is unique. `salt` tells cursors of different lists apart.
    """

    fields: tuple[str, ...]
    salt: str

    @property
    def names(self) -> list[str]:
        """The fields without their directions."""
        return [name.removeprefix("-") for name in self.fields]

    def reversed_fields(self) -> list[str]:
        return [name[1:] if name.startswith("-") else f"-{name}" for name in self.fields]


NEWEST_FIRST = Order(("-created_at", "-id"), salt="tickets.cursor")
# The list's orders. `waiting_order` and `priority_rank` are expressions, see `turns.py`.
ORDERS = {
    Sort.NEWEST: NEWEST_FIRST,
    Sort.OLDEST: Order(("created_at", "id"), salt="tickets.cursor.oldest"),
    Sort.LONGEST_WAITING: Order(("waiting_order", "id"), salt="tickets.cursor.waiting"),
    Sort.LAST_ACTIVITY: Order(("-last_activity_at", "-id"), salt="tickets.cursor.activity"),
    Sort.PRIORITY: Order(("-priority_rank", "-created_at", "-id"), salt="tickets.cursor.priority"),
    # Of the newest matches of a search, created up to `considered_from`; see `search/lists.py`.
    Sort.RELEVANCE: Order(
        ("-considered_from", "-rank", "-created_at", "-id"), salt="tickets.cursor.relevance"
    ),
    Sort.URGENCY: Order(("-urgency_score", "-created_at", "-id"), salt="tickets.cursor.urgency"),
}
BY_NUMBER = Order(("-id",), salt="tickets.number")
LOWEST_CONFIDENCE_FIRST = Order(("lowest_confidence", "created_at", "id"), salt="tickets.review")


BESIDE = "beside_"  # before the names of a position's Parameters


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position beside one row of a list.

    `backwards` means what comes before the row, instead of what follows it. `skipped` counts the
    rows that a reader has skipped on the way; it is not part of the position.
    """

    order: Order
    values: tuple[Any, ...]
    backwards: bool = False
    skipped: int = field(default=0, compare=False)

    @classmethod
    def at(cls, row: Any, order: Order = NEWEST_FIRST, *, backwards: bool = False) -> Self:
        return cls(order, tuple(getattr(row, name) for name in order.names), backwards)

    @classmethod
    def anywhere(cls, order: Order, *, backwards: bool) -> Self:
        """Return a position with Parameters, whose values are those of `parameters`."""
        values = tuple(Parameter(f"{BESIDE}{name}") for name in order.names)
        return cls(order, values, backwards)

    def parameters(self) -> dict[str, Any]:
        """Return the values by the names of their Parameters."""
        names = (f"{BESIDE}{name}" for name in self.order.names)
        return dict(zip(names, self.values, strict=True))

    def condition(self) -> Q:
        """Return the condition for the rows on the cursor's side.

        The first comparison repeats the bound of the others, so that an index can start there.
        """
        condition = Q()
        equal = Q()
        for name, value in zip(self.order.fields, self.values, strict=True):
            column = name.removeprefix("-")
            condition |= equal & Q(**{f"{column}__{self._comparison(name)}": value})
            equal &= Q(**{column: value})
        first = self.order.fields[0]
        bound = f"{first.removeprefix('-')}__{self._comparison(first)}e"
        return Q(**{bound: self.values[0]}) & condition

    def _comparison(self, name: str) -> str:
        return "lt" if name.startswith("-") is not self.backwards else "gt"

    def reversed(self) -> Cursor:
        """Return the cursor that looks the other way from here, the row itself included."""
        *values, row_id = self.values
        is_descending = self.order.fields[-1].startswith("-")
        step = 1 if is_descending is self.backwards else -1
        return replace(self, values=(*values, row_id + step), backwards=not self.backwards)

    def follows(self, other: Cursor) -> bool:
        """Return whether this position comes after the other one. Both orders ascend."""
        return self.values > other.values

    def write(self) -> str:
        values: list[Any] = [
            value.isoformat() if isinstance(value, datetime) else value for value in self.values
        ]
        # Release 0.1 wrote the same, so its cursors stay readable.
        if self.order is LOWEST_CONFIDENCE_FIRST:
            values.append(self.skipped)
        elif self.backwards:
            values.append(1)
        return signing.dumps(values, salt=self.order.salt)


def read_cursor(text: str, order: Order = NEWEST_FIRST) -> Cursor:
    """Return the cursor. Raise InvalidInput if this program did not write it for this order."""
    try:
        stored: Sequence[Any] = signing.loads(text, salt=order.salt)
    except signing.BadSignature:
        raise InvalidInput(errors={"cursor": ["This is not a cursor of this list."]}) from None
    count = len(order.fields)
    extra = stored[count] if len(stored) > count else 0
    values = tuple(
        datetime.fromisoformat(value) if isinstance(value, str) else value
        for value in stored[:count]
    )
    if order is LOWEST_CONFIDENCE_FIRST:
        return Cursor(order, values, skipped=extra)
    return Cursor(order, values, backwards=bool(extra))
