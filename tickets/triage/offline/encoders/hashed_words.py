"""An encoder without any package: hashed words, pairs of words and pieces of words."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ..features import named
from ..tokens import tokenise
from . import heads
from .base import Shares, prepare, softmax

NAME = "words-1"
SLOTS = 1 << 14
PIECE = 0.5  # the weight of three to five neighbouring letters, beside a word's of 1
PIECE_CHARS = (3, 4, 5)
MAX_WORD_CHARS = 20
MAX_KEPT = 256  # features of a vector that is stored or compared
CACHED = 256
ITEM = struct.Struct("<He")  # a slot and a weight

Vector = dict[int, float]  # by slot


class WordEncoder:
    name = NAME
    sharpness = 1.6
    least_critical = 0.0  # it has no other words than the lexicon

    def __init__(self) -> None:
        fitted = heads.load(NAME)
        self.borders: Sequence[float] = fitted.borders
        *rows, self._bias = fitted.weights
        self._rows = dict(zip(fitted.inputs, rows, strict=True))
        self._factors = dict(zip(fitted.inputs, fitted.input_factors, strict=True))
        self.vector = lru_cache(CACHED)(self._vector)

    def _vector(self, text: str) -> Vector:
        return weighed(counted(text), self._factors)

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        return [self.vector(text) for text in texts]

    def shares(self, vectors: Sequence[Vector]) -> list[Shares]:
        return [self._shares(vector) for vector in vectors]

    def _shares(self, vector: Vector) -> Shares:
        scores = list(self._bias)
        for slot, weight in vector.items():
            for at, value in enumerate(self._rows.get(slot, ())):
                scores[at] += weight * value
        return Shares(*map(softmax, heads.split(scores)))

    def index(self) -> WordIndex:
        return WordIndex()

    def pool(self) -> None:
        return None  # the full text search of the database is as good, and needs no vectors

    def pack(self, vector: Vector) -> bytes:
        return b"".join(ITEM.pack(slot, weight) for slot, weight in _heaviest(vector).items())

    def unpack(self, data: bytes) -> Vector:
        problem = f"{len(data)} bytes are not a vector of words"
        try:
            vector = dict(ITEM.iter_unpack(data))
        except struct.error as error:
            raise ValueError(problem) from error
        if not all(slot < SLOTS and math.isfinite(weight) for slot, weight in vector.items()):
            raise ValueError(problem)
        return vector


class WordIndex:
    """Looks only at vectors that share a feature, and only at the heaviest features of each.

    2,000 long texts take 50 MB; with all their features they would take 270.
    """

    def __init__(self) -> None:
        self._count = 0
        self._postings: dict[int, list[tuple[int, float]]] = {}

    def add(self, vector: Vector) -> None:
        for slot, weight in _heaviest(vector).items():
            self._postings.setdefault(slot, []).append((self._count, weight))
        self._count += 1

    def nearest(self, vector: Vector, count: int) -> list[tuple[int, float]]:
        cosines: dict[int, float] = {}
        for slot, weight in _heaviest(vector).items():
            for at, other in self._postings.get(slot, ()):
                cosines[at] = cosines.get(at, 0.0) + weight * other
        return sorted(cosines.items(), key=lambda item: (-item[1], item[0]))[:count]


def counted(text: str) -> Vector:
    """Return how often each feature occurs, weighed by its kind."""
    vector: Vector = {}
    for name, weight in _features(prepare(text)):
        slot = zlib.crc32(name.encode("utf-8")) % SLOTS
        vector[slot] = vector.get(slot, 0.0) + weight
    return vector


def weighed(vector: Vector, factors: dict[int, float]) -> Vector:
    """Return the vector with each feature multiplied by its factor, scaled to length 1.

    A feature without a factor is as rare as the rarest.
    """
    rarest = max(factors.values(), default=1.0)
    return _scaled({slot: weight * factors.get(slot, rarest) for slot, weight in vector.items()})


def _scaled(vector: Vector) -> Vector:
    length = math.sqrt(math.fsum(weight * weight for weight in vector.values())) or 1.0
    return {slot: weight / length for slot, weight in vector.items()}


def _heaviest(vector: Vector) -> Vector:
    """Return the vector without its many small features, scaled to length 1."""
    if len(vector) <= MAX_KEPT:
        return vector
    heaviest = sorted(vector.items(), key=lambda item: (-item[1], item[0]))
    return _scaled(dict(heaviest[:MAX_KEPT]))


def _features(text: str) -> Iterator[tuple[str, float]]:
    yield from named(text)
    for token in tokenise(text):
        word = f"<{token.word[:MAX_WORD_CHARS]}>"
        if token.word:
            for size in PIECE_CHARS:
                for start in range(len(word) - size + 1):
                    yield f"#{word[start : start + size]}", PIECE
