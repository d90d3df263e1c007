"""Category, priority, sentiment and urgency, from lexicon and encoder and from what was learned."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ...vocabulary import CATEGORIES, CONFIDENT_FROM, PRIORITIES, SENTIMENTS
from ..results import Classification, Evidence, SentimentScore
from . import estimate, lexicon_scores
from .encoders import choice
from .encoders.base import Encoder
from .estimate import Estimate
from .evidence import omissions
from .learner import LearnedPrediction, Learner
from .reading import Hit, Reading

logger = logging.getLogger(__name__)

# Encoder and the learner in use -> a newer learner, or None if it is the newest.
Load = Callable[[Encoder, Learner | None], Learner | None]
LEARNED = "learned-2"
RELOAD_INTERVAL = 2.0  # seconds
WARNING_INTERVAL = 60.0
MIN_PLAUSIBLE_SHARE = 0.05  # of a category that somebody else predicts


class _Answer(NamedTuple):
    """A value of one field, where it comes from, and what it rests on."""

    value: str
    confidence: float
    urgency: float
    model: str
    evidence: tuple[Evidence, ...]
    like: int | None = None  # the confirmed ticket that is most like it


def classify(
    description: str,
    title: str = "",
    *,
    learner: Learner | None = None,
    without: int = 0,
    lexicon_only: bool = False,
) -> Classification | None:
    """Return category and priority, or None if nothing in the text is known.

    `learner` replaces what this desk has learned. The confirmed ticket `without` does not count.
    With `lexicon_only` neither the encoder nor the learner is asked, which takes less than a
    millisecond.
    """
    ticket = _Ticket(title, description, learner, lexicon_only=lexicon_only)
    category = ticket.answer("category", without)
    priority = ticket.answer("priority", without)
    if not (ticket.estimate.is_known or LEARNED in (category.model, priority.model)):
        return None
    return Classification(
        category=category.value,
        priority=priority.value,
        source="offline",
        category_confidence=category.confidence,
        priority_confidence=priority.confidence,
        evidence=category.evidence + priority.evidence,
        provider="offline",
        model=category.model,
        priority_model=priority.model,
        category_like=category.like,
        priority_like=priority.like,
    )


def score_sentiment(
    description: str,
    title: str = "",
    *,
    learner: Learner | None = None,
    without: int = 0,
    lexicon_only: bool = False,
) -> SentimentScore | None:
    """Return sentiment and urgency, or None if nothing in the text is known."""
    ticket = _Ticket(title, description, learner, lexicon_only=lexicon_only)
    urgency = ticket.answer("priority", without)
    if not (ticket.estimate.is_known or urgency.model == LEARNED):
        return None
    share = max(ticket.estimate.sentiment)
    value = SENTIMENTS[ticket.estimate.sentiment.index(share)]
    hits = [hit for hit in ticket.reading.of("sentiment") if hit.label == value]
    evidence = list(ticket.reading.evidence("sentiment", lexicon_scores.strongest(hits)))
    evidence += [Evidence("sentiment", e.field, e.text, e.start, e.end) for e in urgency.evidence]
    return SentimentScore(
        value,
        round(urgency.urgency),
        round(share, 3) if hits or ticket.reading.encoder else None,
        source="offline",
        evidence=tuple(evidence[: lexicon_scores.MAX_EVIDENCE]),
        provider="offline",
        model=ticket.model,
        urgency_model=urgency.model,
    )


def contradicts(
    description: str, title: str, category: str, priority: str, *, learner: Learner | None = None
) -> tuple[bool, bool]:
    """Return whether a category and a priority are clearly wrong. `learner` is as for `classify`.

    Either the estimate says so, or what agents decided on tickets of nearly the same meaning.
    """
    ticket = _Ticket(title, description, learner, lexicon_only=False)
    return ticket.contradicts_category(category), ticket.contradicts_priority(priority)


def estimate_version(encoder: Encoder | None) -> str:
    """Name what answers where nothing was learned: "lexicon-3+use-3"."""
    return f"{lexicon_scores.VERSION}+{encoder.name}" if encoder else lexicon_scores.VERSION


def calibrated_claim(field: str, model: str, confidence: float) -> float:
    """Return what the confidence that a model states is worth on this desk."""
    return _store.learner().calibrated_claim(field, model, confidence)


class _Ticket:
    """One ticket, and what this desk knows of such tickets."""

    def __init__(
        self, title: str, description: str, learner: Learner | None, *, lexicon_only: bool
    ) -> None:
        self.learner = None if lexicon_only else learner or _store.learner()
        encoder = self.learner.encoder if self.learner is not None else None
        self.reading = Reading(title, description, encoder)
        self.estimate: Estimate = estimate.of(self.reading)
        self.model = estimate_version(encoder)

    def learned(self, field: str, without: int = 0) -> LearnedPrediction | None:
        """Return what the confirmed tickets say, if they lead and one means nearly the same."""
        if self.learner is None or not self.learner.leads(field):
            return None
        learned = self.learner.predict(field, self.reading, self.estimate, without)
        return learned if learned is not None and learned.neighbours else None

    def contradicts_category(self, category: str) -> bool:
        confirmed = self.learned("category")
        if confirmed is not None and confirmed.confidence >= CONFIDENT_FROM:
            return confirmed.value != category
        share = self.estimate.category[CATEGORIES.index(category)]
        return self.estimate.is_known and share < MIN_PLAUSIBLE_SHARE

    def contradicts_priority(self, priority: str) -> bool:
        confirmed = self.learned("priority")
        if confirmed is None and not self.estimate.is_known:
            return False
        own = confirmed.value if confirmed else estimate.value_of("priority", self.estimate)[0]
        return abs(PRIORITIES.index(priority) - PRIORITIES.index(own)) > 1

    def answer(self, field: str, without: int) -> _Answer:
        """Return the value of "category" or "priority"."""
        learned = self.learned(field, without)
        if learned is not None:
            return _Answer(
                learned.value,
                learned.confidence,
                learned.urgency,
                LEARNED,
                self._evidence(field, learned.value),
                learned.neighbours[0].key,
            )
        value, confidence = estimate.value_of(field, self.estimate)
        if self.learner is not None:
            confidence = self.learner.calibrated(field, confidence)
        urgency = self.estimate.urgency
        evidence = self._evidence(field, value)
        return _Answer(value, round(confidence, 3), urgency, self.model, evidence)

    def _evidence(self, field: str, value: str) -> tuple[Evidence, ...]:
        """Return the lexicon's words for the value, or else those that the encoder needs for it.

        There are none for "medium", which says that nothing asks for more or for less.
        """
        if value == "medium":
            return ()
        hits = self._hits(field, value)
        # The encoder's words are no reason for a value that only the confirmed tickets have.
        is_own = self.estimate.is_known and estimate.value_of(field, self.estimate)[0] == value
        if hits or self.reading.encoder is None or not is_own:
            return tuple(self.reading.evidence(field, lexicon_scores.strongest(hits)))
        return omissions(self.reading, field, self._score(field, value))

    def _hits(self, field: str, value: str) -> list[Hit]:
        if field == "category":
            return [hit for hit in self.reading.of("category") if hit.label == value]
        is_urgent = value in ("high", "critical")
        return [hit for hit in self.reading.of("urgency") if (hit.weight > 0) == is_urgent]

    def _score(self, field: str, value: str) -> Callable[[Any], list[float]]:
        encoder = self.reading.encoder
        assert encoder is not None
        if field == "category":
            at = CATEGORIES.index(value)
            return lambda vectors: [share.category[at] for share in encoder.shares(vectors)]
        is_urgent = value in ("high", "critical")
        return lambda vectors: [
            sum(share.priority[2:] if is_urgent else share.priority[:2])
            for share in encoder.shares(vectors)
        ]


# --- what this desk has learned ---


class LearnerStore:
    """Holds the newest learner that `load` returns; without `load` nothing is learned."""

    def __init__(self, load: Load | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._now = now
        self._reload_lock = threading.Lock()
        self._reload_at = self._warn_at = float("-inf")
        self._learner: Learner | None = None

    def learner(self) -> Learner:
        """Return the newest learner of the current encoder."""
        encoder = choice.current()
        if self._learner is not None and self._learner.encoder is not encoder:
            self._learner, self._reload_at = None, float("-inf")
        if self._load is not None and self._now() >= self._reload_at:
            self._reload(encoder)
        return self._learner or Learner(encoder)

    def _reload(self, encoder: Encoder) -> None:
        # While one thread reloads, the others use the current learner instead of waiting.
        if not self._reload_lock.acquire(blocking=False):
            return
        try:
            assert self._load is not None
            self._reload_at = self._now() + RELOAD_INTERVAL
            self._learner = self._load(encoder, self._learner) or self._learner
        except Exception as error:
            if self._now() >= self._warn_at:
                self._warn_at = self._now() + WARNING_INTERVAL
                logger.warning("What this desk has learned cannot be loaded: %s", error)
        finally:
            self._reload_lock.release()


_store = LearnerStore()


def set_learner_loader(load: Load | None) -> None:
    """Set where this process loads its learner from.

    `load` may use the database: it is called in the thread of a caller, at most every two seconds.
    """
    global _store
    _store = LearnerStore(load)


def site_learner() -> Learner:
    """Return the current learner of this site."""
    return _store.learner()
