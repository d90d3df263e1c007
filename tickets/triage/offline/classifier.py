"""Category, priority, sentiment and urgency from the lexicon and the learned model."""

from __future__ import annotations

from collections.abc import Mapping

from ..results import Classification, Evidence, SentimentScore
from . import prior, store
from .features import View
from .learner import LearnedPrediction, Learner
from .reading import Reading

Learners = Mapping[str, Learner]
LEARNED = "learned-1"


def classify(
    description: str, title: str = "", *, learners: Learners | None = None
) -> Classification | None:
    """Return category and priority, or None if nothing in the text is known.

    `learners` replaces what this site has learned: {} stands for the lexicon alone.
    """
    learners = store.learners() if learners is None else learners
    view = View(title, description)
    category = _learned(learners, "category", view)
    priority = _learned(learners, "priority", view)
    if not (view.reading.hits or category or priority):
        return None
    models = [LEARNED if prediction else prior.VERSION for prediction in (category, priority)]
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


def score_sentiment(
    description: str, title: str = "", *, learners: Learners | None = None
) -> SentimentScore | None:
    """Return sentiment and urgency, or None if nothing in the text is known."""
    learners = store.learners() if learners is None else learners
    view = View(title, description)
    learned = _learned(learners, "priority", view)
    if not view.reading.hits and learned is None:
        return None
    sentiment, confidence, hits = prior.sentiment(view.reading.of("sentiment"))
    urgency = learned or _priority(view.reading)
    evidence = list(view.reading.evidence("sentiment", hits))
    evidence += [Evidence("sentiment", e.field, e.text, e.start, e.end) for e in urgency.evidence]
    return SentimentScore(
        sentiment,
        urgency.urgency,
        confidence,
        source="offline",
        evidence=tuple(evidence[: prior.MAX_EVIDENCE]),
        provider="offline",
        model=prior.VERSION,
        urgency_model=LEARNED if learned else prior.VERSION,
    )


def _learned(learners: Learners, field: str, view: View) -> LearnedPrediction | None:
    """Return the learned model's prediction, if that model answers and knows any of the text."""
    learner = learners.get(field)
    if learner is None or not learner.leads:
        return None
    prediction = learner.predict(view)
    return prediction if view.reading.hits or prediction.evidence else None


def _category(reading: Reading) -> LearnedPrediction:
    value, confidence, hits = prior.category(reading.of("category"))
    return LearnedPrediction(value, confidence, 0, tuple(reading.evidence("category", hits)))


def _priority(reading: Reading) -> LearnedPrediction:
    category, _confidence, _hits = prior.category(reading.of("category"))
    urgency, hits = prior.urgency(reading, category)
    confidence = prior.priority_confidence(urgency, hits)
    evidence = tuple(reading.evidence("priority", hits))
    return LearnedPrediction(prior.priority(urgency), confidence, urgency, evidence)
