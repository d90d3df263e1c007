"""Predictions from the lexicon alone: category, urgency and sentiment with confidences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from ...vocabulary import CATEGORIES, DEFAULT_CATEGORY, DEFAULT_PRIORITY, DEFAULT_SENTIMENT
from .reading import Hit, Reading

VERSION = "lexicon-3"

CATEGORY_FADE = 0.85
REPEAT_FACTOR = 0.5  # each repetition of a phrase counts half of the previous one
DEFAULT_CATEGORY_CONFIDENCE = 0.55  # no phrase is evidence of a category
# How often the leading category was right, as a logistic curve over its lead: half the time
# without a lead, 90% of the time if it leads by half of the evidence for the first two. Fitted
# over several sources of tickets, each of equal weight.
LEAD_SLOPE = 4.6
LEAD_DAMPING = 4.0  # little evidence is not a clear lead, however one-sided
MAX_CONFIDENCE = 0.97
MAX_EVIDENCE = 5

# Urgency in points: the starting point by category, without any evidence of urgency, ...
ORDINARY_URGENCY = {"general": 32.0, "account": 41.0, "billing": 44.0, "technical": 44.0}
SENTIMENT_URGENCY = {"calm": -10.0, "neutral": 0.0, "frustrated": 8.0, "angry": 12.0}
QUESTION_URGENCY = -10.0  # a question mark where no cue says anything, ...
URGENCY_FADE = (
    0.5  # ... the second strongest cue counts by this factor, the third by its square, ...
)
GRAVE_CUE = 39.0  # ... lesser cues never add up to an emergency, ...
WITHOUT_GRAVE_CUE = 80.0
DOWN_BESIDE_GRAVE = 0.5  # ... and polite phrases lower an emergency by less.
# One score decides both, so priority and urgency never contradict each other.
PRIORITY_FROM = (("critical", 82), ("high", 64), ("medium", 35), ("low", 0))

SENTIMENT_FROM = {"angry": 4.0, "frustrated": 3.0, "calm": 3.0}
CLEAR_FEELING = 1.8  # so a clear word of another language than the text's is not enough


def category(hits: Sequence[Hit]) -> tuple[str, float]:
    """Return the category and its confidence."""
    if not hits:
        return DEFAULT_CATEGORY, DEFAULT_CATEGORY_CONFIDENCE
    totals = category_totals(hits)
    best, second = sorted(CATEGORIES, key=totals.__getitem__, reverse=True)[:2]
    lead = (totals[best] - totals[second]) / (totals[best] + totals[second] + LEAD_DAMPING)
    confidence = min(MAX_CONFIDENCE, 1 / (1 + math.exp(-LEAD_SLOPE * lead)))
    return best, round(confidence, 3)


def category_shares(hits: Sequence[Hit]) -> list[float]:
    """Return how likely each category is, in the order of CATEGORIES."""
    best, confidence = category(hits)
    totals = {name: 1.0 + total for name, total in category_totals(hits).items()}
    other_total = sum(totals.values()) - totals[best]
    shares = {name: (1 - confidence) * total / other_total for name, total in totals.items()}
    shares[best] = max(confidence, 1.01 * max(shares[name] for name in totals if name != best))
    return [shares[name] for name in CATEGORIES]


def category_totals(hits: Sequence[Hit]) -> dict[str, float]:
    """Return the weight of the evidence for each category."""
    return {label: _total(hit for hit in hits if hit.label == label) for label in CATEGORIES}


def _total(hits: Iterable[Hit]) -> float:
    """Add up the weights: each further hit counts a little less, a repeated phrase much less."""
    seen: Counter[str] = Counter()
    weights = []
    for hit in hits:
        weights.append(hit.weight * REPEAT_FACTOR ** seen[hit.phrase])
        seen[hit.phrase] += 1
    weights.sort(reverse=True)
    return sum(weight * CATEGORY_FADE**rank for rank, weight in enumerate(weights))


def urgency(reading: Reading, category: str) -> int:
    """Return the urgency (0..100)."""
    hits = _distinct(reading.of("urgency"))
    up = sorted((hit.weight for hit in hits if hit.weight > 0), reverse=True)
    down = sorted(hit.weight for hit in hits if hit.weight < 0)
    feeling, _confidence = sentiment(reading.of("sentiment"))
    is_grave = bool(up) and up[0] >= GRAVE_CUE
    moved = _faded(up) + _faded(down) * (DOWN_BESIDE_GRAVE if is_grave else 1.0)
    if reading.asks and not hits:
        moved = QUESTION_URGENCY
    score = ORDINARY_URGENCY[category] + SENTIMENT_URGENCY[feeling] + moved
    score = min(100.0 if is_grave else WITHOUT_GRAVE_CUE, max(0.0, score))
    return round(score)


def _faded(weights: Sequence[float]) -> float:
    return sum(weight * URGENCY_FADE**rank for rank, weight in enumerate(weights[:8]))


def priority(score: int) -> str:
    """Return the priority of an urgency."""
    return next((name for name, least in PRIORITY_FROM if score >= least), DEFAULT_PRIORITY)


def sentiment(hits: Sequence[Hit]) -> tuple[str, float | None]:
    """Return the sentiment and its confidence.

    Without such hits it is the default, with no confidence: nothing in the text speaks for it.
    """
    totals = dict.fromkeys(SENTIMENT_FROM, 0.0)
    for label in totals:
        weights = [hit.weight for hit in _distinct(hits) if hit.label == label]
        if weights and max(weights) >= CLEAR_FEELING:  # weak words alone show no feeling
            totals[label] = sum(weights)
    chosen = max(totals, key=lambda label: totals[label] - SENTIMENT_FROM[label])
    if totals[chosen] < SENTIMENT_FROM[chosen]:
        return DEFAULT_SENTIMENT, None
    return chosen, 0.7


def _distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Count each phrase once: a title that repeats the description makes nothing more urgent."""
    return list({(hit.label, hit.phrase): hit for hit in hits}.values())


def strongest(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits of most weight, each phrase once."""
    strongest: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: -abs(hit.weight)):
        strongest.setdefault(hit.phrase, hit)
    return list(strongest.values())[:MAX_EVIDENCE]
