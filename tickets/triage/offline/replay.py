"""A lesson that is kept to be learned again, small enough for two hundred of them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from . import packing
from .features import Features
from .weights import Rows, Weights

MOST_FEATURES = 250
ALIKE = 0.7
STEPS = 255  # a ticket has only a few different weights


class Kept:
    """The features, the lexicon's scores (`start`) and the person's value (`label`)."""

    __slots__ = ("_keys", "_rows", "_scale", "_steps", "label", "start")

    def __init__(
        self, start: Sequence[float], label: int, keys: array[int], steps: bytes, scale: float
    ) -> None:
        self.start, self.label = start, label
        self._keys, self._steps, self._scale = keys, steps, scale
        self._rows: Rows | None = None

    @classmethod
    def of(cls, features: Features, start: Sequence[float], label: int) -> Kept:
        kept = features[:MOST_FEATURES]
        scale = max((weight for _key, weight in kept), default=0.0) / STEPS or 1.0
        keys = array("H", [key for key, _weight in kept])
        return cls(start, label, keys, bytes(round(weight / scale) for _key, weight in kept), scale)

    def rows(self, weights: Weights) -> Rows:
        """The features' rows in these weights, looked up once."""
        if self._rows is None:
            pairs = zip(self._keys, self._steps, strict=True)
            self._rows = weights.all([(key, step * self._scale) for key, step in pairs])
        return self._rows

    def is_like(self, keys: frozenset[int]) -> bool:
        """Whether nearly all of its features are among these, and nearly all of these its own."""
        most = max(len(self._keys), len(keys))
        return len(keys.intersection(self._keys)) >= ALIKE * most

    def pack(self) -> bytes:
        return (
            packing.pack("B", [self.label])
            + packing.pack("f", [*self.start, self._scale])
            + packing.pack("H", self._keys)
            + packing.pack("B", self._steps)
        )

    @classmethod
    def unpack(cls, reader: packing.Reader, width: int) -> Kept:
        """Raises ValueError when the numbers do not fit together."""
        (label,) = reader.numbers("B", 1)
        *start, scale = reader.numbers("f", width + 1)
        keys = reader.numbers("H")
        return cls(start, label, array("H", keys), bytes(reader.numbers("B", len(keys))), scale)
