"""The words of a ticket without which a prediction would be weaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..results import Evidence
from .features import UNSPACED_FROM
from .lexicon.compiled import load_lexicon
from .reading import Reading, whole_text
from .tokens import tokenise

MAX_EXCERPT_CHARS = 150  # each word costs a vector
MAX_WORDS = 10
MAX_EVIDENCE = 3
MIN_PART = 0.3  # of the strongest word's effect; weaker ones are not evidence
MIN_EFFECT = 0.005
PIECE_CHARS = 3  # in scripts without spaces

Score = Callable[[Sequence[Any]], Sequence[float]]  # of vectors


class _Span(NamedTuple):
    field: str
    start: int
    end: int


def omissions(reading: Reading, decides: str, score: Score) -> tuple[Evidence, ...]:
    """Return the words whose omission lowers the score most, strongest first.

    Only the beginning of a long text is looked at. Costs one batch of vectors.
    """
    assert reading.encoder is not None
    excerpt = {name: text[:MAX_EXCERPT_CHARS] for name, text in reading.texts.items()}
    spans = [span for name, text in excerpt.items() for span in _spans(name, text)][:MAX_WORDS]
    if len(spans) < 2:  # without its only word, nothing is left to compare with
        return tuple(_evidence(reading, decides, spans))
    texts = [whole_text(**excerpt), *(whole_text(**_without(excerpt, span)) for span in spans)]
    whole, *shortened = score(reading.encoder.vectors(texts))
    effects = {span: whole - value for span, value in zip(spans, shortened, strict=True)}
    strongest = sorted(spans, key=lambda span: (-effects[span], span))[:MAX_EVIDENCE]
    threshold = max(MIN_EFFECT, MIN_PART * effects[strongest[0]])
    chosen = [span for span in strongest if effects[span] >= threshold]
    return tuple(_evidence(reading, decides, chosen))


def _spans(field: str, text: str) -> Iterator[_Span]:
    """Yield the words that mean something; in scripts without spaces, pieces of them."""
    stopwords = load_lexicon().stopwords
    for word, start, end in tokenise(text):
        if not word or word in stopwords or word.isdecimal():
            continue
        if len(word) == 1 and word < UNSPACED_FROM:
            continue
        if max(word) < UNSPACED_FROM:
            yield _Span(field, start, end)
            continue
        for at in range(start, end, PIECE_CHARS):
            yield _Span(field, at, min(end, at + PIECE_CHARS))


def _without(excerpt: dict[str, str], span: _Span) -> dict[str, str]:
    text = excerpt[span.field]
    return {**excerpt, span.field: f"{text[: span.start]} {text[span.end :]}"}


def _evidence(reading: Reading, decides: str, spans: Sequence[_Span]) -> Iterator[Evidence]:
    for span in spans:
        quote = reading.texts[span.field][span.start : span.end]
        yield Evidence(decides, span.field, quote, span.start, span.end)
