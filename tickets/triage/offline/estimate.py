"""What lexicon and encoder say of a ticket together, before anything is learned.

Both say how likely each category is; their logarithms are added up. Urgency is one score, and its
borders decide the priority, so the two never contradict each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from ...vocabulary import CATEGORIES, DEFAULT_SENTIMENT, PRIORITIES, SENTIMENTS
from . import lexicon_scores
from .encoders.base import softmax
from .reading import Reading

# The two parts weigh the same. Together above 1, since each alone is too cautious: fitted over
# several sources of tickets, each of equal weight (docs/triage.md).
LEXICON_WEIGHT = ENCODER_WEIGHT = 0.85
# The lexicon's part of the urgency, with and without words that say so. The rest is the encoder's.
LEXICON_URGENCY, LEXICON_URGENCY_WITHOUT_HITS = 0.5, 0.2
PRIORITY_URGENCY = (18.0, 48.0, 73.0, 92.0)  # the usual urgency of each priority, from low on
CLEAR_WORD = 3.0  # of a feeling, beside the logarithm of the encoder's share
# What the encoder must be sure of in a text without a word of the lexicon, or nothing is known:
# the likeliest category, or that it is high or critical.
MIN_KNOWN_SHARE, MIN_URGENT_SHARE = 0.68, 0.5
URGENCY_UNIT = 6.0  # points that change the odds of a priority by a factor of e
BORDERS = tuple(float(least) for _name, least in reversed(lexicon_scores.PRIORITY_FROM[:-1]))


class Estimate(NamedTuple):
    """The shares of each category and sentiment (0..1), and the urgency (0..100)."""

    category: list[float]
    sentiment: list[float]
    urgency: float
    is_known: bool  # False: nothing in the text says anything


def of(reading: Reading) -> Estimate:
    """Return what triage makes of a ticket."""
    encoded = reading.shares
    is_known = bool(reading.hits)
    if encoded is not None and reading.has_words:
        is_clear = max(encoded.category) >= MIN_KNOWN_SHARE
        is_known = is_known or is_clear or sum(encoded.priority[2:]) >= MIN_URGENT_SHARE
    scores = _category_scores(reading)
    return Estimate(
        category=softmax(reading.sharpness * score for score in scores),
        sentiment=softmax(_sentiment_scores(reading)),
        urgency=_urgency(reading, CATEGORIES[scores.index(max(scores))]),
        is_known=is_known,
    )


def value_of(field: str, estimated: Estimate) -> tuple[str, float]:
    """Return the category or the priority that an estimate stands for, and its share."""
    if field == "category":
        share = max(estimated.category)
        return CATEGORIES[estimated.category.index(share)], share
    value = lexicon_scores.priority(round(estimated.urgency))
    return value, priority_shares(estimated.urgency)[PRIORITIES.index(value)]


def _category_scores(reading: Reading) -> list[float]:
    hits = reading.of("category")
    encoded = reading.shares
    scores = [0.0] * len(CATEGORIES)
    if hits or encoded is None:  # a text without a hit is no evidence of the default category
        weight = 1.0 if encoded is None else LEXICON_WEIGHT
        scores = [weight * math.log(share) for share in lexicon_scores.category_shares(hits)]
    if encoded is not None:
        scores = [
            score + ENCODER_WEIGHT * math.log(share)
            for score, share in zip(scores, encoded.category, strict=True)
        ]
    return scores


def _sentiment_scores(reading: Reading) -> list[float]:
    value, confidence = lexicon_scores.sentiment(reading.of("sentiment"))
    if reading.shares is None:
        share = confidence or 0.7
        other_share = (1 - share) / (len(SENTIMENTS) - 1)
        return [math.log(share if name == value else other_share) for name in SENTIMENTS]
    return [
        math.log(share) + CLEAR_WORD * (name == value != DEFAULT_SENTIMENT)
        for name, share in zip(SENTIMENTS, reading.shares.sentiment, strict=True)
    ]


def _urgency(reading: Reading, category: str) -> float:
    """Return the mean of both. What either of them calls an emergency remains one.

    The words of an emergency also stand in thanks after it and in questions about it. There the
    encoder excludes one.
    """
    by_words = float(lexicon_scores.urgency(reading, category))
    if reading.shares is None:
        return by_words
    if reading.shares.priority[-1] < reading.least_critical:
        by_words = min(by_words, BORDERS[-1] - 1)
    by_meaning = _stretched(encoded_urgency(reading.shares.priority), reading.borders)
    part = LEXICON_URGENCY if reading.of("urgency") else LEXICON_URGENCY_WITHOUT_HITS
    urgency = part * by_words + (1 - part) * by_meaning
    emergencies = [value for value in (by_words, by_meaning) if value >= BORDERS[-1]]
    return max([urgency, *((value + BORDERS[-1]) / 2 for value in emergencies)])


def encoded_urgency(priority_shares: Sequence[float]) -> float:
    """Return the mean urgency of these shares, which is too close to the middle."""
    pairs = zip(priority_shares, PRIORITY_URGENCY, strict=True)
    return math.fsum(share * usual for share, usual in pairs)


def _stretched(urgency: float, borders: Sequence[float]) -> float:
    """Move an urgency from between two of the encoder's borders to between the priorities' own."""
    sources, targets = (0.0, *borders, 100.0), (0.0, *BORDERS, 100.0)
    at = sum(urgency > border for border in borders)
    part = (urgency - sources[at]) / (sources[at + 1] - sources[at])
    return targets[at] + part * (targets[at + 1] - targets[at])


def priority_shares(urgency: float) -> list[float]:
    """Return how likely each priority is at this urgency, from low on."""
    above = [1.0, *(_logistic((urgency - border) / URGENCY_UNIT) for border in BORDERS), 0.0]
    return [higher - lower for higher, lower in itertools.pairwise(above)]


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
