"""What a site has learned about one field, on top of the lexicon.

A linear model over hashed words that starts out predicting the same as the lexicon. Each example
corrects it, and some of the latest examples are learned again with it. It answers only while it
is no worse than the lexicon on tickets that it had not learned yet.
"""

from __future__ import annotations

import math
import random
import zlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...vocabulary import REVIEW_BELOW_CONFIDENCE
from ..results import Evidence
from . import packing
from .confidence import Head
from .evidence import merged, strongest
from .reading import Reading
from .replay import ReplayExample
from .targets import TARGETS
from .weights import Rows, Weights, familiarity

FORMAT = 2
MAX_EXAMPLES = 2000
REPLAYED, STORED = 8, 200  # with each example, 8 of the latest 200 are learned again
WINDOW = 100  # examples on which lexicon and learned model are compared
TOLERANCE = 1  # examples by which the learned model may be behind
CAUTIOUS_UNTIL = 15.0  # examples; until then a text counts by much less than its known share
BIAS_RATE = 0.06
FAMILIAR = 0.8  # a text counts in full from this known share on
MAX_RARITY = 3.0
MAX_WITHOUT_EVIDENCE = REVIEW_BELOW_CONFIDENCE - 0.05  # confidence of a prediction without any


class TrainingExample(NamedTuple):
    """The text of a ticket and the value that an agent decided on."""

    title: str
    description: str
    value: str


class LearnedPrediction(NamedTuple):
    """A value, its confidence (0..1) and evidence, and the urgency behind a priority."""

    value: str
    confidence: float
    urgency: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """The accuracy of lexicon and learned model on the latest examples, before learning these.

    None before the first example.
    """

    seen: int
    prior_accuracy: float | None
    learned_accuracy: float | None
    leads: bool


class Judgement(NamedTuple):
    """The learned model's scores for a ticket, compared with the lexicon's."""

    start: list[float]  # the lexicon's scores
    prior_value: str
    scores: list[float]
    best: int
    signs: list[float]  # from which the confidence is estimated


