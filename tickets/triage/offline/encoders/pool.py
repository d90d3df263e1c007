"""Many sentence vectors at one byte a number, to find the nearest of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_STEP = 127
BLOCK = 2048  # rows that are widened to four bytes a number at a time: 4 MB


class SentencePool:
    """Vectors by key. 25,000 take 13 MB; to compare one with all of them takes some 10 ms.

    A number is off by at most 1/254 of its vector's largest, which moves cosines by about .002.
    """

    def __init__(self, numpy: Any, size: int) -> None:
        self._numpy = numpy
        self._positions: dict[int, int] = {}
        self._keys = numpy.empty(0, dtype=numpy.int64)
        self._rows = numpy.empty((0, size), dtype=numpy.int8)
        self._steps = numpy.empty(0, dtype=numpy.float32)

    def __len__(self) -> int:
        return len(self._positions)

    def __contains__(self, key: int) -> bool:
        return key in self._positions

    def put(self, packed: Iterable[tuple[int, bytes]]) -> None:
        """Add vectors, each as the encoder packs it, in the place of earlier ones of their keys."""
        numpy = self._numpy
        latest = dict(packed)
        if not latest:
            return
        vectors = numpy.frombuffer(b"".join(latest.values()), dtype="<f2")
        vectors = vectors.reshape(len(latest), -1).astype(numpy.float32)
        steps = numpy.maximum(numpy.abs(vectors).max(axis=1), 1e-9) / MAX_STEP
        self._make_room(len(latest))
        for key in latest:
            self._positions.setdefault(key, len(self._positions))
        at = [self._positions[key] for key in latest]
        self._keys[at] = list(latest)
        self._steps[at] = steps
        self._rows[at] = numpy.rint(vectors / steps[:, None])

    def keep(self, keys: Collection[int]) -> None:
        """Forget all other keys."""
        kept = [key for key in self._positions if key in keys]
        if len(kept) == len(self._positions):
            return
        at = [self._positions[key] for key in kept]
        self._keys, self._steps = self._keys[at], self._steps[at]
        self._rows = self._rows[at]
        self._positions = {key: position for position, key in enumerate(kept)}

    def nearest(
        self, vector: NDArray[np.float32], count: int, also: Collection[int] = ()
    ) -> dict[int, float]:
        """Return the cosines of the nearest `count` keys, and of those of `also` that it has."""
        numpy, total = self._numpy, len(self._positions)
        if not total:
            return {}
        cosines = numpy.concatenate(list(self._cosines(vector, total)))
        best = numpy.argpartition(-cosines, min(count, total) - 1)[:count]
        others = [self._positions[key] for key in also if key in self._positions]
        return {int(self._keys[at]): float(cosines[at]) for at in [*best, *others]}

    def _cosines(self, vector: NDArray[np.float32], total: int) -> Iterator[NDArray[np.float32]]:
        for start in range(0, total, BLOCK):
            rows = self._rows[start : min(start + BLOCK, total)].astype(self._numpy.float32)
            yield (rows @ vector) * self._steps[start : start + len(rows)]

    def _make_room(self, count: int) -> None:
        needed = len(self._positions) + count
        if needed <= len(self._keys):
            return
        numpy, more = self._numpy, needed + BLOCK - len(self._keys)
        self._keys = numpy.concatenate([self._keys, numpy.zeros(more, self._keys.dtype)])
        self._steps = numpy.concatenate([self._steps, numpy.zeros(more, self._steps.dtype)])
        empty = numpy.zeros((more, self._rows.shape[1]), self._rows.dtype)
        self._rows = numpy.concatenate([self._rows, empty])
