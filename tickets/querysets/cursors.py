"""Places in a list, as opaque texts that stay right while tickets arrive."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core import signing

from ..exceptions import InvalidInput

if TYPE_CHECKING:
    from ..models import Ticket


def write_cursor(ticket: Ticket) -> str:
    return signing.dumps([ticket.created_at.isoformat(), ticket.pk], salt="tickets.cursor")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """Raise InvalidInput for a cursor that this program did not write."""
    try:
        created_at, pk = signing.loads(cursor, salt="tickets.cursor")
    except signing.BadSignature:
        raise InvalidInput(errors={"cursor": ["This is not a cursor of this list."]}) from None
    return datetime.fromisoformat(created_at), pk
