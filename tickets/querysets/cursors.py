"""Places in a list, as opaque texts that stay right while tickets arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core import signing
from django.db.models import Q

from ..exceptions import InvalidInput

if TYPE_CHECKING:
    from ..models import Ticket

SALT = "tickets.cursor"


@dataclass(frozen=True, slots=True)
class Place:
    """Beside one ticket; `newer` says whether what lies before it is meant, or what follows."""

    created_at: datetime
    pk: int
    newer: bool = False

    def condition(self) -> Q:
        """What lies on that side. The first comparison repeats the second's bound, so that
        the index can start there."""
        if self.newer:
            return Q(created_at__gte=self.created_at) & (
                Q(created_at__gt=self.created_at) | Q(id__gt=self.pk)
            )
        return Q(created_at__lte=self.created_at) & (
            Q(created_at__lt=self.created_at) | Q(id__lt=self.pk)
        )

    def turned(self) -> Place:
        """From here the other way, the ticket itself included."""
        return Place(self.created_at, self.pk + (1 if self.newer else -1), not self.newer)

    def write(self) -> str:
        value = [self.created_at.isoformat(), self.pk, *([1] if self.newer else [])]
        return signing.dumps(value, salt=SALT)


def write_cursor(ticket: Ticket, *, newer: bool = False) -> str:
    return Place(ticket.created_at, ticket.pk, newer).write()


def read_cursor(cursor: str) -> Place:
    """Raise InvalidInput for a cursor that this program did not write."""
    try:
        created_at, pk, *newer = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        raise InvalidInput(errors={"cursor": ["This is not a cursor of this list."]}) from None
    return Place(datetime.fromisoformat(created_at), pk, bool(newer))
