"""The lexicon in memory: one tree of all patterns, walked once from every word of a text."""

from __future__ import annotations

import functools
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..tokens import Token, fold
from .files import FOLDER, LANGUAGES, Cue, read_cues, read_word_lists

MAX_GAP = 2  # words that ".." may stand for
START = "^"  # the start of a sentence
MIN_COMPOUND_CHARS = 9
_load_lock = threading.Lock()


class Match(NamedTuple):
    """The cue of the words from `first` up to, but not including, `end`."""

    first: int
    end: int
    cue: Cue


_NOWHERE: dict[str, Node] = {}


class Node:
    """A step in the tree: the steps that follow for each word, and the patterns that end here."""

    __slots__ = ("cues", "gap", "number", "parts", "stem_lengths", "stems", "whole")

    def __init__(self) -> None:
        self.whole: dict[str, Node] = _NOWHERE  # shared until there is a first entry
        self.stems: dict[str, Node] = _NOWHERE
        self.stem_lengths: tuple[int, ...] = ()
        self.parts: dict[str, Node] = _NOWHERE
        self.number: Node | None = None
        self.gap: Node | None = None
        self.cues: tuple[Cue, ...] = ()

    def after(self, element: str) -> Node:
        """Return the step for one element of a pattern, creating it if necessary."""
        if element == "..":
            self.gap = self.gap or Node()
            return self.gap
        if element == "#":
            self.number = self.number or Node()
            return self.number
        if element.startswith("*"):
            self.parts = self.parts or {}
            return _step(self.parts, fold(element.strip("*")))
        if not element.endswith("*"):
            self.whole = self.whole or {}
            return _step(self.whole, fold(element))
        stem = fold(element[:-1])
        self.stems = self.stems or {}
        if len(stem) not in self.stem_lengths:
            self.stem_lengths = tuple(sorted((*self.stem_lengths, len(stem))))
        return _step(self.stems, stem)

    def steps(self, word: str) -> Iterator[Node]:
        """Yield the steps that may follow for this word."""
        if word in self.whole:
            yield self.whole[word]
        for length in self.stem_lengths:
            if length > len(word):
                break
            if node := self.stems.get(word[:length]):
                yield node
        if self.parts and len(word) >= MIN_COMPOUND_CHARS:
            yield from (node for part, node in self.parts.items() if part in word)
        if self.number is not None and word.isdigit():
            yield self.number


def _step(steps: dict[str, Node], key: str) -> Node:
    if (node := steps.get(key)) is None:
        node = steps[key] = Node()
    return node


def add_pattern(root: Node, pattern: str, cue: Cue) -> None:
    """Add a pattern to the tree, in the notation of the lexicon."""
    ends = [root]
    for choice in pattern.split():
        ends = [node.after(element) for node in ends for element in choice.split("|")]
    for node in ends:
        node.cues += (cue,)


class Lexicon(NamedTuple):
    """All languages compiled. Shared between threads and never changed after loading."""

    patterns: Node
    stopwords: Mapping[str, tuple[str, ...]]  # word -> languages
    negations: Mapping[str, frozenset[str]]  # language -> words


def load_lexicon() -> Lexicon:
    """Return the lexicon, which is compiled on first use. Raise LexiconError for a bad file."""
    with _load_lock:  # otherwise every thread of a new process would compile its own
        return _compiled_lexicon()


@functools.cache
def _compiled_lexicon() -> Lexicon:
    return compile_lexicon(FOLDER, LANGUAGES)


def compile_lexicon(folder: Path, languages: Collection[str]) -> Lexicon:
    """Compile the languages below a folder. Raise LexiconError for a bad file."""
    root = Node()
    stopwords: dict[str, list[str]] = {}
    negations: dict[str, frozenset[str]] = {}
    for language in languages:
        lists = read_word_lists(folder / language / "words.toml")
        for word in sorted({fold(word) for word in lists.stopwords}):
            stopwords.setdefault(word, []).append(language)
        negations[language] = frozenset(fold(word) for word in lists.negations)
        spellings = str.maketrans(lists.spellings)
        for cue, patterns in read_cues(folder / language, language):
            for pattern in patterns:
                add_pattern(root, pattern, cue)
                respelled = pattern.translate(spellings) if spellings else pattern
                if respelled != pattern:
                    add_pattern(root, respelled, cue)
    by_word = {word: tuple(names) for word, names in stopwords.items()}
    return Lexicon(root, by_word, negations)


def find(root: Node, tokens: Sequence[Token]) -> list[Match]:
    """Return the longest matches from the left, separately for each kind of decision.

    Within a match only one of more weight may begin: "order" does not count in "order status",
    but "refund" does in "information about my refund".
    """
    chosen: list[Match] = []
    covered: dict[str, tuple[int, float]] = {}  # the end and weight of the last match
    for first in range(len(tokens)):
        longest: dict[str, list[Match]] = {}
        for match in _matches_at(root, tokens, first):
            rivals = longest.setdefault(match.cue.decides, [])
            if not rivals or match.end > rivals[0].end:
                rivals[:] = [match]
            elif match.end == rivals[0].end:
                rivals.append(match)
        for decides, matches in longest.items():
            weight = max(abs(match.cue.weight) for match in matches)
            until, covering = covered.get(decides, (0, 0.0))
            if first >= until or weight > covering:
                chosen.extend(matches)
                covered[decides] = max(until, matches[0].end), weight
    return chosen


def _matches_at(root: Node, tokens: Sequence[Token], first: int) -> Iterable[Match]:
    open_steps = [(root, first)]
    if START in root.whole and (first == 0 or not tokens[first - 1].word):
        open_steps.append((root.whole[START], first))
    while open_steps:
        node, at = open_steps.pop()
        for cue in node.cues:
            yield Match(first, at, cue)
        if at >= len(tokens):
            continue
        open_steps.extend((step, at + 1) for step in node.steps(tokens[at].word))
        if node.gap is not None:
            for later in range(at, min(at + MAX_GAP + 1, len(tokens))):
                if not tokens[later].word:
                    break
                open_steps.extend((step, later + 1) for step in node.gap.steps(tokens[later].word))
    # Patterns have few elements and gaps, which limits the steps from one word.
