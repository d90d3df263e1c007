"""A ticket as the learner sees it: hashed words, stems and pairs of words, of unit length."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from .lexicon.loader import load_lexicon
from .reading import Reading, read
from .tokens import Token, fold, tokenise

BITS = 14
WORD, STEM, PAIR, STOPWORD = 1.0, 0.7, 0.5, 0.2
STEM_CHARS = 5
# From Thai on, Unicode's scripts mostly write no spaces between words.
UNSPACED_FROM = "\u0e00"
Features = list[tuple[int, float]]


class Place(NamedTuple):
    """Where a feature stands first: `field_text[start:end]`."""

    field: str
    start: int
    end: int


class View:
    """A ticket as the lexicon reads it and, once it is asked for, as hashed features."""

    def __init__(self, title: str, description: str) -> None:
        self.texts = {"title": title, "description": description}
        self.reading: Reading = read(title, description)

    @property
    def features(self) -> Features:
        """(slot, weight) pairs; the squares of the weights add up to 1."""
        return self._hashed[0]

    @property
    def places(self) -> list[Place]:
        """Where each of the features stands."""
        return self._hashed[1]

    @cached_property
    def _hashed(self) -> tuple[Features, list[Place]]:
        weights: dict[int, float] = {}
        places: dict[int, Place] = {}
        for field, text in self.texts.items():
            for name, weight, start, end in named(text):
                key = slot(name)
                if key not in weights:
                    weights[key] = weight
                    places[key] = Place(field, start, end)
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return [(key, weight / length) for key, weight in weights.items()], list(places.values())


def named(text: str) -> Iterator[tuple[str, float, int, int]]:
    """Each feature's name, weight, start and end."""
    stopwords = load_lexicon().stopwords
    before: Token | None = None
    before_common = False
    for token in tokenise(text):
        word, start, end = token
        if not word:  # a sentence ends, and with it what belongs together
            before = None
            continue
        if max(word) >= UNSPACED_FROM:
            yield from _pieces(text, start, end)
            before = None
            continue
        common = word in stopwords
        yield word, STOPWORD if common or word.isdecimal() else WORD, start, end
        if len(word) > STEM_CHARS + 1:
            yield f"~{word[:STEM_CHARS]}", STEM, start, end
        if before is not None and not (common and before_common):
            yield f"{before.word} {word}", PAIR, before.start, end
        before, before_common = token, common


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[str, float, int, int]]:
    """Pairs of neighbouring characters, for scripts that write no spaces between words."""
    if end - start == 1:
        yield fold(text[start:end]), WORD, start, end
    for at in range(start, end - 1):
        yield fold(text[at : at + 2]), WORD, at, at + 2


def slot(name: str) -> int:
    """Where a feature's weights are; the same in every process and version of Python."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) & ((1 << BITS) - 1)
