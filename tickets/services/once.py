"""What is asked for twice is done once."""

from __future__ import annotations

from ..exceptions import Conflict
from ..models import IdempotencyKey


def first_of(name: str, fingerprint: str) -> IdempotencyKey:
    """Where the first request of this name keeps its answer; empty if this is the first.

    Only inside a transaction: the row makes all others of this name wait for its end.
    Raises Conflict when the first one had another fingerprint.
    """
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(digest=name, fingerprint=fingerprint)], ignore_conflicts=True
    )
    first = IdempotencyKey.objects.select_for_update(of=("self",)).get(pk=name)
    if first.fingerprint != fingerprint:
        raise Conflict
    return first
