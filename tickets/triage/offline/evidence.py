"""The quotes of a ticket that a learned prediction rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..results import Evidence
from .features import UNSPACED_FROM, TextSpan
from .lexicon.compiled import load_lexicon
from .reading import Reading
from .tokens import fold

MAX_EVIDENCE = 5
MIN_SHARE = 0.1  # of the strongest quote's pull; weaker ones are not evidence
MAX_RUN_CHARS = 12  # in scripts without spaces


def strongest(
    reading: Reading, field: str, pulls: Iterable[tuple[TextSpan, float]]
) -> Iterator[Evidence]:
    """Yield the spans with the strongest pull, in that order, without overlaps."""
    totals: dict[TextSpan, float] = {}
    for span, pull in pulls:
        if not _is_meaningless(reading, span):
            totals[span] = totals.get(span, 0.0) + pull
    ranked = sorted(totals, key=lambda span: (-totals[span], span))
    threshold = totals[ranked[0]] * MIN_SHARE if ranked else 0.0
    chosen: list[TextSpan] = []
    for span in ranked:
        if totals[span] <= max(0.0, threshold):
            break
        _choose(chosen, span, reading)
    for span in chosen[:MAX_EVIDENCE]:
        quote = reading.texts[span.field][span.start : span.end]
        yield Evidence(field, span.field, quote, span.start, span.end)


def merged(first: Iterable[Evidence], second: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return both, without entries that overlap an earlier one."""
    chosen: list[Evidence] = []
    for entry in (*first, *second):
        if not any(
            entry.field == other.field and entry.start < other.end and other.start < entry.end
            for other in chosen
        ):
            chosen.append(entry)
    return tuple(chosen[:MAX_EVIDENCE])


def _choose(chosen: list[TextSpan], span: TextSpan, reading: Reading) -> None:
    """Add the span unless it overlaps a chosen one; join neighbours in scripts without spaces."""
    for at, other in enumerate(chosen):
        if other.field != span.field or span.start > other.end or span.end < other.start:
            continue
        run = TextSpan(span.field, min(other.start, span.start), max(other.end, span.end))
        if _is_unspaced(reading, span) and run.end - run.start <= MAX_RUN_CHARS:
            chosen[at] = run
            return
        if span.start < other.end and span.end > other.start:
            return
    chosen.append(span)


def _is_meaningless(reading: Reading, span: TextSpan) -> bool:
    word = reading.texts[span.field][span.start : span.end]
    if len(word) == 1:
        return word < UNSPACED_FROM
    return fold(word) in load_lexicon().stopwords


def _is_unspaced(reading: Reading, span: TextSpan) -> bool:
    return max(reading.texts[span.field][span.start : span.end]) >= UNSPACED_FROM
