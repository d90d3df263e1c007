"""Where a text has what a search asks for: the same words that the document was found by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .folding import fold, fold_by_character, spellings
from .grammar import Term, parse_search
from .query import chains
from .tokens import Step, units

# A part of a text, from its first character up to its end.
Span = tuple[int, int]
_JOINING = str.maketrans("", "", "'-")


@dataclass(frozen=True)
class Wanted:
    """What one term of a search asks for."""

    term: Term

    @cached_property
    def chains(self) -> list[list[Step]]:
        return [chain for chain in chains(self.term.text) if chain]

    def may_be_in(self, bare: str) -> bool:
        """Return whether a text, as `_bare` returns it, can have the first word. It is quick."""
        return any(lexeme in bare for chain in self.chains for lexeme in chain[0].lexemes())

    def spans(self, text: _IndexedText) -> Iterator[Span]:
        for chain in self.chains:
            yield from text.spans(chain, self.term.phrase)


def wanted(search: str) -> list[Wanted]:
    """Return what a search asks of texts, without what it excludes."""
    terms = [Wanted(term) for term in parse_search(search) if isinstance(term, Term)]
    return [each for each in terms if not each.term.excluded and each.chains]


def find(text: str, terms: Sequence[Wanted]) -> dict[Wanted, list[Span]]:
    """Return where the text has each of the terms, without those that it does not have.

    It takes linear time, and little of it for a text that has none.
    """
    bare = _bare(text)
    possible = [term for term in terms if term.may_be_in(bare)]
    if not possible:
        return {}
    indexed = _IndexedText(text)
    hits = {term: list(term.spans(indexed)) for term in possible}
    return {term: spans for term, spans in hits.items() if spans}


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch as one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def _bare(text: str) -> str:
    """Return both spellings of the whole text, without what joins words."""
    return "\n".join(spellings(fold(text).translate(_JOINING)))


class _IndexedText:
    """The words of a text by their positions, and the positions of each word's beginning."""

    def __init__(self, text: str) -> None:
        folded, self._origins = fold_by_character(text)
        self._at: dict[int, list[tuple[str, Span]]] = defaultdict(list)
        for unit in units(folded):
            for step in unit.stored():
                for lexeme in step.lexemes():
                    self._at[step.position].append((lexeme, unit.span(step.position)))

    def spans(self, chain: Sequence[Step], phrase: bool) -> Iterator[Span]:
        for position in self._at:
            matches = [self._match(position, chain, index, phrase) for index in range(len(chain))]
            if all(matches):
                for span in matches:
                    assert span is not None
                    yield self._in_text(span)

    def _match(self, position: int, chain: Sequence[Step], index: int, phrase: bool) -> Span | None:
        step = chain[index]
        is_whole = phrase or index + 1 < len(chain) or not step.is_word
        searched = step.lexemes()
        for lexeme, span in self._at.get(position + step.position - chain[0].position, ()):
            if any(lexeme == each if is_whole else lexeme.startswith(each) for each in searched):
                return span
        return None

    def _in_text(self, span: Span) -> Span:
        """Return the span of the text itself, with the marks that belong to its last character."""
        start, end = span
        last = self._origins[end - 1]
        while end < len(self._origins) - 1 and self._origins[end] == last:
            end += 1
        return self._origins[start], self._origins[end]
