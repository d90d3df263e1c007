"""The features of a text, for the encoder by words: words, stems and pairs of words."""

from __future__ import annotations

from collections.abc import Iterator

from .lexicon.compiled import load_lexicon
from .tokens import Token, fold, tokenise

WORD, STEM, PAIR, STOPWORD = 1.0, 0.7, 0.5, 0.2
STEM_CHARS = 5
# From Thai on, most of Unicode's scripts write no spaces between words.
UNSPACED_FROM = "\u0e00"


def named(text: str) -> Iterator[tuple[str, float]]:
    """Yield the name and the weight of each feature."""
    stopwords = load_lexicon().stopwords
    previous: Token | None = None
    is_previous_common = False
    for token in tokenise(text):
        word = token.word
        if not word:  # pairs do not cross the end of a sentence
            previous = None
            continue
        if max(word) >= UNSPACED_FROM:
            yield from _pieces(text[token.start : token.end])
            previous = None
            continue
        is_common = word in stopwords
        yield word, STOPWORD if is_common or word.isdecimal() else WORD
        if len(word) > STEM_CHARS + 1:
            yield f"~{word[:STEM_CHARS]}", STEM
        if previous is not None and not (is_common and is_previous_common):
            yield f"{previous.word} {word}", PAIR
        previous, is_previous_common = token, is_common


def _pieces(run: str) -> Iterator[tuple[str, float]]:
    """Yield pairs of neighbouring characters, for scripts that write no spaces between words."""
    if len(run) == 1:
        yield fold(run), WORD
    for at in range(len(run) - 1):
        yield fold(run[at : at + 2]), WORD
