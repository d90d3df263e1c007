"""Read a ticket: which of its words are evidence of what, and how strong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from ..results import Evidence
from .encoders.base import Encoder, Shares
from .languages import count_common_words
from .lexicon.compiled import Lexicon, Match, find, load_lexicon
from .lexicon.files import LANGUAGES
from .tokens import Token, tokenise

TITLE_FACTOR = 1.5  # a title is the requester's own summary of the ticket
ENGLISH_FACTOR = 0.6  # messages of software are in English whatever the language
SAME_LANGUAGE_SHARE = 0.6
UNKNOWN_LANGUAGE_FACTOR = 0.8
OTHER_LANGUAGE_FACTOR = 0.4
NEGATION_REACH = 3  # words before the match
NEGATED_FACTOR = -0.5


class Hit(NamedTuple):
    """A matched pattern at `field_text[start:end]`; `phrase` is the matched text, folded.

    `weight` is the pattern's weight, adjusted for the field and for how likely its language is.
    """

    decides: str
    label: str
    weight: float
    field: str
    start: int
    end: int
    phrase: str


class Reading:
    """A ticket, the patterns of the lexicon in it and, computed on demand, its vector.

    Without an encoder the lexicon is all that is known of it.
    """

    def __init__(self, title: str, description: str, encoder: Encoder | None = None) -> None:
        self.texts = {"title": title, "description": description}
        self.encoder = encoder
        fields = [Field(name, text) for name, text in self.texts.items()]
        self.hits = _find_hits(fields)
        folded = (token.word for field in fields for token in field.tokens)
        self.has_words = any(word and not word.isdecimal() for word in folded)
        self.asks = any(field.asks for field in fields)

    def of(self, decides: str) -> list[Hit]:
        """Return the hits that decide "category", "urgency" or "sentiment"."""
        return [hit for hit in self.hits if hit.decides == decides]

    def evidence(self, decides: str, hits: Iterable[Hit]) -> Iterator[Evidence]:
        """Yield the quotes of these hits."""
        for hit in hits:
            quote = self.texts[hit.field][hit.start : hit.end]
            yield Evidence(decides, hit.field, quote, hit.start, hit.end)

    @cached_property
    def vector(self) -> Any:
        """The encoder's vector of title and description."""
        assert self.encoder is not None
        return self.encoder.vector(whole_text(self.texts["title"], self.texts["description"]))

    @cached_property
    def shares(self) -> Shares | None:
        """What the encoder makes of it."""
        return self.encoder.shares([self.vector])[0] if self.encoder is not None else None

    @property
    def sharpness(self) -> float:
        """How much surer the scores may be than they are."""
        return self.encoder.sharpness if self.encoder is not None else 1.0

    @property
    def least_critical(self) -> float:
        """Which share of critical an emergency needs."""
        return self.encoder.least_critical if self.encoder is not None else 0.0

    @property
    def borders(self) -> Sequence[float]:
        """The encoder's urgencies between two priorities."""
        assert self.encoder is not None
        return self.encoder.borders


def whole_text(title: str, description: str) -> str:
    """Return what is encoded of a ticket."""
    return f"{title}\n{description}".strip()


class Field:
    """One text of the ticket, in words."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.tokens = tokenise(text)
        self.factor = TITLE_FACTOR if name == "title" else 1.0

    @property
    def asks(self) -> bool:
        """Whether one of its sentences ends with a question mark."""
        ends = (self.text[token.start : token.end] for token in self.tokens if not token.word)
        return any("?" in end for end in ends)


def _find_hits(fields: Sequence[Field]) -> list[Hit]:
    """Find the patterns of the languages that the ticket seems to be written in."""
    lexicon = load_lexicon()
    languages = _languages(token for field in fields for token in field.tokens)
    return [hit for field in fields for hit in _hits(lexicon, field, languages)]


def _languages(tokens: Iterable[Token]) -> dict[str, float]:
    """Return a factor for each language: 1 for the text's own, less for English in it."""
    counts = count_common_words(tokens)
    highest = max(counts.values(), default=0)
    threshold = min(highest - 1, SAME_LANGUAGE_SHARE * highest)
    likely = {name: 1.0 for name, count in counts.items() if count >= threshold}
    if highest < 2:  # too few stopwords to identify a language, so all of them count
        factor = OTHER_LANGUAGE_FACTOR if likely else UNKNOWN_LANGUAGE_FACTOR
        return dict.fromkeys(LANGUAGES, factor) | {"en": 1.0} | likely
    return {"en": ENGLISH_FACTOR} | likely


def _hits(lexicon: Lexicon, field: Field, languages: Mapping[str, float]) -> Iterator[Hit]:
    strongest: dict[tuple[str, str, int], tuple[float, Match]] = {}
    for match in find(lexicon.patterns, field.tokens):
        cue = match.cue
        weight = cue.weight * languages.get(cue.language, 0.0)
        key = (cue.decides, cue.label, match.first)
        if weight and (key not in strongest or abs(weight) > abs(strongest[key][0])):
            strongest[key] = weight, match
    for weight, match in strongest.values():
        if match.cue.decides != "category" and _is_negated(
            lexicon.negations[match.cue.language], field.tokens, match
        ):
            weight *= NEGATED_FACTOR
        matched = field.tokens[match.first : match.end]
        yield Hit(
            match.cue.decides,
            match.cue.label,
            weight * field.factor,
            field.name,
            matched[0].start,
            matched[-1].end,
            " ".join(token.word for token in matched),
        )


def _is_negated(negations: frozenset[str], tokens: Sequence[Token], match: Match) -> bool:
    """Return whether a negation precedes the match within a few words of its sentence.

    A negation inside the match belongs to the pattern.
    """
    if any(token.word in negations for token in tokens[match.first : match.end]):
        return False
    for token in reversed(tokens[max(0, match.first - NEGATION_REACH) : match.first]):
        if token.word in negations or not token.word:
            return bool(token.word)
    return False
