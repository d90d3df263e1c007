"""What a site has learned about one field, on top of the lexicon.

A linear model over hashed words that starts as the lexicon's own opinion and is corrected by
each lesson (AdaGrad: Duchi, Hazan, Singer 2011), with some of the latest lessons again. For the
category it is a multinomial logistic regression; for the priority one urgency score under fixed
thresholds (an ordinal regression), so that priority and urgency agree.
"""

from __future__ import annotations

import itertools
import math
import random
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..types import CATEGORIES, PRIORITIES, Evidence
from . import prior
from .features import Features, features, named, slot
from .reading import read
from .tokens import tokenise

FORMAT = 1
RATE, SMOOTHING, BIAS_RATE = 1.0, 0.02, 0.02
AGAIN, KEPT = 8, 200  # how many of how many latest lessons are learned again with a new one
WINDOW = 100  # lessons over which lexicon and learned model are compared
SHY_UNTIL = 10.0  # lessons after which a half-known text counts by the half, and no longer less
MOST_IMBALANCE = 3.0
SCALE = 10.0  # points of urgency that make a doubt of one unit
HEAD_RATE, HEAD_INERTIA = 0.3, 3.0
LEAST_CONFIDENCE = 0.26
MAX_EVIDENCE = 5
LEVELS = tuple(float(least) for _name, least in reversed(prior.PRIORITY_FROM[:-1]))


class Lesson(NamedTuple):
    """A ticket's text and what a person decided."""

    title: str
    description: str
    value: str


class Opinion(NamedTuple):
    """A value, how sure (0..1), the urgency behind a priority, and the words that moved it."""

    value: str
    confidence: float
    urgency: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """How lexicon and learned model did on the latest lessons, before these were learned."""

    seen: int
    prior_accuracy: float | None
    learned_accuracy: float | None
    leads: bool


class Example(NamedTuple):
    """A text as numbers: its features, what the lexicon makes of it, and that as a value."""

    features: Features
    start: list[float]
    prior_value: str


