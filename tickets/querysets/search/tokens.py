"""The words of a folded text, as the SQL function `tickets_search_vector` stores them.

Everything but letters, digits, and symbols such as `%` or an emoji separates words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .characters import SEPARATORS, SYMBOLS, UNSPACED
from .folding import spellings

MAX_WORD = 50  # characters of a word that are stored

WORD = rf"[^ '\-\x04-\x06{SYMBOLS}{UNSPACED}]"
LETTER = rf"[^ '\-\x04-\x06{SYMBOLS}{UNSPACED}0-9]"
_SEPARATOR = re.compile(f"[{SEPARATORS}]")
_LONE_APOSTROPHE = re.compile(f"(?<!{WORD})'|'(?!{WORD})")
_UNIT = re.compile(
    rf"(?P<first>{WORD}+)'(?P<second>{WORD}+)"
    rf"|(?<![^ '{UNSPACED}])(?P<left>{LETTER}{{1,20}})-(?P<right>{LETTER}{{1,20}})"
    rf"(?![^ {UNSPACED}])"
    rf"|(?P<word>{WORD}+)|(?P<run>[{UNSPACED}]+)|(?P<symbol>[{SYMBOLS}])"
)


@dataclass(frozen=True, slots=True)
class Step:
    """What stands at one position: a lexeme, or one of several.

    Positions count words from 2 on. Symbols have that of the word before them, or 1. `is_word`
    tells a word from a symbol and from a pair of characters, which no search shortens.
    """

    position: int
    texts: tuple[str, ...]
    is_word: bool = True

    def lexemes(self) -> list[str]:
        return [lexeme for text in self.texts for lexeme in spellings(text) if lexeme]


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a folded text, from `start` up to `end`: one of the classes below."""

    parts: tuple[str, ...]
    position: int  # the first one
    start: int
    end: int

    def stored(self) -> list[Step]:
        """Return all that a document holds of it."""
        raise NotImplementedError

    def span(self, position: int) -> tuple[int, int]:
        """Return what to highlight in the folded text for a match at this position."""
        return self.start, self.end

    def steps(self) -> list[Step]:
        """Return what a search for it asks for, one step after the other."""
        raise NotImplementedError


class Word(Unit):
    def stored(self) -> list[Step]:
        return [Step(self.position, self.parts)]

    steps = stored


class Symbol(Unit):
    def stored(self) -> list[Step]:
        return [Step(self.position, self.parts, is_word=False)]

    steps = stored


class Contraction(Unit):
    """Words with an apostrophe: can't, l'écran."""

    MAX_ARTICLE = 2  # letters before an apostrophe that other texts leave out

    def stored(self) -> list[Step]:
        return [Step(self.position, (*self.parts, "".join(self.parts)))]

    def steps(self) -> list[Step]:
        first, second = self.parts
        has_article = len(first) <= self.MAX_ARTICLE < len(second)
        joined = first + second
        return [Step(self.position, (joined, second) if has_article else (joined,))]


class Compound(Unit):
    """Words with a hyphen: e-mail. `joined` is found as well."""

    @property
    def joined(self) -> str:
        return "".join(self.parts)

    def stored(self) -> list[Step]:
        left, right = self.parts
        return [Step(self.position, (left,)), Step(self.position + 1, (right, self.joined))]

    def steps(self) -> list[Step]:
        return [Step(self.position + index, (part,)) for index, part in enumerate(self.parts)]


class Run(Unit):
    """Characters of a script without spaces, stored as pairs and the last one alone."""

    def stored(self) -> list[Step]:
        text = self.parts[0]
        return [*self._pairs(), Step(self.position + len(text) - 1, (text[-1],))]

    def steps(self) -> list[Step]:
        return self._pairs() or [Step(self.position, self.parts)]

    def span(self, position: int) -> tuple[int, int]:
        start = self.start + position - self.position
        return start, min(start + 2, self.end)

    def _pairs(self) -> list[Step]:
        return [
            Step(self.position + index, ("".join(pair),), is_word=False)
            for index, pair in enumerate(pairwise(self.parts[0]))
        ]


def units(folded: str) -> Iterator[Unit]:
    """Yield the units of a folded text in their order."""
    text = _LONE_APOSTROPHE.sub(" ", _SEPARATOR.sub(" ", folded))
    position = 1  # for symbols before the first word
    for match in _UNIT.finditer(text):
        span = match.span()
        if match["symbol"]:
            yield Symbol((match[0],), position, *span)
        elif match["run"]:
            yield Run((match[0],), position + 1, *span)
            position += len(match[0])
        elif match["word"]:
            position += 1
            yield Word((match[0][:MAX_WORD],), position, *span)
        elif match["first"]:
            position += 1
            parts = match["first"][:MAX_WORD], match["second"][:MAX_WORD]
            yield Contraction(parts, position, *span)
        else:
            yield Compound((match["left"], match["right"]), position + 1, *span)
            position += 2
