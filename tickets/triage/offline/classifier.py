"""Category, priority, sentiment and urgency from the lexicon and from what the site has learned."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from ...vocabulary import LEARNED_FIELDS
from ..results import Classification, Evidence, SentimentScore
from . import prior
from .learner import LearnedPrediction, Learner
from .reading import Reading

logger = logging.getLogger(__name__)

Learners = Mapping[str, Learner]  # by field; a field without one has learned nothing
# Field and known version -> a newer version and its data (b"": nothing learned), or None.
Load = Callable[[str, int], tuple[int, bytes] | None]
LEARNED = "learned-1"
RELOAD_INTERVAL = 2.0  # seconds
WARNING_INTERVAL = 60.0


def classify(
    description: str, title: str = "", *, learners: Learners | None = None
) -> Classification | None:
    """Return category and priority, or None if nothing in the text is known.

    `learners` replaces what this site has learned: {} stands for the lexicon alone.
    """
    learners = site_learners() if learners is None else learners
    reading = Reading(title, description)
    category = _learned(learners, "category", reading)
    priority = _learned(learners, "priority", reading)
    if not (reading.hits or category or priority):
        return None
    models = [LEARNED if prediction else prior.VERSION for prediction in (category, priority)]
    category = category or _category(reading)
    priority = priority or _priority(reading)
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
    learners = site_learners() if learners is None else learners
    reading = Reading(title, description)
    learned = _learned(learners, "priority", reading)
    if not reading.hits and learned is None:
        return None
    sentiment, confidence, hits = prior.sentiment(reading.of("sentiment"))
    urgency = learned or _priority(reading)
    evidence = list(reading.evidence("sentiment", hits))
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


def _learned(learners: Learners, field: str, reading: Reading) -> LearnedPrediction | None:
    """Return the learned model's prediction, if that model answers and knows any of the text."""
    learner = learners.get(field)
    if learner is None or not learner.leads:
        return None
    prediction = learner.predict(reading)
    return prediction if reading.hits or prediction.evidence else None


def _category(reading: Reading) -> LearnedPrediction:
    value, confidence, hits = prior.category(reading.of("category"))
    return LearnedPrediction(value, confidence, 0, tuple(reading.evidence("category", hits)))


def _priority(reading: Reading) -> LearnedPrediction:
    category, _confidence, _hits = prior.category(reading.of("category"))
    urgency, hits = prior.urgency(reading, category)
    confidence = prior.priority_confidence(urgency, hits)
    evidence = tuple(reading.evidence("priority", hits))
    return LearnedPrediction(prior.priority(urgency), confidence, urgency, evidence)


# --- what the site has learned ---


class LearnerStore:
    """Holds the newest learners that `load` returns; without `load` there are none."""

    def __init__(self, load: Load | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._now = now
        self._reload_lock = threading.Lock()
        self._reload_at = self._warn_at = float("-inf")
        self._versions: dict[str, int] = {}
        self._learners: Learners = {}

    def learners(self) -> Learners:
        """Return the newest learners."""
        if self._load is not None and self._now() >= self._reload_at:
            self._reload()
        return self._learners

    def _reload(self) -> None:
        # While one thread reloads, the others use the current learners instead of waiting.
        if not self._reload_lock.acquire(blocking=False):
            return
        try:
            self._reload_at = self._now() + RELOAD_INTERVAL
            for field in LEARNED_FIELDS:
                self._reload_field(field)
        finally:
            self._reload_lock.release()

    def _reload_field(self, field: str) -> None:
        assert self._load is not None
        try:
            newer = self._load(field, self._versions.get(field, 0))
            if newer is None:
                return
            self._versions[field], data = newer
            remaining = {name: known for name, known in self._learners.items() if name != field}
            # Removed first: if the newer learner cannot be read, the older one must not answer.
            self._learners = remaining
            if data:
                self._learners = remaining | {field: Learner.loads(field, data)}
        except Exception as error:
            if self._now() >= self._warn_at:
                self._warn_at = self._now() + WARNING_INTERVAL
                logger.warning("What was learned about the %s cannot be loaded: %s", field, error)


_store = LearnerStore()


def set_learner_loader(load: Load | None) -> None:
    """Set where this process loads its learners from.

    `load` may use the database: it is called in the thread of a caller, at most every two seconds.
    """
    global _store
    _store = LearnerStore(load)


def site_learners() -> Learners:
    """Return the current learners of this site."""
    return _store.learners()
