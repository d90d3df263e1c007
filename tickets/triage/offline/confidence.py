"""A small logistic regression that learns how often predictions like this one were right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from . import packing
from .targets import logistic

RATE = 0.3
INERTIA = 4.0
INITIAL_WEIGHTS = (1.0, 0.0, 0.0, 0.0)  # the log odds unchanged
MIN_CONFIDENCE = 0.26  # hardly better than chance
MAX_CONFIDENCE = 0.99


class Head:
    """Estimates a confidence from four signs: the log odds of the prediction, 1, whether the
    lexicon agrees, and how familiar the text is."""

    def __init__(self) -> None:
        self._weights = list(INITIAL_WEIGHTS)
        self._gathered = [0.0] * len(INITIAL_WEIGHTS)

    def confidence(self, signs: Sequence[float]) -> float:
        return min(MAX_CONFIDENCE, max(MIN_CONFIDENCE, self._probability(signs)))

    def learn(self, signs: Sequence[float], right: bool) -> None:
        wrong_by = self._probability(signs) - right
        for at, sign in enumerate(signs):
            slope = wrong_by * sign
            self._gathered[at] += slope * slope
            self._weights[at] -= RATE * slope / math.sqrt(INERTIA + self._gathered[at])

    def _probability(self, signs: Sequence[float]) -> float:
        return logistic(sum(a * b for a, b in zip(self._weights, signs, strict=True)))

    def pack(self) -> bytes:
        return packing.pack("f", self._weights) + packing.pack("f", self._gathered)

    def unpack(self, reader: packing.Reader) -> None:
        """Restore what `pack` returned. Raise ValueError for other numbers."""
        self._weights = reader.numbers("f", len(INITIAL_WEIGHTS))
        self._gathered = reader.numbers("f", len(INITIAL_WEIGHTS))
        if min(self._gathered) < 0:
            raise ValueError("a sum of squares is negative")
