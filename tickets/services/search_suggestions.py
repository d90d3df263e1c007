"""A search that finds something, in the place of one that finds nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ..models.search import TicketDocument
from ..models.ticket import Ticket
from ..querysets.search.folding import fold, spellings
from ..querysets.search.grammar import Qualifier, Term, misspelt_qualifiers, parse_search
from ..querysets.search.matches import Wanted, find
from ..querysets.search.query import ADDRESS
from ..querysets.search.tokens import Word, units

MIN_WORD = 4  # characters of a word that is corrected
MAX_CHECKED = 6  # words of a search that are looked up
MAX_COUNTED = 100  # tickets that a suggestion finds


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A search, and how many tickets it finds, up to MAX_COUNTED.

    `everywhere` means that it does so without the other filters.
    """

    search: str
    count: int
    everywhere: bool = False


def suggest_search(filters: Mapping[str, Any]) -> Suggestion | None:
    """Return the nearest search that finds something; None if there is none.

    It costs a bounded number of statements, and reads the words of the newest tickets only.
    """
    search, me = filters["search"], filters["me"]
    for candidate in [*misspelt_qualifiers(search), *_corrected(search)]:
        for state, everywhere in ((filters, False), ({"me": me}, True)):
            rows = Ticket.objects.filtered({**state, "search": candidate})
            if count := len(rows.page(MAX_COUNTED).rows):
                return Suggestion(candidate, count, everywhere)
    return None


def _corrected(search: str) -> Iterator[str]:
    """Yield the search with the desk's own words for those that no ticket has."""
    terms = parse_search(search)
    single = {
        term: word for term in terms if isinstance(term, Term) and (word := _single_word(term))
    }
    unknown = {
        term: word for term, word in islice(single.items(), MAX_CHECKED) if not _is_known(term)
    }
    if not unknown:
        return
    counts = TicketDocument.objects.frequent_words({len(word) for word in unknown.values()})
    corrected: list[Term | Qualifier] = list(terms)
    for term, word in unknown.items():
        nearest = nearest_word(word, counts)
        if nearest is None:
            return
        corrected[corrected.index(term)] = _as_written(term, nearest, counts)
    yield " ".join(term.written() for term in corrected)


def _single_word(term: Term) -> str:
    """Return the folded word that a term consists of; "" if it is anything else."""
    if term.excluded or term.phrase:
        return ""
    parts = list(units(fold(term.text)))
    if len(parts) != 1 or not isinstance(parts[0], Word):
        return ""
    word = spellings(parts[0].parts[0])[0]
    return word if len(word) >= MIN_WORD and not any(map(str.isdigit, word)) else ""


def _is_known(term: Term) -> bool:
    page = Ticket.objects.search(term.written()).page(1)
    return bool(page.rows) or page.is_partial


def _as_written(term: Term, word: str, counts: Mapping[str, int]) -> Term | Qualifier:
    """Return a term for a folded word, as a ticket writes it; `from:` if only addresses have it."""
    if counts.get(ADDRESS + word) == counts[word]:
        return Qualifier("from", (word,), excluded=False)
    corrected = replace(term, text=word)
    texts = (
        text
        for ticket in Ticket.objects.search(word).page(1).rows
        for text in (ticket.title, ticket.description)
    )
    for text in texts:
        for spans in find(text, [Wanted(replace(corrected, phrase=True))]).values():
            start, end = spans[0]
            return replace(term, text=text[start:end].lower())
    return corrected


def nearest_word(word: str, counts: Mapping[str, int]) -> str | None:
    """Return the word with the fewest differences, of those the one in most tickets."""
    limit = 1 if len(word) < 2 * MIN_WORD - 2 else 2
    near = (
        (distance, -count, other)
        for other, count in counts.items()
        if other[0] == word[0] or other[1:3] == word[1:3]
        if (distance := edit_distance(word, other, limit)) <= limit
    )
    return min(near, default=(0, 0, None))[2]


def edit_distance(one: str, other: str, limit: int) -> int:
    """Return how many characters to add, drop, change or swap; any number above `limit` if more.

    The optimal string alignment distance.
    """
    if abs(len(one) - len(other)) > limit or len(set(one) ^ set(other)) > 2 * limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, character in enumerate(one, 1):
        line = [row]
        for column, counterpart in enumerate(other, 1):
            cost = above[column - 1] + (character != counterpart)
            cost = min(cost, above[column] + 1, line[-1] + 1)
            if before and column > 1 and one[row - 2 : row] == other[column - 2 : column][::-1]:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, above = above, line
    return above[-1]
