"""What a desk has learned: the tickets whose values an agent confirmed, and how to use them.

A ticket gets the value of the confirmed tickets that mean nearly the same, the more so the nearer
they are; where there are none, the estimate stands. Whether the confirmed tickets answer at all is
decided by how often they were right on the latest ones, before these were known.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...vocabulary import CATEGORIES, LEARNED_FIELDS, PRIORITIES
from . import estimate
from .encoders.base import Encoder
from .estimate import Estimate
from .reading import Reading

NEIGHBOURS = 8
LOOKED_AT = 64  # nearest tickets, as not every one has every field
POWER = 4  # a ticket with a cosine of .5 counts a sixteenth of an identical one
ESTIMATE_WEIGHT = 0.3  # of the estimate, beside 1 for an identical ticket
SHARPNESS = 1.4  # neighbours that agree are right more often than their number says
WINDOW = 100  # comparisons of estimate and learner
TOLERANCE = 1  # comparisons by which the learner may be behind
MIN_COSINE = 0.5  # of a ticket that is named as the reason
# Where an urgency moves to for a neighbour's priority: well inside its borders.
URGENCY_RANGES = {"low": (0, 28), "medium": (41, 57), "high": (69, 77), "critical": (87, 100)}
CALIBRATED_BY = 50.0  # comparisons that count as much as what was calibrated beforehand
CLAIMS_TRUSTED_BY = 10.0  # what models state is calibrated by nobody
MAX_CLAIM = 0.98  # many models are always certain
MAX_CONFIDENCE, MIN_CONFIDENCE = 0.99, 0.26


class Comparison(NamedTuple):
    """What estimate and learner said of a ticket before an agent's value was learned."""

    value: str
    estimated: str
    learned: str
    confidence: float | None  # of the one that answered


class Claim(NamedTuple):
    """The confidence that a model stated about a value, and whether an agent agreed."""

    confidence: float
    is_right: bool


class ConfirmedTicket(NamedTuple):
    """A ticket, and the values by field that an agent decided on."""

    key: int
    values: dict[str, str]


class Neighbour(NamedTuple):
    key: int
    value: str
    cosine: float


class LearnedPrediction(NamedTuple):
    """A value, its confidence (0..1), the urgency behind a priority, and the likest tickets."""

    value: str
    confidence: float
    urgency: float
    neighbours: Sequence[Neighbour]  # with the same value, nearest first


@dataclass(frozen=True, slots=True)
class Figures:
    """The accuracy of estimate and learner on the latest comparisons; None before the first."""

    prior_accuracy: float | None
    learned_accuracy: float | None
    leads: bool


class Learner:
    """The tickets that agents of a desk confirmed, and the latest comparisons by field.

    `version` is for whoever stores them. Learn them from the oldest to the newest.
    """

    def __init__(self, encoder: Encoder, version: object = 0) -> None:
        self.encoder = encoder
        self.version = version
        self._index = encoder.index()
        self._tickets: list[ConfirmedTicket] = []
        self._position: dict[int, int] = {}
        self._comparisons: dict[str, deque[Comparison]] = {
            name: deque(maxlen=WINDOW) for name in LEARNED_FIELDS
        }
        self._claims: dict[tuple[str, str], list[Claim]] = {}  # by field and model

    @property
    def tickets(self) -> Sequence[ConfirmedTicket]:
        """Whatever was learned, by the ticket's first time."""
        return self._tickets

    def learn(
        self, key: int, vector: Any, field: str, value: str, comparison: Comparison | None = None
    ) -> None:
        """Add a value that an agent decided on, and what was said before it was known."""
        if key not in self._position:
            self._position[key] = len(self._tickets)
            self._tickets.append(ConfirmedTicket(key, {}))
            self._index.add(vector)
        self._tickets[self._position[key]].values[field] = value
        if comparison is not None:
            self._comparisons[field].append(comparison)

    def judge(self, field: str, model: str, claim: Claim) -> None:
        """Add what a model said, and what an agent made of it."""
        self._claims.setdefault((field, model), []).append(claim)

    def compare(self, field: str, value: str, reading: Reading, without: int = 0) -> Comparison:
        """Return what estimate and learner say of a ticket, which does not count itself."""
        estimated = estimate.of(reading)
        own_value, own_confidence = estimate.value_of(field, estimated)
        learned = self.predict(field, reading, estimated, without)
        if learned is None:
            return Comparison(value, own_value, own_value, own_confidence)
        confidence = learned.confidence if self.leads(field) else own_confidence
        return Comparison(value, own_value, learned.value, confidence)

    # --- predicting ---

    def predict(
        self, field: str, reading: Reading, estimated: Estimate, without: int = 0
    ) -> LearnedPrediction | None:
        """Return what the confirmed tickets say, whether or not they lead; None without any.

        The ticket `without` does not count: it is the one to be predicted.
        """
        neighbours = self._neighbours(field, reading.vector, without)
        if not neighbours:
            return None
        is_priority = field == "priority"
        values: Sequence[str] = PRIORITIES if is_priority else CATEGORIES
        own_shares = estimate.priority_shares(estimated.urgency)
        shares = _with_votes(own_shares if is_priority else estimated.category, values, neighbours)
        value = values[shares.index(max(shares))]
        urgency = _inside(value, _moved(estimated.urgency, neighbours)) if is_priority else 0.0
        confidence = self.calibrated(field, _sharpened(shares)[values.index(value)])
        alike = [n for n in neighbours if n.value == value and n.cosine >= MIN_COSINE]
        return LearnedPrediction(value, confidence, urgency, alike)

    def _neighbours(self, field: str, vector: Any, without: int) -> list[Neighbour]:
        neighbours = []
        for at, cosine in self._index.nearest(vector, LOOKED_AT):
            ticket = self._tickets[at]
            if field in ticket.values and ticket.key != without and cosine > 0:
                neighbours.append(Neighbour(ticket.key, ticket.values[field], cosine))
        return neighbours[:NEIGHBOURS]

    # --- how good it is ---

    def leads(self, field: str) -> bool:
        """Return whether the confirmed tickets answer, and not the estimate alone.

        They may be one comparison behind, the difference that chance alone makes.
        """
        return self.figures(field).leads

    def figures(self, field: str) -> Figures:
        return figures(self._comparisons[field])

    def calibrated(self, field: str, confidence: float) -> float:
        """Return the confidence, moved by how often this desk's latest predictions were right."""
        return calibrated(confidence, self._comparisons[field])

    def calibrated_claim(self, field: str, model: str, confidence: float) -> float:
        """Return what a model's stated confidence is worth here, by its latest predictions."""
        claims = self._claims.get((field, model))
        if not claims:
            return confidence
        right = sum(claim.is_right for claim in claims)
        stated = [min(claim.confidence, MAX_CLAIM) for claim in claims]
        return _moved_by_accuracy(min(confidence, MAX_CLAIM), stated, right, CLAIMS_TRUSTED_BY)


