"""The sources of predictions that can be evaluated: default, offline classifier and model.

A source returns None if it failed. If it cannot decide it returns the default.
"""

from __future__ import annotations

from typing import Protocol

from ...vocabulary import LEARNED_FIELDS
from .. import engine
from ..config import Config
from ..offline import classifier
from ..offline.encoders import choice
from ..offline.learner import Learner
from ..offline.reading import Reading
from ..results import Classification, SentimentScore
from .table import Row


class Source(Protocol):
    """Predicts the values of a ticket."""

    def classify(self, row: Row) -> Classification | None: ...

    def score_sentiment(self, row: Row) -> SentimentScore | None: ...


class Default:
    """The default values, whatever the ticket."""

    def classify(self, row: Row) -> Classification:
        return Classification()

    def score_sentiment(self, row: Row) -> SentimentScore:
        return SentimentScore()


class Offline:
    """The offline classifier with this learner; without one, it has learned nothing yet."""

    def __init__(self, learner: Learner | None = None) -> None:
        self._learner = learner or Learner(choice.current())
        self._learned = 0

    def classify(self, row: Row) -> Classification:
        learner, without = self._learner, row.key
        result = classifier.classify(row.text, row.title, learner=learner, without=without)
        return result or Classification()

    def score_sentiment(self, row: Row) -> SentimentScore:
        learner, without = self._learner, row.key
        score = classifier.score_sentiment(row.text, row.title, learner=learner, without=without)
        return score or SentimentScore()

    def learn(self, row: Row) -> None:
        """Learn the right values of a row."""
        self._learned += 1
        key = row.key or -self._learned  # none of a ticket
        reading = Reading(row.title, row.text, self._learner.encoder)
        for field in LEARNED_FIELDS:
            if value := row.choices.get(field):
                compared = self._learner.compare(field, value, reading)
                self._learner.learn(key, reading.vector, field, value, compared)


class Lexicon:
    """The lexicon alone."""

    def classify(self, row: Row) -> Classification:
        result = classifier.classify(row.text, row.title, lexicon_only=True)
        return result or Classification()

    def score_sentiment(self, row: Row) -> SentimentScore:
        return (
            classifier.score_sentiment(row.text, row.title, lexicon_only=True) or SentimentScore()
        )


class Model:
    """The model of these settings. A prediction of the offline classifier counts as a failure."""

    def __init__(self, settings: Config) -> None:
        self._settings = settings

    def classify(self, row: Row) -> Classification | None:
        result = engine.classify(row.text, row.title, settings=self._settings)
        return result if result.source == "llm" else None

    def score_sentiment(self, row: Row) -> SentimentScore | None:
        result = engine.score_sentiment(row.text, row.title, settings=self._settings)
        return result if result.source == "llm" else None
