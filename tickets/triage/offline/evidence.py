"""The words of a ticket by which a learned decision went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..types import Evidence
from .features import UNSPACED_FROM, Place, View
from .lexicon.loader import load_lexicon
from .tokens import fold

MOST = 5
LEAST_SHARE = 0.1  # of the strongest word's pull; less is no reason
LONGEST_RUN = 12  # characters, of a script without spaces


def strongest(view: View, field: str, pulls: Iterable[tuple[Place, float]]) -> Iterator[Evidence]:
    """The places that pulled most, strongest first, none inside another."""
    together: dict[Place, float] = {}
    for place, pull in pulls:
        if _says_nothing(view, place):
            continue
        together[place] = together.get(place, 0.0) + pull
    ranked = sorted(together, key=lambda place: (-together[place], place))
    least = together[ranked[0]] * LEAST_SHARE if ranked else 0.0
    chosen: list[Place] = []
    for place in ranked:
        if together[place] <= max(0.0, least):
            break
        _choose(chosen, place, view)
    for place in chosen[:MOST]:
        quote = view.texts[place.field][place.start : place.end]
        yield Evidence(field, place.field, quote, place.start, place.end)


def merged(first: Iterable[Evidence], then: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Both, without the places that overlap an earlier one."""
    taken: list[Evidence] = []
    for entry in (*first, *then):
        if not any(
            entry.field == other.field and entry.start < other.end and other.start < entry.end
            for other in taken
        ):
            taken.append(entry)
    return tuple(taken[:MOST])


def _choose(chosen: list[Place], place: Place, view: View) -> None:
    """Take the place in, unless it is in one that is; neighbouring characters become one run."""
    for at, taken in enumerate(chosen):
        if taken.field != place.field or place.start > taken.end or place.end < taken.start:
            continue
        run = Place(place.field, min(taken.start, place.start), max(taken.end, place.end))
        if _is_unspaced(view, place) and run.end - run.start <= LONGEST_RUN:
            chosen[at] = run
            return
        if place.start < taken.end and place.end > taken.start:
            return
    chosen.append(place)


def _says_nothing(view: View, place: Place) -> bool:
    word = view.texts[place.field][place.start : place.end]
    if len(word) == 1:
        return word < UNSPACED_FROM
    return fold(word) in load_lexicon().stopwords


def _is_unspaced(view: View, place: Place) -> bool:
    return max(view.texts[place.field][place.start : place.end]) >= UNSPACED_FROM
