"""The sources of predictions that can be evaluated: default, offline classifier and model.

A source returns None if it failed. If it cannot decide it returns the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ...vocabulary import LEARNED_FIELDS
from .. import engine
from ..config import Config
from ..offline import classifier
from ..offline.learner import Learner
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
    """The offline classifier with these learners; new ones stand for the lexicon alone."""

    def __init__(self, learners: Mapping[str, Learner] | None = None) -> None:
        if learners is None:
            learners = {name: Learner(name) for name in LEARNED_FIELDS}
        self._learners = learners

    def classify(self, row: Row) -> Classification:
        learners = self._learners
        return classifier.classify(row.text, row.title, learners=learners) or Classification()

    def score_sentiment(self, row: Row) -> SentimentScore:
        learners = self._learners
        score = classifier.score_sentiment(row.text, row.title, learners=learners)
        return score or SentimentScore()

    def learn(self, row: Row) -> None:
        """Learn the right values of a row."""
        for name, learner in self._learners.items():
            if name in row.choices:
                learner.learn(row.title, row.text, row.choices[name])


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
