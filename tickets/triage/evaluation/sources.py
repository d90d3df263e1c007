"""Whoever can be asked about a ticket: the default, the offline classifier, a model.

Each answers with None when it failed; having no opinion is an answer, the default's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .. import engine, offline
from ..config import Config
from ..types import LEARNED_FIELDS, Classification, Tone
from .table import Row


class Source(Protocol):
    def classify(self, row: Row) -> Classification | None: ...

    def score_tone(self, row: Row) -> Tone | None: ...


class Default:
    """What triage says when nobody has an opinion."""

    def classify(self, row: Row) -> Classification:
        return Classification()

    def score_tone(self, row: Row) -> Tone:
        return Tone()


class Offline:
    """The offline classifier with what these learners know; untaught they leave the lexicon."""

    def __init__(self, learners: Mapping[str, offline.Learner] | None = None) -> None:
        if learners is None:
            learners = {name: offline.Learner(name) for name in LEARNED_FIELDS}
        self._learners = learners

    def classify(self, row: Row) -> Classification:
        found = offline.classify(row.text, row.title, learners=self._learners)
        return found or Classification()

    def score_tone(self, row: Row) -> Tone:
        return offline.score_tone(row.text, row.title, learners=self._learners) or Tone()

    def learn(self, row: Row) -> None:
        for name, learner in self._learners.items():
            if name in row.choices:
                learner.learn(row.title, row.text, row.choices[name])


class Model:
    """The model of these settings; an answer of anybody else's in its place is a failure."""

    def __init__(self, settings: Config) -> None:
        self._settings = settings

    def classify(self, row: Row) -> Classification | None:
        answer = engine.classify(row.text, row.title, settings=self._settings)
        return answer if answer.source == "llm" else None

    def score_tone(self, row: Row) -> Tone | None:
        answer = engine.score_tone(row.text, row.title, settings=self._settings)
        return answer if answer.source == "llm" else None
