"""How sure: a small logistic regression that learns how often answers like this were right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from . import packing
from .targets import logistic

RATE = 0.3
INERTIA = 4.0
AT_FIRST = (1.0, 0.0, 0.0, 0.0)  # the log odds as they are
LEAST = 0.26  # hardly more than by chance
MOST = 0.99


class Head:
    """Its signs: the answer's log odds, 1, whether the lexicon agrees, how familiar the text is."""

    def __init__(self) -> None:
        self._weights = list(AT_FIRST)
        self._gathered = [0.0] * len(AT_FIRST)

    def confidence(self, signs: Sequence[float]) -> float:
        return min(MOST, max(LEAST, self._told(signs)))

    def learn(self, signs: Sequence[float], right: bool) -> None:
        wrong_by = self._told(signs) - right
        for at, sign in enumerate(signs):
            slope = wrong_by * sign
            self._gathered[at] += slope * slope
            self._weights[at] -= RATE * slope / math.sqrt(INERTIA + self._gathered[at])

    def _told(self, signs: Sequence[float]) -> float:
        return logistic(sum(a * b for a, b in zip(self._weights, signs, strict=True)))

    def pack(self) -> bytes:
        return packing.pack("f", self._weights) + packing.pack("f", self._gathered)

    def unpack(self, reader: packing.Reader) -> None:
        """Raises ValueError when the numbers are no head's."""
        self._weights = reader.numbers("f", len(AT_FIRST))
        self._gathered = reader.numbers("f", len(AT_FIRST))
        if min(self._gathered) < 0:
            raise ValueError("a sum of squares is negative")
