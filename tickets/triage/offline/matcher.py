"""Finds a lexicon's patterns in words: a tree of patterns, walked once from every word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .tokens import Token, fold

MAX_GAP = 2  # words that ".." may stand for
START = "^"  # no word: stands for the start of a sentence
MIN_COMPOUND_CHARS = 9


class Cue(NamedTuple):
    """What a pattern speaks for: `decides` is "category", "urgency" or "sentiment"."""

    decides: str
    label: str
    weight: float
    language: str


class Match(NamedTuple):
    """Words `first` up to, not including, `end` carry the cue."""

    first: int
    end: int
    cue: Cue


_NOWHERE: dict[str, Node] = {}


class Node:
    """A step in the tree: where each next word leads, and what ends here."""

    __slots__ = ("cues", "gap", "number", "parts", "stem_lengths", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, Node] = _NOWHERE  # shared until there is something to hold
        self.stems: dict[str, Node] = _NOWHERE
        self.stem_lengths: tuple[int, ...] = ()
        self.parts: dict[str, Node] = _NOWHERE
        self.number: Node | None = None
        self.gap: Node | None = None
        self.cues: tuple[Cue, ...] = ()

    def after(self, element: str) -> Node:
        """The step for one element of a pattern, made when it is new."""
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
            self.words = self.words or {}
            return _step(self.words, fold(element))
        stem = fold(element[:-1])
        self.stems = self.stems or {}
        if len(stem) not in self.stem_lengths:
            self.stem_lengths = tuple(sorted((*self.stem_lengths, len(stem))))
        return _step(self.stems, stem)

    def steps(self, word: str) -> Iterator[Node]:
        """Where this word may lead from here."""
        if word in self.words:
            yield self.words[word]
        for length in self.stem_lengths:
            if length > len(word):
                break
            if found := self.stems.get(word[:length]):
                yield found
        if self.parts and len(word) >= MIN_COMPOUND_CHARS:
            yield from (node for part, node in self.parts.items() if part in word)
        if self.number is not None and word.isdigit():
            yield self.number


def _step(steps: dict[str, Node], key: str) -> Node:
    if (node := steps.get(key)) is None:
        node = steps[key] = Node()
    return node


def add_pattern(root: Node, pattern: str, cue: Cue) -> None:
    ends = [root]
    for choice in pattern.split():
        ends = [node.after(element) for node in ends for element in choice.split("|")]
    for node in ends:
        node.cues += (cue,)


def find(root: Node, tokens: Sequence[Token]) -> list[Match]:
    """For each kind of decision the longest matches from the left.

    Inside a match only a weightier one may begin: "order" does not count in "order status",
    "refund" does in "information about my refund".
    """
    found: list[Match] = []
    covered: dict[str, tuple[int, float]] = {}  # up to which word, by which weight
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
                found.extend(matches)
                covered[decides] = max(until, matches[0].end), weight
    return found


def _matches_at(root: Node, tokens: Sequence[Token], first: int) -> Iterable[Match]:
    open_steps = [(root, first)]
    if START in root.words and (first == 0 or not tokens[first - 1].word):
        open_steps.append((root.words[START], first))
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
    # Patterns have a handful of elements and gaps, so the steps from one word are bounded.
