"""Split text into folded words with their positions."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

MAX_HEAD_CHARS = 3000
MAX_TAIL_CHARS = 1000
MAX_WORD_CHARS = 40

# Combining characters belong to their word; "don't" is one word with either apostrophe. The end
# of a sentence is a token too, the empty word, which no pattern and no gap crosses. `\w` matches
# the letters of Indian and South-East Asian scripts, but not their vowel signs.
_SIGNS = (
    r"\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u102b-\u103e\u17b4-\u17d3"
)
_TOKEN = re.compile(rf"[\w{_SIGNS}]+(?:['\u2019]t\b)?|(?<![.!?;,])[.!?;,]++(?=\s|$)|[¿¡]+|\n\s*\n")
_SENTENCE_ENDS = frozenset(".!?;,¿¡\n")
_APOSTROPHES = str.maketrans("", "", "'\u2019")


class Token(NamedTuple):
    """`text[start:end]` in code points; `word` is the same without case and accents."""

    word: str
    start: int
    end: int


def tokenise(text: str) -> list[Token]:
    """Return the words and sentence ends of the first 3000 and the last 1000 characters."""
    if len(text) <= MAX_HEAD_CHARS + MAX_TAIL_CHARS:
        return _tokens(text, 0)
    tail_at = len(text) - MAX_TAIL_CHARS
    return _tokens(text[:MAX_HEAD_CHARS], 0) + _tokens(text[tail_at:], tail_at)


def _tokens(piece: str, offset: int) -> list[Token]:
    return [
        Token(_word(match[0]), match.start() + offset, match.end() + offset)
        for match in _TOKEN.finditer(piece)
    ]


def _word(matched: str) -> str:
    return "" if matched[0] in _SENTENCE_ENDS else fold(matched[:MAX_WORD_CHARS])


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Return the word in lower case, without accents and apostrophes."""
    if word.isascii():
        return word.translate(_APOSTROPHES).lower()
    plain = unicodedata.normalize("NFKD", word.translate(_APOSTROPHES).casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
