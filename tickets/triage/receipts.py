"""A suggestion that was shown, as a signed word that comes back with the ticket.

Nothing is stored when a suggestion is made: what it said travels in its id.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from .types import Classification

SALT = "triage.receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was suggested, by whom and how sure (0..1 or None)."""

    category: str
    priority: str
    source: str
    category_confidence: float | None
    priority_confidence: float | None


def sign(suggestion: Classification) -> str:
    """The suggestion's id: at most some 200 characters, safe in a URL."""
    return signing.dumps(
        [
            suggestion.category,
            suggestion.priority,
            suggestion.source,
            suggestion.category_confidence,
            suggestion.priority_confidence,
        ],
        salt=SALT,
    )


def read(signed: str) -> Receipt | None:
    """The suggestion behind an id; None for an id that this desk did not sign."""
    try:
        return Receipt(*signing.loads(signed, salt=SALT))
    except (signing.BadSignature, TypeError, ValueError):
        return None
