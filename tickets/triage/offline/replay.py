"""An example that is stored to be learned again, small enough to store 200 of them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from . import packing
from .features import Features
from .weights import Rows, Weights

MAX_FEATURES = 250
SIMILARITY = 0.7  # the share of common features from which two tickets are alike
STEPS = 255  # weights are stored in a byte, as a ticket has only a few different ones


class ReplayExample:
    """Features, the lexicon's scores (`start`), and the index of the agent's value (`label`)."""

    __slots__ = ("_keys", "_rows", "_scale", "_steps", "label", "start")

    def __init__(
        self, start: Sequence[float], label: int, keys: array[int], steps: bytes, scale: float
    ) -> None:
        self.start, self.label = start, label
        self._keys, self._steps, self._scale = keys, steps, scale
        self._rows: Rows | None = None

    @classmethod
    def of(cls, features: Features, start: Sequence[float], label: int) -> ReplayExample:
        features = features[:MAX_FEATURES]
        scale = max((weight for _key, weight in features), default=0.0) / STEPS or 1.0
        keys = array("H", [key for key, _weight in features])
        steps = bytes(round(weight / scale) for _key, weight in features)
        return cls(start, label, keys, steps, scale)

    def rows(self, weights: Weights) -> Rows:
        """Return the features' rows in these weights, looking them up once."""
        if self._rows is None:
            pairs = zip(self._keys, self._steps, strict=True)
            self._rows = weights.all([(key, step * self._scale) for key, step in pairs])
        return self._rows

    def is_like(self, keys: frozenset[int]) -> bool:
        """Return whether this example and a ticket with these features are nearly the same."""
        total = max(len(self._keys), len(keys))
        return len(keys.intersection(self._keys)) >= SIMILARITY * total

    def pack(self) -> bytes:
        return (
            packing.pack("B", [self.label])
            + packing.pack("f", [*self.start, self._scale])
            + packing.pack("H", self._keys)
            + packing.pack("B", self._steps)
        )

    @classmethod
    def unpack(cls, reader: packing.Reader, width: int) -> ReplayExample:
        """Read what `pack` returned. Raise ValueError if the numbers do not fit together."""
        (label,) = reader.numbers("B", 1)
        *start, scale = reader.numbers("f", width + 1)
        keys = reader.numbers("H")
        return cls(start, label, array("H", keys), bytes(reader.numbers("B", len(keys))), scale)
