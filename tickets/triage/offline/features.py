"""A ticket as the learner sees it: hashed words and pairs of words, of unit length."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence

from .reading import load_lexicon
from .tokens import Token, tokenise

BITS = 14
STOPWORD, PAIR, STEM = 0.2, 0.5, 0.7
STEM_CHARS = 5
Features = list[tuple[int, float]]


def features(title: str, description: str) -> Features:
    """(slot, weight) pairs; the squares of the weights add up to 1."""
    weights: dict[int, float] = {}
    for text in (title, description):
        for name, weight, _first, _last in named(tokenise(text)):
            weights[slot(name)] = weight
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return [(key, weight / length) for key, weight in weights.items()]


def named(tokens: Sequence[Token]) -> Iterator[tuple[str, float, Token, Token]]:
    """Each feature's name and weight, and the first and last token that it is made of."""
    stopwords = load_lexicon().stopwords
    before: Token | None = None
    for token in tokens:
        if not token.word:  # a sentence ends, and with it what belongs together
            before = None
            continue
        common = token.word in stopwords
        yield token.word, STOPWORD if common else 1.0, token, token
        if not token.word.isascii():
            yield from _pieces(token)
        if len(token.word) > STEM_CHARS + 1:
            yield f"~{token.word[:STEM_CHARS]}", STEM, token, token
        if before is not None and not (common and before.word in stopwords):
            yield f"{before.word} {token.word}", PAIR, before, token
        before = token


def _pieces(token: Token) -> Iterator[tuple[str, float, Token, Token]]:
    """Pairs of characters: several scripts write no spaces between words."""
    for place in range(len(token.word) - 1):
        yield f"#{token.word[place : place + 2]}", PAIR, token, token


def slot(name: str) -> int:
    """Where a feature's weights are; the same in every process and version of Python."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) & ((1 << BITS) - 1)