class Learner:
    """The lexicon and what was learned about `field`, "category" or "priority"."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.target = TARGETS[field]
        self.seen = 0
        self._weights = Weights(self.target.width)
        self._bias = [0.0] * self.target.width
        self._bias_gathered = 0.0
        self._counts = [1] * len(self.target.values)
        self._head = Head()
        self._latest: deque[ReplayExample] = deque(maxlen=STORED)
        self._compared: deque[tuple[bool, bool]] = deque(maxlen=WINDOW)  # (lexicon, learned) right

    @property
    def leads(self) -> bool:
        """Whether the learned model answers instead of the lexicon.

        It may be one ticket behind, the difference that chance alone makes.
        """
        ahead = sum(learned - lexicon for lexicon, learned in self._compared)
        return bool(self._compared) and ahead >= -TOLERANCE

    @property
    def figures(self) -> Figures:
        count = len(self._compared)
        if not count:
            return Figures(self.seen, None, None, False)
        lexicon, learned = (sum(flags) / count for flags in zip(*self._compared, strict=True))
        return Figures(self.seen, lexicon, learned, self.leads)

    def predict(self, reading: Reading) -> LearnedPrediction:
        """Return the learned model's prediction, whether or not it leads."""
        judgement = self._judge(reading)
        evidence = self._evidence(reading, judgement)
        confidence = self._head.confidence(judgement.signs)
        if not evidence:
            confidence = min(confidence, MAX_WITHOUT_EVIDENCE)
        value = self.target.values[judgement.best]
        urgency = self.target.urgency(judgement.scores)
        return LearnedPrediction(value, round(confidence, 3), urgency, evidence)

    # --- learning ---

    def learn(self, title: str, description: str, value: str) -> None:
        """Compare lexicon and model on the ticket, then learn the value that an agent decided on.

        Raise ValueError, and learn nothing, if the field has no such value.
        """
        label = self.target.values.index(value)
        reading = Reading(title, description)
        judgement = self._judge(reading)
        self._compared.append((judgement.prior_value == value, judgement.best == label))
        self._head.learn(judgement.signs, judgement.best == label)
        self._counts[label] += 1
        self.seen += 1
        self._drop_contradictions(reading, label)
        rows = self._weights.all(reading.features)
        self._step(rows, judgement.scores, label)
        chance = random.Random(self.seen)  # noqa: S311  (picks examples, protects nothing)
        for _ in range(min(REPLAYED, len(self._latest))):
            latest = len(self._latest)
            example = self._latest[max(chance.randrange(latest), chance.randrange(latest))]
            rows = example.rows(self._weights)
            self._step(rows, self._scores(example.start, rows), example.label)
        self._latest.append(ReplayExample.of(reading.features, judgement.start, label))

    @classmethod
    def trained(cls, field: str, examples: Iterable[TrainingExample]) -> Learner:
        """Return a learner that has learned the last 2,000 of these examples, in their order."""
        learner = cls(field)
        for example in deque(examples, maxlen=MAX_EXAMPLES):
            learner.learn(*example)
        return learner

    def _drop_contradictions(self, reading: Reading, label: int) -> None:
        """Stop replaying examples with another value whose tickets are just like this one."""
        keys = frozenset(key for key, _weight in reading.features)
        outdated = [
            example for example in self._latest if example.label != label and example.is_like(keys)
        ]
        for example in outdated:
            self._latest.remove(example)

    def _step(self, rows: Rows, scores: Sequence[float], label: int) -> None:
        rarity = math.sqrt(sum(self._counts) / len(self._counts) / self._counts[label])
        gradient = self.target.gradient(scores, label)
        gradient = [min(rarity, MAX_RARITY) * part for part in gradient]
        self._weights.step(rows, gradient)
        self._bias_gathered += sum(part * part for part in gradient)
        pace = BIAS_RATE / math.sqrt(1 + self._bias_gathered)
        self._bias = [bias - pace * part for bias, part in zip(self._bias, gradient, strict=True)]

    # --- judging ---

    def _judge(self, reading: Reading) -> Judgement:
        start, prior_value = self.target.start(reading)
        rows = self._weights.known(reading.features)
        known = familiarity(rows)
        # A mostly new text counts little: the first examples apply to similar tickets only.
        trust = min(1.0, known / FAMILIAR) ** (2 / (1 + self.seen / CAUTIOUS_UNTIL))
        scores = self._scores(start, rows, trust)
        best = self.target.best(scores)
        likely = self.target.shares(self.target.sober(scores, start))[best]
        likely = min(0.998, max(0.002, likely))
        agrees = self.target.values[best] == prior_value
        signs = [math.log(likely / (1 - likely)), 1.0, agrees - 0.5, known - 0.7]
        return Judgement(start, prior_value, scores, best, signs)

    def _scores(self, start: Sequence[float], rows: Rows, trust: float = 1.0) -> list[float]:
        totals = self._weights.totals(rows)
        return [
            first + bias + trust * total
            for first, bias, total in zip(start, self._bias, totals, strict=True)
        ]

    def _evidence(self, reading: Reading, judgement: Judgement) -> tuple[Evidence, ...]:
        """Return the quotes behind the value: learned ones, and the lexicon's if it agrees."""
        towards = self.target.towards(judgement.scores)
        pulls = []
        for (key, weight), span in zip(reading.features, reading.spans, strict=True):
            moves = self._weights.moves(key)
            if moves is not None:
                pulls.append((span, weight * _dot(moves, towards)))
        learned = list(strongest(reading, self.field, pulls))
        if self.target.values[judgement.best] != judgement.prior_value:
            return tuple(learned)
        lexicon = list(reading.evidence(self.field, self.target.hits(reading)))
        moved = [
            score - first for score, first in zip(judgement.scores, judgement.start, strict=True)
        ]
        if _dot(judgement.start, towards) > _dot(moved, towards):
            return merged(lexicon, learned)
        return merged(learned, lexicon)

    # --- storing ---

    def dumps(self) -> bytes:
        """Return everything that was learned. Half precision is enough for the weights."""
        parts = [
            packing.pack("I", [FORMAT, self.seen, *self._counts]),
            packing.pack("f", [*self._bias, self._bias_gathered]),
            packing.pack("B", [2 * lexicon + learned for lexicon, learned in self._compared]),
            self._head.pack(),
            self._weights.pack(),
            packing.pack("I", [len(self._latest)]),
            *(example.pack() for example in self._latest),
        ]
        return zlib.compress(b"".join(parts))

    @classmethod
    def loads(cls, field: str, data: bytes) -> Learner:
        """Restore what `dumps` returned. Raise ValueError for anything else."""
        learner = cls(field)
        try:
            learner._unpack(packing.Reader(zlib.decompress(data)))
        except (zlib.error, ValueError) as error:
            raise ValueError(f"This is not a learner of the {field}: {error}.") from error
        return learner

    def _unpack(self, reader: packing.Reader) -> None:
        values = len(self.target.values)
        version, self.seen, *self._counts = reader.numbers("I", 2 + values)
        if version != FORMAT or min(self._counts) < 1:
            raise ValueError("it was stored by another version")
        *self._bias, self._bias_gathered = reader.numbers("f", self.target.width + 1)
        if self._bias_gathered < 0:
            raise ValueError("a sum of squares is negative")
        self._compared.extend((code >= 2, code % 2 == 1) for code in reader.numbers("B"))
        self._head.unpack(reader)
        self._weights.unpack(reader)
        (count,) = reader.numbers("I", 1)
        self._latest.extend(ReplayExample.unpack(reader, self.target.width) for _ in range(count))
        if any(example.label >= values for example in self._latest):
            raise ValueError("an example has an unknown value")
        reader.end()


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
