"""Many sentence vectors at one byte a number, to find the nearest of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_STEP = 127
BLOCK = 2048  # rows that are widened to four bytes a number at a time: 4 MB


class Form:
    """What vectors have in common, whatever the matter.

    Short texts are near to short ones, and mails to mails. Without it, the same matter is found
    more often in other words and languages: see docs/decisions/0039-similar-tickets.md.
    """

    def __init__(self, numpy: Any, mean: Sequence[float], length: Sequence[float]) -> None:
        """Take the mean of vectors, and the direction in which those of longer texts lie."""
        self._numpy = numpy
        self._mean = numpy.array(mean, dtype=numpy.float32)
        length_direction = numpy.array(length, dtype=numpy.float32)
        self._length = length_direction / numpy.linalg.norm(length_direction)

    def taken_from(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the rows without their form, each of length 1."""
        numpy = self._numpy
        meaning = vectors - self._mean
        meaning -= (meaning @ self._length)[:, None] * self._length
        meaning /= numpy.maximum(numpy.linalg.norm(meaning, axis=1, keepdims=True), 1e-9)
        return cast("NDArray[np.float32]", meaning)


class SentencePool:
    """Vectors by the numbers of their tickets, without their form. 25,000 take 13 MB.

    Comparing one with all of them takes some 2 ms.

    A number is off by at most 1/254 of its vector's largest, which moves cosines by about .002.
    """

    def __init__(self, numpy: Any, size: int, form: Form) -> None:
        self._numpy = numpy
        self._form = form
        self._positions: dict[int, int] = {}
        self._ids = numpy.empty(0, dtype=numpy.int64)
        self._rows = numpy.empty((0, size), dtype=numpy.int8)
        self._steps = numpy.empty(0, dtype=numpy.float32)

    def __len__(self) -> int:
        return len(self._positions)

    def __contains__(self, ticket_id: int) -> bool:
        return ticket_id in self._positions

    def put(self, packed: Iterable[tuple[int, bytes]]) -> None:
        """Add vectors, each as the encoder packs it, in the place of earlier ones.

        What cannot be read is left out; its owner makes it again.
        """
        numpy, expected = self._numpy, 2 * self._rows.shape[1]
        latest = {ticket_id: data for ticket_id, data in packed if len(data) == expected}
        if not latest:
            return
        vectors = numpy.frombuffer(b"".join(latest.values()), dtype="<f2")
        vectors = vectors.reshape(len(latest), -1).astype(numpy.float32)
        vectors = self._form.taken_from(vectors)
        steps = numpy.maximum(numpy.abs(vectors).max(axis=1), 1e-9) / MAX_STEP
        self._make_room(len(latest))
        for ticket_id in latest:
            self._positions.setdefault(ticket_id, len(self._positions))
        at = [self._positions[ticket_id] for ticket_id in latest]
        self._ids[at] = list(latest)
        self._steps[at] = steps
        self._rows[at] = numpy.rint(vectors / steps[:, None])

    def keep(self, ticket_ids: Collection[int]) -> None:
        """Forget all other tickets."""
        remaining = [ticket_id for ticket_id in self._positions if ticket_id in ticket_ids]
        if len(remaining) == len(self._positions):
            return
        at = [self._positions[ticket_id] for ticket_id in remaining]
        self._ids, self._steps = self._ids[at], self._steps[at]
        self._rows = self._rows[at]
        self._positions = {ticket_id: position for position, ticket_id in enumerate(remaining)}

    def nearest(self, vector: NDArray[np.float32], count: int) -> dict[int, float]:
        """Return the cosines, without the form, of the nearest `count` tickets by their numbers."""
        numpy, total = self._numpy, len(self._positions)
        if not total:
            return {}
        meaning = self._form.taken_from(vector[None])[0]
        cosines = numpy.concatenate(list(self._cosines(meaning, total)))
        best = numpy.argpartition(-cosines, min(count, total) - 1)[:count]
        return {int(self._ids[at]): float(cosines[at]) for at in best}

    def _cosines(self, vector: NDArray[np.float32], total: int) -> Iterator[NDArray[np.float32]]:
        for start in range(0, total, BLOCK):
            rows = self._rows[start : min(start + BLOCK, total)].astype(self._numpy.float32)
            yield (rows @ vector) * self._steps[start : start + len(rows)]

    def _make_room(self, count: int) -> None:
        needed = len(self._positions) + count
        if needed <= len(self._ids):
            return
        numpy, more = self._numpy, needed + BLOCK - len(self._ids)
        self._ids = numpy.concatenate([self._ids, numpy.zeros(more, self._ids.dtype)])
        self._steps = numpy.concatenate([self._steps, numpy.zeros(more, self._steps.dtype)])
        empty = numpy.zeros((more, self._rows.shape[1]), self._rows.dtype)
        self._rows = numpy.concatenate([self._rows, empty])
