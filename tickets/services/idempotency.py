"""Handle a repeated request only once."""

from __future__ import annotations

from ..exceptions import Conflict
from ..models.housekeeping import IdempotencyKey


def claim_key(digest: str, fingerprint: str) -> IdempotencyKey:
    """Return the locked row of this key. Its `answer` is empty for the first request.

    Call it inside a transaction: other requests with the same key wait for its end.
    Raise Conflict if the first request had another fingerprint.
    """
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(digest=digest, fingerprint=fingerprint)], ignore_conflicts=True
    )
    key = IdempotencyKey.objects.select_for_update(of=("self",)).get(pk=digest)
    if key.fingerprint != fingerprint:
        raise Conflict
    return key