def figures(comparisons: Iterable[Comparison]) -> Figures:
    rows = list(comparisons)
    if not rows:
        return Figures(None, None, False)
    estimated = sum(row.estimated == row.value for row in rows)
    learned = sum(row.learned == row.value for row in rows)
    leads = learned - estimated >= -TOLERANCE
    return Figures(estimated / len(rows), learned / len(rows), leads)


def calibrated(confidence: float, comparisons: Iterable[Comparison]) -> float:
    """Return the confidence, moved by how often the one that leads was right."""
    rows = [row for row in comparisons if row.confidence is not None]
    leads = figures(rows).leads
    right = sum((row.learned if leads else row.estimated) == row.value for row in rows)
    stated = [row.confidence or 0.0 for row in rows]
    return _moved_by_accuracy(confidence, stated, right, CALIBRATED_BY)


def _moved_by_accuracy(
    confidence: float, stated: Sequence[float], right: int, trusted_by: float
) -> float:
    """Shift the log odds by the gap between mean confidence and accuracy, as far as it is sure.

    The confidence counts as if it had proved right so many times (`trusted_by`) before.
    """
    if stated:
        count = len(stated)
        gap = _log_odds((right + 1) / (count + 2)) - _log_odds(
            (math.fsum(stated) + 1) / (count + 2)
        )
        gap *= count / (count + trusted_by)
        confidence = 1 / (1 + math.exp(-_log_odds(confidence) - gap))
    return round(min(MAX_CONFIDENCE, max(MIN_CONFIDENCE, confidence)), 3)


def _with_votes(
    shares: Sequence[float], values: Sequence[str], neighbours: Sequence[Neighbour]
) -> list[float]:
    votes = [ESTIMATE_WEIGHT * share for share in shares]
    for neighbour in neighbours:
        votes[values.index(neighbour.value)] += neighbour.cosine**POWER
    total = math.fsum(votes)
    return [vote / total for vote in votes]


def _moved(urgency: float, neighbours: Sequence[Neighbour]) -> float:
    """Return the mean of the urgency and of where each neighbour's priority would move it."""
    total, weight = ESTIMATE_WEIGHT * urgency, ESTIMATE_WEIGHT
    for neighbour in neighbours:
        low, high = URGENCY_RANGES[neighbour.value]
        total += neighbour.cosine**POWER * min(high, max(low, urgency))
        weight += neighbour.cosine**POWER
    return total / weight


def _inside(priority: str, urgency: float) -> float:
    """Move an urgency to between the borders of a priority."""
    at = PRIORITIES.index(priority)
    lowest, above = (0.0, *estimate.BORDERS)[at], (*estimate.BORDERS, 101.0)[at]
    return min(above - 1, max(lowest, urgency))


def _sharpened(shares: Sequence[float]) -> list[float]:
    powers = [share**SHARPNESS for share in shares]
    total = math.fsum(powers)
    return [power / total for power in powers]


def _log_odds(share: float) -> float:
    share = min(0.999, max(0.001, share))
    return math.log(share / (1 - share))
