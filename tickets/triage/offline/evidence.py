"""The words of a ticket without which a prediction would be weaker."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..results import Evidence
from .encoders.base import Encoder
from .features import UNSPACED_FROM
from .lexicon.compiled import load_lexicon
from .reading import Reading, whole_text
from .tokens import Token, tokenise

MAX_EXCERPT_CHARS = 120
MAX_SPANS = 6  # each costs a vector
MAX_PHRASE_WORDS = 3
MAX_PHRASES = 3
MIN_PART = 0.3  # of the strongest word's effect; weaker ones are not evidence
MIN_EFFECT = 0.005
# Pieces of scripts that write no spaces: Chinese characters and Katakana by their runs, Hiragana
# unless it is a particle, and whatever stands from Thai to Khmer.
_UNSPACED = re.compile(
    r"[\u3400-\u9fff]{1,4}|[\u30a0-\u30ff]{2,}|[\u3041-\u309f]{3,8}|[\u0e00-\u0eff\u1780-\u17ff]{2,8}"
)

Score = Callable[[Sequence[Any]], Sequence[float]]  # of vectors


class _Span(NamedTuple):
    field: str
    start: int
    end: int


def omissions(reading: Reading, decides: str, score: Score) -> tuple[Evidence, ...]:
    """Return the phrases whose omission lowers the score most, strongest first.

    Only the beginning of a long text is looked at. Costs one batch of vectors, which all that is
    asked about one text share.
    """
    assert reading.encoder is not None
    excerpt = {name: text[:MAX_EXCERPT_CHARS] for name, text in reading.texts.items()}
    spans = [span for name, text in excerpt.items() for span in _spans(name, text)][:MAX_SPANS]
    if len(spans) < 2:  # without its only phrase, nothing is left to compare with
        return tuple(_evidence(reading, decides, spans))
    without_each = (whole_text(**_without(excerpt, span)) for span in spans)
    whole, *shortened = score(_vectors(reading.encoder, (whole_text(**excerpt), *without_each)))
    effects = {span: whole - value for span, value in zip(spans, shortened, strict=True)}
    strongest = sorted(spans, key=lambda span: (-effects[span], span))[:MAX_PHRASES]
    threshold = max(MIN_EFFECT, MIN_PART * effects[strongest[0]])
    chosen = [span for span in strongest if effects[span] >= threshold]
    return tuple(_evidence(reading, decides, chosen))


@lru_cache(16)
def _vectors(encoder: Encoder, texts: tuple[str, ...]) -> list[Any]:
    return encoder.vectors(texts)


def _spans(field: str, text: str) -> Iterator[_Span]:
    """Yield the phrases; in scripts without spaces, pieces of them."""
    phrase: list[Token] = []
    for token in tokenise(text):
        is_word = _means_something(token.word)
        pieces = list(_UNSPACED.finditer(text, token.start, token.end)) if is_word else []
        if phrase and (not is_word or pieces or len(phrase) == MAX_PHRASE_WORDS):
            yield _Span(field, phrase[0].start, phrase[-1].end)
            phrase = []
        if pieces:
            yield from (_Span(field, piece.start(), piece.end()) for piece in pieces)
        elif is_word:
            phrase.append(token)
    if phrase:
        yield _Span(field, phrase[0].start, phrase[-1].end)


def _means_something(word: str) -> bool:
    if not word or word in load_lexicon().stopwords or word.isdecimal():
        return False
    return len(word) > 1 or word >= UNSPACED_FROM


def _without(excerpt: dict[str, str], span: _Span) -> dict[str, str]:
    text = excerpt[span.field]
    return {**excerpt, span.field: f"{text[: span.start]} {text[span.end :]}"}


def _evidence(reading: Reading, decides: str, spans: Sequence[_Span]) -> Iterator[Evidence]:
    for span in spans:
        quote = reading.texts[span.field][span.start : span.end]
        yield Evidence(decides, span.field, quote, span.start, span.end)
