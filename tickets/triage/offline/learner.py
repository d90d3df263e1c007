"""What a site has learned about one field, on top of the lexicon.

A linear model over hashed words that starts as the lexicon's own opinion. Each lesson corrects
it, and some of the latest lessons are learned again with it. It answers only while it is no
worse than the lexicon on tickets that it had not learned yet.
"""

from __future__ import annotations

import math
import random
import zlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..types import SURE_FROM, Evidence
from . import packing
from .confidence import Head
from .evidence import merged, strongest
from .features import View
from .kept import Kept
from .targets import TARGETS
from .weights import Rows, Weights, familiarity

FORMAT = 2
MOST_LESSONS = 2000
AGAIN, KEPT = 8, 200  # so many of so many latest lessons are learned again with each new one
WINDOW = 100  # lessons over which lexicon and learned model are compared
TOLERANCE = 1  # lessons of these: one point
SHY_UNTIL = 15.0  # lessons; before, a text counts by much less than the share of it that is known
BIAS_RATE = 0.06
FAMILIAR = 0.8  # a text of which so much is known counts in full
MOST_RARITY = 3.0
NO_REASON = SURE_FROM - 0.05  # the most that an answer without a word to show may claim


class Lesson(NamedTuple):
    """A ticket's text and what a person decided."""

    title: str
    description: str
    value: str


class Opinion(NamedTuple):
    """A value, how sure (0..1), the urgency behind a priority, and the words that decided."""

    value: str
    confidence: float
    urgency: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """How lexicon and learned model did on the latest lessons, before these were learned.

    The accuracies are None before the first lesson.
    """

    seen: int
    prior_accuracy: float | None
    learned_accuracy: float | None
    leads: bool


class Judgement(NamedTuple):
    """What the model makes of a ticket."""

    start: list[float]  # the lexicon's scores
    prior_value: str
    scores: list[float]
    best: int
    signs: list[float]  # by which to tell how sure


