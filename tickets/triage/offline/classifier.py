"""The lexicon's hits -> category, priority, sentiment, urgency, and how sure."""

from __future__ import annotations

from ..types import Classification, Tone
from . import prior
from .reading import read


def classify(description: str, title: str = "") -> Classification | None:
    """Category and priority, or None when no word of the text is known."""
    reading = read(title, description)
    if not reading.hits:
        return None
    category, category_confidence, category_hits = prior.category(reading.of("category"))
    score, urgency_hits = prior.urgency(reading, category)
    priority = prior.priority(score)
    evidence = [
        *reading.evidence("category", category_hits),
        *reading.evidence("priority", urgency_hits),
    ]
    return Classification(
        category=category,
        priority=priority,
        source="offline",
        category_confidence=category_confidence,
        priority_confidence=prior.priority_confidence(score, urgency_hits),
        evidence=tuple(evidence),
        provider="offline",
        model=prior.VERSION,
    )


def score_tone(description: str, title: str = "") -> Tone | None:
    """Sentiment and urgency, or None when no word of the text speaks of either."""
    reading = read(title, description)
    if not reading.hits:
        return None
    sentiment, confidence, sentiment_hits = prior.sentiment(reading.of("sentiment"))
    category, _confidence, _hits = prior.category(reading.of("category"))
    score, urgency_hits = prior.urgency(reading, category)
    evidence = tuple(
        reading.evidence("tone", [*sentiment_hits, *urgency_hits][: prior.MAX_EVIDENCE])
    )
    return Tone(
        sentiment,
        score,
        confidence,
        source="offline",
        evidence=evidence,
        provider="offline",
        model=prior.VERSION,
    )
