"""The features of a text, for the encoder by words: words, stems and pairs of words."""

from __future__ import annotations

from collections.abc import Iterator

from .lexicon.compiled import load_lexicon
from .tokens import Token, fold, tokenise

WORD, STEM, PAIR, STOPWORD = 1.0, 0.7, 0.5, 0.2
STEM_CHARS = 5
# From Thai on, most of Unicode's scripts write no spaces between words.
UNSPACED_FROM = "\u0e00"


def named(text: str) -> Iterator[tuple[str, float, int, int]]:
    """Yield the name, weight, start and end of each feature."""
    stopwords = load_lexicon().stopwords
    previous: Token | None = None
    is_previous_common = False
    for token in tokenise(text):
        word, start, end = token
        if not word:  # pairs do not cross the end of a sentence
            previous = None
            continue
        if max(word) >= UNSPACED_FROM:
            yield from _pieces(text, start, end)
            previous = None
            continue
        is_common = word in stopwords
        yield word, STOPWORD if is_common or word.isdecimal() else WORD, start, end
        if len(word) > STEM_CHARS + 1:
            yield f"~{word[:STEM_CHARS]}", STEM, start, end
        if previous is not None and not (is_common and is_previous_common):
            yield f"{previous.word} {word}", PAIR, previous.start, end
        previous, is_previous_common = token, is_common


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[str, float, int, int]]:
    """Yield pairs of neighbouring characters, for scripts that write no spaces between words."""
    if end - start == 1:
        yield fold(text[start:end]), WORD, start, end
    for at in range(start, end - 1):
        yield fold(text[at : at + 2]), WORD, at, at + 2