class Learner:
    """`field` is "category" or "priority"."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.values = CATEGORIES if field == "category" else PRIORITIES
        self._width = len(CATEGORIES) if field == "category" else 1
        self._weights: dict[int, list[float]] = {}
        self._gathered: dict[int, float] = {}
        self._bias = [0.0] * self._width
        self._bias_gathered = 0.0
        self._counts = [1] * len(self.values)
        self._latest: deque[tuple[Example, int]] = deque(maxlen=KEPT)
        self._judged: deque[tuple[bool, bool]] = deque(maxlen=WINDOW)  # (prior, learned) right
        self._head = [1.0, 0.0, 0.0, 0.0]
        self._head_gathered = [1.0] * 4
        self.seen = 0

    # --- answering ---

    @property
    def leads(self) -> bool:
        """Whether the learned model answers: only while it does better than the lexicon."""
        return sum(learned - known for known, learned in self._judged) > 0

    @property
    def figures(self) -> Figures:
        count = len(self._judged)
        shares = [
            sum(flags) / count if count else None
            for flags in (zip(*self._judged, strict=True) if count else ((), ()))
        ]
        return Figures(self.seen, shares[0], shares[1], self.leads)

    def opinion(self, title: str, description: str) -> Opinion:
        """What the learned model says, whether or not it leads."""
        example = self._example(title, description)
        scores = self._scores(example)
        best, margin = self._best(scores)
        confidence = self._confidence(example, best, margin)
        evidence = tuple(self._evidence(title, description, best, scores, example))
        return Opinion(self.values[best], round(confidence, 3), _urgency(scores), evidence)

    # --- learning ---

    def learn(self, title: str, description: str, value: str) -> None:
        """Try both on the ticket, then learn what a person decided about it."""
        example = self._example(title, description)
        label = self.values.index(value)
        best, margin = self._best(self._scores(example))
        self._judged.append((example.prior_value == value, best == label))
        self._adjust_head(example, best, margin, best == label)
        self._counts[label] += 1
        self.seen += 1
        self._step(example, label)
        chance = random.Random(self.seen)  # noqa: S311  (which lessons come again)
        for _ in range(min(AGAIN, len(self._latest))):
            self._step(*chance.choice(self._latest))
        self._latest.append((example, label))

    @classmethod
    def taught(cls, field: str, lessons: Iterable[Lesson]) -> Learner:
        """A learner that has had these lessons, in their order."""
        learner = cls(field)
        for lesson in lessons:
            learner.learn(*lesson)
        return learner

    # --- the model ---

    def _example(self, title: str, description: str) -> Example:
        found = read(title, description)
        category, confidence, _hits = prior.category(found.of("category"))
        if self.field == "category":
            start = _log_shares(prior.category_totals(found.of("category")), category, confidence)
            return Example(features(title, description), start, category)
        urgency, _hits = prior.urgency(found, category)
        return Example(features(title, description), [urgency / SCALE], prior.priority(urgency))

    def _scores(self, example: Example) -> list[float]:
        """A score for each category, or the one of urgency in units of SCALE."""
        trust = self._familiarity(example) ** (2.0 / (1.0 + self.seen / SHY_UNTIL))
        totals = [0.0] * self._width
        for key, weight in example.features:
            row = self._weights.get(key)
            if row is not None:
                for place, value in enumerate(row):
                    totals[place] += weight * value
        return [
            start + bias + trust * total
            for start, bias, total in zip(example.start, self._bias, totals, strict=True)
        ]

    def _familiarity(self, example: Example) -> float:
        """The share (0..1) of the text that earlier lessons had in them."""
        known = self._gathered
        return min(1.0, sum(weight * weight for key, weight in example.features if key in known))

    def _best(self, scores: Sequence[float]) -> tuple[int, float]:
        """The likeliest value's place, and the log odds for it."""
        shares = self._shares(scores)
        best = max(range(len(shares)), key=shares.__getitem__)
        if self.field == "priority":
            # The thresholds decide, as they do for the urgency that is shown.
            best = sum(scores[0] * SCALE >= least for least in LEVELS)
        likely = min(max(shares[best], 1e-3), 1 - 1e-3)
        return best, math.log(likely / (1 - likely))

    def _shares(self, scores: Sequence[float]) -> list[float]:
        """The probability of each value."""
        if self.field == "category":
            top = max(scores)
            powers = [math.exp(score - top) for score in scores]
            return [power / sum(powers) for power in powers]
        above = [1.0, *(_logistic(scores[0] - least / SCALE) for least in LEVELS), 0.0]
        return [higher - lower for higher, lower in itertools.pairwise(above)]

    def _step(self, example: Example, label: int) -> None:
        gradient = self._gradient(self._scores(example), label)
        size = sum(part * part for part in gradient)
        for key, weight in example.features:
            gathered = self._gathered.get(key, 0.0) + size * weight * weight
            self._gathered[key] = gathered
            pace = RATE * weight / math.sqrt(SMOOTHING + gathered)
            row = self._weights.setdefault(key, [0.0] * self._width)
            for place, part in enumerate(gradient):
                row[place] -= pace * part
        self._bias_gathered += size
        pace = 3 * BIAS_RATE / math.sqrt(1 + self._bias_gathered)
        for place, part in enumerate(gradient):
            self._bias[place] -= pace * part

    def _gradient(self, scores: Sequence[float], label: int) -> list[float]:
        """Of the loss by the scores; rare values count more, by the square root."""
        total = sum(self._counts)
        rarity = math.sqrt(total / len(self._counts) / self._counts[label])
        rarity = min(rarity, MOST_IMBALANCE)
        if self.field == "category":
            shares = self._shares(scores)
            return [rarity * (share - (place == label)) for place, share in enumerate(shares)]
        doubts = (
            _logistic(scores[0] - least / SCALE) - (label > place)
            for place, least in enumerate(LEVELS)
        )
        return [rarity * sum(doubts)]

    # --- how sure ---

    def _signs(self, example: Example, best: int, margin: float) -> list[float]:
        agrees = self.values[best] == example.prior_value
        return [margin, 1.0, agrees - 0.5, self._familiarity(example) - 0.7]

    def _confidence(self, example: Example, best: int, margin: float) -> float:
        signs = self._signs(example, best, margin)
        told = _logistic(sum(a * b for a, b in zip(self._head, signs, strict=True)))
        return max(LEAST_CONFIDENCE, told)

    def _adjust_head(self, example: Example, best: int, margin: float, right: bool) -> None:
        signs = self._signs(example, best, margin)
        told = _logistic(sum(a * b for a, b in zip(self._head, signs, strict=True)))
        for place, sign in enumerate(signs):
            slope = (told - right) * sign
            self._head_gathered[place] += slope * slope
            pace = HEAD_RATE / math.sqrt(self._head_gathered[place] + HEAD_INERTIA)
            self._head[place] -= pace * slope

    # --- evidence ---

    def _evidence(
        self, title: str, description: str, best: int, scores: Sequence[float], example: Example
    ) -> Iterator[Evidence]:
        """The words that spoke most for the value, each place once."""
        found: list[tuple[float, str, int, int]] = []
        for field, text in (("title", title), ("description", description)):
            for name, weight, first, last in named(tokenise(text)):
                row = self._weights.get(slot(name))
                if row is not None:
                    pull = weight * self._pull(row, best, scores, example)
                    found.append((pull, field, first.start, last.end))
        taken: set[tuple[str, str]] = set()
        texts = {"title": title, "description": description}
        for pull, field, start, end in sorted(found, key=lambda entry: -entry[0]):
            quote = texts[field][start:end]
            if pull <= 0 or len(taken) == MAX_EVIDENCE:
                break
            if any(quote in other or other in quote for _field, other in taken):
                continue
            taken.add((field, quote))
            yield Evidence(self.field, field, quote, start, end)

    def _pull(
        self, row: Sequence[float], best: int, scores: Sequence[float], example: Example
    ) -> float:
        """How much these weights speak for the value against the others."""
        if self.field == "category":
            return row[best] - sum(row) / len(row)
        return row[0] if scores[0] >= example.start[0] else -row[0]

    # --- storing ---

    def dumps(self) -> bytes:
        """Everything, compressed; half precision is enough."""
        parts = [
            struct.pack("<BBI", FORMAT, self._width, self.seen),
            _packed([*self._bias, self._bias_gathered, *self._head, *self._head_gathered], "f"),
            _packed(self._counts, "I"),
            _packed([2 * known + learned for known, learned in self._judged], "B"),
            _packed(self._weights, "H"),
            _packed([self._gathered[key] for key in self._weights], "f"),
            _packed([value for row in self._weights.values() for value in row], "e"),
            struct.pack("<I", len(self._latest)),
        ]
        for example, label in self._latest:
            known = self.values.index(example.prior_value)
            parts += [
                struct.pack("<BB", label, known),
                _packed(example.start, "f"),
                _packed([key for key, _weight in example.features], "H"),
                _packed([weight for _key, weight in example.features], "e"),
            ]
        return zlib.compress(b"".join(parts))

    @classmethod
    def loads(cls, field: str, data: bytes) -> Learner:
        """What `dumps` gave. Raises ValueError for anything else."""
        learner = cls(field)
        try:
            learner._read(_Reader(zlib.decompress(data)))
        except (zlib.error, struct.error, IndexError) as error:
            raise ValueError(f"This is no {field} learner: {error}") from error
        return learner

    def _read(self, reader: _Reader) -> None:
        version, width, self.seen = reader.take("<BBI")
        if version != FORMAT or width != self._width:
            raise ValueError("This learner was stored by another version.")
        numbers = reader.array("f")
        self._bias = numbers[: self._width]
        self._bias_gathered = numbers[self._width]
        self._head = numbers[self._width + 1 : self._width + 5]
        self._head_gathered = numbers[self._width + 5 : self._width + 9]
        self._counts = reader.array("I")
        self._judged.extend((code >= 2, code % 2 == 1) for code in reader.array("B"))
        keys, gathered, values = reader.array("H"), reader.array("f"), reader.array("e")
        self._gathered = dict(zip(keys, gathered, strict=True))
        rows = (values[at : at + width] for at in range(0, len(values), width))
        self._weights = dict(zip(keys, rows, strict=True))
        (count,) = reader.take("<I")
        for _ in range(count):
            label, known = reader.take("<BB")
            start = reader.array("f")
            pairs = list(zip(reader.array("H"), reader.array("e"), strict=True))
            self._latest.append((Example(pairs, start, self.values[known]), label))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def array(self, kind: str) -> list:  # type: ignore[type-arg]
        (count,) = self.take("<I")
        return list(self.take(f"<{count}{kind}"))


def _packed(values: Iterable[float], kind: str) -> bytes:
    found = list(values)
    if kind == "e":
        found = [max(-60_000.0, min(60_000.0, value)) for value in found]
    return struct.pack(f"<I{len(found)}{kind}", len(found), *found)


def _log_shares(totals: dict[str, float], best: str, confidence: float) -> list[float]:
    """The lexicon's opinion as logarithms of probabilities: `confidence` for the best, the rest
    shared out among the others by how much speaks for them."""
    others = {name: totals.get(name, 0.0) + 1.0 for name in CATEGORIES if name != best}
    left = (1 - confidence) / sum(others.values())
    return [
        math.log(confidence) if name == best else math.log(left * others[name])
        for name in CATEGORIES
    ]


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _urgency(scores: Sequence[float]) -> int:
    return round(max(0.0, min(100.0, scores[0] * SCALE))) if len(scores) == 1 else 0
