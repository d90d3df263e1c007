"""The fields that can be learned: one of four categories, and a priority by its urgency.

A target starts from the scores of the lexicon, to which what was learned is added.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Protocol

from ...vocabulary import CATEGORIES, PRIORITIES
from . import prior
from .reading import Hit, Reading

# The factor of the lexicon's log odds; without it a few examples could not outweigh them.
LEXICON_TRUST = 0.6
URGENCY_UNIT = 8.0  # points of urgency that change the odds by a factor of e
THRESHOLDS = tuple(least / URGENCY_UNIT for _name, least in reversed(prior.PRIORITY_FROM[:-1]))

MIDDLE = (THRESHOLDS[0] + THRESHOLDS[1]) / 2  # of a medium priority


class Target(Protocol):
    """`scores` are the lexicon's plus what was learned; `label` is an index into `values`."""

    values: tuple[str, ...]
    width: int

    def start(self, reading: Reading) -> tuple[list[float], str]:
        """Return the lexicon's scores and its value."""

    def hits(self, reading: Reading) -> list[Hit]:
        """Return the hits behind the lexicon's value."""

    def best(self, scores: Sequence[float]) -> int:
        """Return the label of the most likely value."""

    def shares(self, scores: Sequence[float]) -> list[float]:
        """Return the probability of each value."""

    def sober(self, scores: Sequence[float], start: Sequence[float]) -> list[float]:
        """Return scores in which the lexicon counts in full, from which to derive a confidence."""

    def gradient(self, scores: Sequence[float], label: int) -> list[float]:
        """Return the gradient of the loss with respect to the scores."""

    def towards(self, scores: Sequence[float]) -> list[float]:
        """Return how much an increase of each score favours the best value."""

    def urgency(self, scores: Sequence[float]) -> int:
        """Return an urgency of 0..100; 0 for a target without one."""


class CategoryTarget:
    """Multinomial logistic regression: a score for each category."""

    values: tuple[str, ...] = CATEGORIES
    width: int = len(CATEGORIES)

    def start(self, reading: Reading) -> tuple[list[float], str]:
        hits = reading.of("category")
        best, confidence, _hits = prior.category(hits)
        totals = {name: 1.0 + total for name, total in prior.category_totals(hits).items()}
        left = (1 - confidence) / (sum(totals.values()) - totals[best])
        shares = {name: left * part for name, part in totals.items()}
        shares[best] = max(confidence, 1.01 * max(shares[name] for name in totals if name != best))
        return [LEXICON_TRUST * math.log(shares[name]) for name in CATEGORIES], best

    def hits(self, reading: Reading) -> list[Hit]:
        return prior.category(reading.of("category"))[2]

    def best(self, scores: Sequence[float]) -> int:
        return max(range(self.width), key=scores.__getitem__)

    def shares(self, scores: Sequence[float]) -> list[float]:
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]

    def sober(self, scores: Sequence[float], start: Sequence[float]) -> list[float]:
        more = 1 / LEXICON_TRUST - 1
        return [score + more * first for score, first in zip(scores, start, strict=True)]

    def gradient(self, scores: Sequence[float], label: int) -> list[float]:
        return [share - (at == label) for at, share in enumerate(self.shares(scores))]

    def towards(self, scores: Sequence[float]) -> list[float]:
        best = self.best(scores)
        rival = max((at for at in range(self.width) if at != best), key=scores.__getitem__)
        even = -0.5 / self.width  # half against all, half against the strongest rival
        return [even + (at == best) - 0.5 * (at == rival) for at in range(self.width)]

    def urgency(self, scores: Sequence[float]) -> int:
        return 0


class PriorityTarget:
    """Ordinal regression: one score of urgency, divided by fixed thresholds.

    The urgency is the same score, so the two never contradict each other.
    """

    values: tuple[str, ...] = PRIORITIES
    width: int = 1

    def start(self, reading: Reading) -> tuple[list[float], str]:
        category, _confidence, _hits = prior.category(reading.of("category"))
        urgency, _hits = prior.urgency(reading, category)
        return [urgency / URGENCY_UNIT], prior.priority(urgency)

    def hits(self, reading: Reading) -> list[Hit]:
        category, _confidence, _hits = prior.category(reading.of("category"))
        return prior.urgency(reading, category)[1]

    def best(self, scores: Sequence[float]) -> int:
        return PRIORITIES.index(prior.priority(self.urgency(scores)))

    def shares(self, scores: Sequence[float]) -> list[float]:
        above = [1.0, *(logistic(scores[0] - threshold) for threshold in THRESHOLDS), 0.0]
        return [higher - lower for higher, lower in itertools.pairwise(above)]

    def sober(self, scores: Sequence[float], start: Sequence[float]) -> list[float]:
        return list(scores)

    def gradient(self, scores: Sequence[float], label: int) -> list[float]:
        doubts = (
            logistic(scores[0] - threshold) - (label > at)
            for at, threshold in enumerate(THRESHOLDS)
        )
        return [sum(doubts)]

    def towards(self, scores: Sequence[float]) -> list[float]:
        return [1.0 if scores[0] >= MIDDLE else -1.0]

    def urgency(self, scores: Sequence[float]) -> int:
        return round(min(100.0, max(0.0, scores[0] * URGENCY_UNIT)))


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-min(30.0, max(-30.0, value))))


TARGETS: dict[str, Target] = {"category": CategoryTarget(), "priority": PriorityTarget()}
