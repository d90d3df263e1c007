"""A suggestion that was shown, as a signed word that comes back with the ticket.

What it said travels in its id, so that a ticket can be made of it whatever became of the ledger.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.core import signing

from .types import Classification

SALT = "triage.receipt.2"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was suggested, by whom and how sure (0..1 or None); `suggestion` names it."""

    suggestion: uuid.UUID
    category: str
    priority: str
    source: str
    category_confidence: float | None
    priority_confidence: float | None

    def answer(self) -> Classification:
        """What was shown, as far as the id holds it."""
        return Classification(
            category=self.category,
            priority=self.priority,
            category_confidence=self.category_confidence,
            priority_confidence=self.priority_confidence,
            source=self.source,
        )


def sign(found: Classification, suggestion: uuid.UUID) -> str:
    """The suggestion's id: at most some 250 characters, safe in a URL."""
    return signing.dumps(
        [
            suggestion.hex,
            found.category,
            found.priority,
            found.source,
            found.category_confidence,
            found.priority_confidence,
        ],
        salt=SALT,
    )


def read(signed: str) -> Receipt | None:
    """The suggestion behind an id; None for an id that this desk did not sign."""
    try:
        suggestion, *values = signing.loads(signed, salt=SALT)
        return Receipt(uuid.UUID(suggestion), *values)
    except (signing.BadSignature, AttributeError, TypeError, ValueError):
        return None
