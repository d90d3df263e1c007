"""Suggestions as signed text, which a form carries and sends back with the ticket.

The signed id holds the suggestion itself, so a ticket can be created from it even if its
predictions were never stored or have been purged.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.core import signing

from .results import Classification

SALT = "triage.receipt.2"


@dataclass(frozen=True, slots=True)
class SignedSuggestion:
    """What was suggested, by which source and with what confidence (0..1 or None).

    `suggestion` identifies the stored predictions.
    """

    suggestion: uuid.UUID
    category: str
    priority: str
    source: str
    category_confidence: float | None
    priority_confidence: float | None

    def classification(self) -> Classification:
        """Return the suggestion as far as the id holds it: without model, evidence and cost."""
        return Classification(
            category=self.category,
            priority=self.priority,
            category_confidence=self.category_confidence,
            priority_confidence=self.priority_confidence,
            source=self.source,
        )


def sign(classification: Classification, suggestion: uuid.UUID) -> str:
    """Return the suggestion's id: at most about 250 characters, safe in a URL."""
    return signing.dumps(
        [
            suggestion.hex,
            classification.category,
            classification.priority,
            classification.source,
            classification.category_confidence,
            classification.priority_confidence,
        ],
        salt=SALT,
    )


def read(signed: str) -> SignedSuggestion | None:
    """Return the suggestion behind an id, or None if this site did not sign it."""
    try:
        suggestion, *values = signing.loads(signed, salt=SALT)
        return SignedSuggestion(uuid.UUID(suggestion), *values)
    except (signing.BadSignature, AttributeError, TypeError, ValueError):
        return None
