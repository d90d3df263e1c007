"""Lexicon and learned model -> category, priority, sentiment, urgency, and how sure."""

from __future__ import annotations

from collections.abc import Mapping

from ..types import Classification, Evidence, Tone
from . import prior, store
from .features import View
from .learner import Learner, Opinion
from .reading import Reading

Learners = Mapping[str, Learner]
LEARNED = "learned-1"


def classify(
    description: str, title: str = "", *, learners: Learners | None = None
) -> Classification | None:
    """Category and priority, or None when nothing in the text is known.

    `learners` stands in for what this site has learned: {} for the lexicon alone.
    """
    known = store.learners() if learners is None else learners
    view = View(title, description)
    category, priority = _learned(known, "category", view), _learned(known, "priority", view)
    if not (view.reading.hits or category or priority):
        return None
    models = [LEARNED if opinion else prior.VERSION for opinion in (category, priority)]
    category = category or _category(view.reading)
    priority = priority or _priority(view.reading)
    return Classification(
        category=category.value,
        priority=priority.value,
        source="offline",
        category_confidence=category.confidence,
        priority_confidence=priority.confidence,
        evidence=category.evidence + priority.evidence,
        provider="offline",
        model=models[0],
        priority_model=models[1],
    )


def score_tone(
    description: str, title: str = "", *, learners: Learners | None = None
) -> Tone | None:
    """Sentiment and urgency, or None when nothing in the text speaks of either."""
    known = store.learners() if learners is None else learners
    view = View(title, description)
    learned = _learned(known, "priority", view)
    if not view.reading.hits and learned is None:
        return None
    sentiment, confidence, hits = prior.sentiment(view.reading.of("sentiment"))
    urgency = learned or _priority(view.reading)
    words = [Evidence("tone", e.field, e.text, e.start, e.end) for e in urgency.evidence]
    evidence = [*view.reading.evidence("tone", hits), *words]
    return Tone(
        sentiment,
        urgency.urgency,
        confidence,
        source="offline",
        evidence=tuple(evidence[: prior.MAX_EVIDENCE]),
        provider="offline",
        model=prior.VERSION,
        urgency_model=LEARNED if learned else prior.VERSION,
    )


def _learned(learners: Learners, field: str, view: View) -> Opinion | None:
    """What was learned, where that leads and the text is not all new to it."""
    learner = learners.get(field)
    if learner is None or not learner.leads:
        return None
    opinion = learner.opinion(view)
    return opinion if view.reading.hits or opinion.evidence else None


def _category(reading: Reading) -> Opinion:
    value, confidence, hits = prior.category(reading.of("category"))
    return Opinion(value, confidence, 0, tuple(reading.evidence("category", hits)))


def _priority(reading: Reading) -> Opinion:
    category, _confidence, _hits = prior.category(reading.of("category"))
    urgency, hits = prior.urgency(reading, category)
    confidence = prior.priority_confidence(urgency, hits)
    evidence = tuple(reading.evidence("priority", hits))
    return Opinion(prior.priority(urgency), confidence, urgency, evidence)
