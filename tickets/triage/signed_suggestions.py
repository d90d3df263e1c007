"""Suggestions as signed text, which a form carries and sends back with the ticket.

The signed id holds the suggestion itself, so a ticket can be created from it even if its
predictions were never stored or have been purged. It counts for the text that it was made for, and
for a day. That it counts for one ticket only is up to `services/triage/predictions.py`.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

from .results import Classification

SALT = "triage.receipt.2"
LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignedSuggestion:
    """What was suggested, by which source and with what confidence (0..1 or None).

    `suggestion` identifies the stored predictions, `text` the description that it is about.
    """

    suggestion: uuid.UUID
    category: str
    priority: str
    source: str
    category_confidence: float | None
    priority_confidence: float | None
    text: str = ""  # of earlier releases

    def is_about(self, description: str) -> bool:
        """Return whether the suggestion was made for this text, apart from its white space."""
        return self.text in ("", _digest(description))

    def classification(self) -> Classification:
        """Return the suggestion as far as the id holds it: without model, evidence and cost."""
        return Classification(
            category=self.category,
            priority=self.priority,
            category_confidence=self.category_confidence,
            priority_confidence=self.priority_confidence,
            source=self.source,
        )


def sign(classification: Classification, suggestion: uuid.UUID, description: str) -> str:
    """Return the suggestion's id: at most about 300 characters, safe in a URL."""
    return signing.dumps(
        [
            suggestion.hex,
            classification.category,
            classification.priority,
            classification.source,
            classification.category_confidence,
            classification.priority_confidence,
            _digest(description),
        ],
        salt=SALT,
    )


def read(signed: str) -> SignedSuggestion | None:
    """Return the suggestion behind an id, or None if this site did not sign it.

    Raise SignatureExpired for one that is older than LIFETIME.
    """
    try:
        suggestion, *values = signing.loads(signed, salt=SALT, max_age=LIFETIME)
        return SignedSuggestion(uuid.UUID(suggestion), *values)
    except signing.SignatureExpired:
        raise
    except (signing.BadSignature, AttributeError, TypeError, ValueError):
        return None


def _digest(description: str) -> str:
    """Return the same for texts that differ only in what browsers and forms change."""
    text = "".join(filter(str.isprintable, "".join(description.split())))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