class Learner:
    """`field` is "category" or "priority"."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.target = TARGETS[field]
        self.seen = 0
        self._weights = Weights(self.target.width)
        self._bias = [0.0] * self.target.width
        self._bias_gathered = 0.0
        self._counts = [1] * len(self.target.values)
        self._head = Head()
        self._latest: deque[Kept] = deque(maxlen=KEPT)
        self._compared: deque[tuple[bool, bool]] = deque(maxlen=WINDOW)  # (lexicon, learned) right

    @property
    def leads(self) -> bool:
        """Whether what was learned answers: only while it is not behind the lexicon, give or take
        the ticket by which chance alone parts the two."""
        ahead = sum(learned - lexicon for lexicon, learned in self._compared)
        return bool(self._compared) and ahead >= -TOLERANCE

    @property
    def figures(self) -> Figures:
        count = len(self._compared)
        if not count:
            return Figures(self.seen, None, None, False)
        lexicon, learned = (sum(flags) / count for flags in zip(*self._compared, strict=True))
        return Figures(self.seen, lexicon, learned, self.leads)

    def opinion(self, view: View) -> Opinion:
        """What the learned model says, whether or not it leads."""
        found = self._judge(view)
        evidence = self._evidence(view, found)
        confidence = self._head.confidence(found.signs)
        if not evidence:
            confidence = min(confidence, NO_REASON)
        value, urgency = self.target.values[found.best], self.target.urgency(found.scores)
        return Opinion(value, round(confidence, 3), urgency, evidence)

    # --- learning ---

    def learn(self, title: str, description: str, value: str) -> None:
        """Compare lexicon and model on the ticket, then learn what a person decided about it.

        Raises ValueError, and learns nothing, when the field has no such value.
        """
        label = self.target.values.index(value)
        view = View(title, description)
        found = self._judge(view)
        self._compared.append((found.prior_value == value, found.best == label))
        self._head.learn(found.signs, found.best == label)
        self._counts[label] += 1
        self.seen += 1
        self._forget_otherwise(view, label)
        rows = self._weights.all(view.features)
        self._step(rows, found.scores, label)
        chance = random.Random(self.seen)  # noqa: S311  (picks lessons, guards nothing)
        for _ in range(min(AGAIN, len(self._latest))):
            latest = len(self._latest)
            kept = self._latest[max(chance.randrange(latest), chance.randrange(latest))]
            rows = kept.rows(self._weights)
            self._step(rows, self._scores(kept.start, rows), kept.label)
        self._latest.append(Kept.of(view.features, found.start, label))

    @classmethod
    def taught(cls, field: str, lessons: Iterable[Lesson]) -> Learner:
        """A learner that has had the last 2 000 of these lessons, in their order."""
        learner = cls(field)
        for lesson in deque(lessons, maxlen=MOST_LESSONS):
            learner.learn(*lesson)
        return learner

    def _forget_otherwise(self, view: View, label: int) -> None:
        """Do not go on learning what was decided otherwise about tickets just like this one."""
        keys = frozenset(key for key, _weight in view.features)
        outdated = [kept for kept in self._latest if kept.label != label and kept.is_like(keys)]
        for kept in outdated:
            self._latest.remove(kept)

    def _step(self, rows: Rows, scores: Sequence[float], label: int) -> None:
        rarity = math.sqrt(sum(self._counts) / len(self._counts) / self._counts[label])
        gradient = self.target.gradient(scores, label)
        gradient = [min(rarity, MOST_RARITY) * part for part in gradient]
        self._weights.step(rows, gradient)
        self._bias_gathered += sum(part * part for part in gradient)
        pace = BIAS_RATE / math.sqrt(1 + self._bias_gathered)
        self._bias = [bias - pace * part for bias, part in zip(self._bias, gradient, strict=True)]

    # --- judging ---

    def _judge(self, view: View) -> Judgement:
        start, prior_value = self.target.start(view.reading)
        rows = self._weights.known(view.features)
        known = familiarity(rows)
        # Little of a text that is mostly new counts: the first lessons tell about tickets like
        # their own and not about all.
        trust = min(1.0, known / FAMILIAR) ** (2 / (1 + self.seen / SHY_UNTIL))
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

    def _evidence(self, view: View, found: Judgement) -> tuple[Evidence, ...]:
        """The words that spoke for the value: learned ones, and the lexicon's if it agrees."""
        towards = self.target.towards(found.scores)
        pulls = []
        for (key, weight), place in zip(view.features, view.places, strict=True):
            moves = self._weights.moves(key)
            if moves is not None:
                pulls.append((place, weight * _dot(moves, towards)))
        learned = list(strongest(view, self.field, pulls))
        if self.target.values[found.best] != found.prior_value:
            return tuple(learned)
        lexicon = list(view.reading.evidence(self.field, self.target.hits(view.reading)))
        moved = [now - first for now, first in zip(found.scores, found.start, strict=True)]
        if _dot(found.start, towards) > _dot(moved, towards):
            return merged(lexicon, learned)
        return merged(learned, lexicon)

    # --- storing ---

    def dumps(self) -> bytes:
        """Everything that was learned; half precision is enough for the weights."""
        parts = [
            packing.pack("I", [FORMAT, self.seen, *self._counts]),
            packing.pack("f", [*self._bias, self._bias_gathered]),
            packing.pack("B", [2 * lexicon + learned for lexicon, learned in self._compared]),
            self._head.pack(),
            self._weights.pack(),
            packing.pack("I", [len(self._latest)]),
            *(kept.pack() for kept in self._latest),
        ]
        return zlib.compress(b"".join(parts))

    @classmethod
    def loads(cls, field: str, data: bytes) -> Learner:
        """What `dumps` gave. Raises ValueError for anything else."""
        learner = cls(field)
        try:
            learner._unpack(packing.Reader(zlib.decompress(data)))
        except (zlib.error, ValueError) as error:
            raise ValueError(f"This is no learner of the {field}: {error}.") from error
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
        self._latest.extend(Kept.unpack(reader, self.target.width) for _ in range(count))
        if any(kept.label >= values for kept in self._latest):
            raise ValueError("a lesson has an unknown value")
        reader.end()


def _dot(some: Sequence[float], others: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(some, others, strict=True))
