"""Lexicon and learned model -> category, priority, sentiment, urgency, and how sure."""

from __future__ import annotations

from collections.abc import Mapping

from ..types import Classification, Evidence, Tone
from . import prior, store
from .learner import Learner, Opinion
from .reading import Reading, read

Learners = Mapping[str, Learner]
LEARNED = "learned-1"


def classify(
    description: str, title: str = "", *, learners: Learners | None = None
) -> Classification | None:
    """Category and priority, or None when nothing in the text is known.

    `learners` replaces what this site has learned: {} for the lexicon alone.
    """
    known = store.learners() if learners is None else learners
    reading = read(title, description)
    category, priority = (_learned(known, name, reading) for name in ("category", "priority"))
    if not reading.hits and category is None and priority is None:
        return None
    category = category or _category(reading)
    priority = priority or _priority(reading)
    learned = any(_leads(known, name) for name in ("category", "priority"))
    return Classification(
        category=category.value,
        priority=priority.value,
        category_confidence=category.confidence,
        priority_confidence=priority.confidence,
        source="offline",
        evidence=category.evidence + priority.evidence,
        provider="offline",
        model=LEARNED if learned else prior.VERSION,
    )


def score_tone(
    description: str, title: str = "", *, learners: Learners | None = None
) -> Tone | None:
    """Sentiment and urgency, or None when no word of the text speaks of either."""
    known = store.learners() if learners is None else learners
    reading = read(title, description)
    learned = _learned(known, "priority", reading)
    if not reading.hits and learned is None:
        return None
    sentiment, confidence, hits = prior.sentiment(reading.of("sentiment"))
    urgency = learned or _priority(reading)
    words = [Evidence("tone", e.field, e.text, e.start, e.end) for e in urgency.evidence]
    evidence = [*reading.evidence("tone", hits), *words]
    return Tone(
        sentiment,
        urgency.urgency,
        confidence,
        source="offline",
        evidence=tuple(evidence[: prior.MAX_EVIDENCE]),
        provider="offline",
        model=LEARNED if learned else prior.VERSION,
    )


def _leads(learners: Learners, field: str) -> bool:
    return field in learners and learners[field].leads


def _learned(learners: Learners, field: str, reading: Reading) -> Opinion | None:
    """What was learned, where that is better than the lexicon."""
    if not _leads(learners, field):
        return None
    opinion = learners[field].opinion(reading.title, reading.description)
    return opinion if reading.hits or opinion.evidence else None


def _category(reading: Reading) -> Opinion:
    value, confidence, hits = prior.category(reading.of("category"))
    return Opinion(value, confidence, 0, tuple(reading.evidence("category", hits)))


def _priority(reading: Reading) -> Opinion:
    category, _confidence, _hits = prior.category(reading.of("category"))
    urgency, hits = prior.urgency(reading, category)
    confidence = prior.priority_confidence(urgency, hits)
    evidence = tuple(reading.evidence("priority", hits))
    return Opinion(prior.priority(urgency), confidence, urgency, evidence)
