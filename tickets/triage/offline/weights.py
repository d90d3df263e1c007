"""A sparse linear model that learns online, with a learning rate per slot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from . import packing
from .features import BITS, Features

RATE = 1.0
SMOOTHING = 0.02
MAX_VALUE = 60_000.0  # the range of half precision
# A slot's sum of squared gradients, then its weights: one list, as this is the innermost loop.
Row = list[float]
Rows = list[tuple[Row, float]]  # and the weight of the feature in the text


class Weights:
    """`width` weights per slot, learned by AdaGrad (Duchi, Hazan, Singer 2011)."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._rows: dict[int, Row] = {}

    def known(self, features: Features) -> Rows:
        """Return the rows of those features that occurred in earlier examples."""
        rows = self._rows
        return [(rows[key], weight) for key, weight in features if key in rows]

    def all(self, features: Features) -> Rows:
        """Return the rows of all these features, creating new ones."""
        rows, blank = self._rows, [0.0] * (1 + self.width)
        for key, _weight in features:
            if key not in rows:
                rows[key] = blank[:]
        return self.known(features)

    def moves(self, key: int) -> Sequence[float] | None:
        """Return by how much this slot moves each score, or None if it is unknown."""
        row = self._rows.get(key)
        return None if row is None else row[1:]

    def totals(self, rows: Rows) -> list[float]:
        if self.width == 1:
            return [sum(row[1] * weight for row, weight in rows)]
        first = second = third = fourth = 0.0
        for (_gathered, a, b, c, d), weight in rows:
            first += a * weight
            second += b * weight
            third += c * weight
            fourth += d * weight
        return [first, second, third, fourth]

    def step(self, rows: Rows, gradient: Sequence[float]) -> None:
        """Move the weights against the gradient of the loss by the totals."""
        size = sum(part * part for part in gradient)
        root = math.sqrt
        if self.width == 1:
            for row, weight in rows:
                row[0] += size * weight * weight
                row[1] -= RATE * weight / root(SMOOTHING + row[0]) * gradient[0]
            return
        first, second, third, fourth = gradient
        for row, weight in rows:
            row[0] += size * weight * weight
            pace = RATE * weight / root(SMOOTHING + row[0])
            row[1] -= pace * first
            row[2] -= pace * second
            row[3] -= pace * third
            row[4] -= pace * fourth

    def pack(self) -> bytes:
        flat = [
            min(MAX_VALUE, max(-MAX_VALUE, value)) for row in self._rows.values() for value in row
        ]
        return packing.pack("H", self._rows) + packing.pack("e", flat)

    def unpack(self, reader: packing.Reader) -> None:
        """Restore what `pack` returned. Raise ValueError if the numbers do not fit together."""
        keys, flat, size = reader.numbers("H"), reader.numbers("e"), 1 + self.width
        if any(key >> BITS for key in keys) or len(flat) != size * len(keys):
            raise ValueError("the weights do not fit their slots")
        if min(flat[::size], default=0.0) < 0:
            raise ValueError("a sum of squares is negative")
        rows = (flat[at : at + size] for at in range(0, len(flat), size))
        self._rows = dict(zip(keys, rows, strict=True))


def familiarity(rows: Iterable[tuple[Row, float]]) -> float:
    """Return the share (0..1) of a text that these rows of known features make up."""
    return min(1.0, sum(weight * weight for _row, weight in rows))
