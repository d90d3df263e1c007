"""A ticket as the lexicon sees it: which words speak for what, and how loudly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..types import Evidence
from .lexicon.loader import LANGUAGES, Lexicon, load_lexicon
from .matcher import Match, find
from .tokens import Token, tokenise

TITLE_FACTOR = 1.5  # a title is the ticket in the requester's own summary
ENGLISH_FACTOR = 0.6  # software speaks English in every language
SAME_LANGUAGE_SHARE = 0.6
UNTOLD_FACTOR = 0.8
HINTED_FACTOR = 0.4
NEGATION_REACH = 3  # words back
NEGATED_FACTOR = -0.5


class Hit(NamedTuple):
    """A matched pattern at `field_text[start:end]`, folded in `words`.

    `weight` is the pattern's, by how likely its language is and by the field.
    """

    decides: str
    label: str
    weight: float
    field: str
    start: int
    end: int
    words: str


class Reading(NamedTuple):
    title: str
    description: str
    hits: Sequence[Hit]

    def of(self, decides: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.decides == decides]

    def evidence(self, decides: str, hits: Iterable[Hit]) -> Iterator[Evidence]:
        texts = {"title": self.title, "description": self.description}
        for hit in hits:
            quote = texts[hit.field][hit.start : hit.end]
            yield Evidence(decides, hit.field, quote, hit.start, hit.end)


class Field:
    """One text of the ticket and its words."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.tokens = tokenise(text)
        self.factor = TITLE_FACTOR if name == "title" else 1.0


def read(title: str, description: str) -> Reading:
    """Every hit of the languages that the ticket seems to be written in."""
    known = load_lexicon()
    fields = (Field("title", title), Field("description", description))
    languages = _languages(known, (token for field in fields for token in field.tokens))
    hits = [hit for field in fields for hit in _hits(known, field, languages)]
    return Reading(title, description, hits)


def _languages(known: Lexicon, tokens: Iterable[Token]) -> dict[str, float]:
    """How much each language's patterns count: 1 for the text's own, less for English in it."""
    counts = Counter(name for token in tokens for name in known.stopwords.get(token.word, ()))
    most = max(counts.values(), default=0)
    enough = min(most - 1, SAME_LANGUAGE_SHARE * most)
    likely = {name: 1.0 for name, count in counts.items() if count >= enough}
    if most < 2:  # too little to tell by: every language has a say
        others = HINTED_FACTOR if likely else UNTOLD_FACTOR
        return dict.fromkeys(LANGUAGES, others) | {"en": 1.0} | likely
    return {"en": ENGLISH_FACTOR} | likely


def _hits(known: Lexicon, field: Field, languages: Mapping[str, float]) -> Iterator[Hit]:
    strongest: dict[tuple[str, str, int], tuple[float, Match]] = {}
    for match in find(known.patterns, field.tokens):
        cue = match.cue
        weight = cue.weight * languages.get(cue.language, 0.0)
        key = (cue.decides, cue.label, match.first)
        if weight and (key not in strongest or abs(weight) > abs(strongest[key][0])):
            strongest[key] = weight, match
    for weight, match in strongest.values():
        if match.cue.decides != "category" and _is_negated(
            known.negations[match.cue.language], field.tokens, match
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
    """Whether a negation stands shortly before the match, in the same sentence, not in it."""
    if any(token.word in negations for token in tokens[match.first : match.end]):
        return False
    for token in reversed(tokens[max(0, match.first - NEGATION_REACH) : match.first]):
        if token.word in negations or not token.word:
            return bool(token.word)
    return False
