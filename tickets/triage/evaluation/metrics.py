"""The figures themselves: pure functions of right answers, given answers and confidences.

Shares are 0..1. A figure is None where nothing stands behind it, as the accuracy of no rows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..types import CALIBRATION_BINS as BINS
from ..types import CONFIDENT_FROM


class Judged(NamedTuple):
    """What was right, what was answered, and how sure: 0..1, or None for no opinion."""

    truth: str
    answer: str
    confidence: float | None = None

    @property
    def right(self) -> bool:
        return self.truth == self.answer


def share(flags: Iterable[bool]) -> float | None:
    """The share of those that hold."""
    counted = Counter(flags)
    total = counted[True] + counted[False]
    return counted[True] / total if total else None


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def accuracy(rows: Iterable[Judged]) -> float | None:
    return share(row.right for row in rows)


def macro_f1(rows: Sequence[Judged]) -> float | None:
    """The mean F1 of the labels that are the truth of some row, each counted alike."""
    hits = Counter(row.truth for row in rows if row.right)
    truths, answers = Counter(row.truth for row in rows), Counter(row.answer for row in rows)
    return mean([2 * hits[label] / (truths[label] + answers[label]) for label in truths])


def recall(rows: Iterable[Judged], label: str) -> float | None:
    """How many of those that are `label` were found."""
    return share(row.right for row in rows if row.truth == label)


def precision(rows: Iterable[Judged], label: str) -> float | None:
    """How many of those called `label` are."""
    return share(row.right for row in rows if row.answer == label)


def within_one(rows: Iterable[Judged], levels: Sequence[str]) -> float | None:
    """How many answers are the right level or one beside it."""
    place = {level: number for number, level in enumerate(levels)}
    return share(abs(place[row.truth] - place[row.answer]) <= 1 for row in rows)


def calibration_error(rows: Iterable[Judged]) -> float | None:
    """How far confidence and accuracy lie apart, over ten bins weighted by their sizes.

    Rows without a confidence have no part in it: who gives no opinion claims nothing. (Naeini
    and others, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015.)
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for row in rows:
        if row.confidence is not None:
            place = min(int(row.confidence * BINS), BINS - 1)
            bins[place].append((row.confidence, row.right))
    total = sum(len(found) for found in bins)
    gaps = (
        abs(math.fsum(confidence for confidence, _ in found) - sum(right for _, right in found))
        for found in bins
    )
    return math.fsum(gaps) / total if total else None


def sure(rows: Iterable[Judged], least: float = CONFIDENT_FROM) -> list[Judged]:
    """Those answered with at least this confidence."""
    return [row for row in rows if row.confidence is not None and row.confidence >= least]


def confusion(rows: Iterable[Judged]) -> dict[str, Counter[str]]:
    """How often each truth was answered by what: {truth: {answer: count}}."""
    table: dict[str, Counter[str]] = {}
    for row in rows:
        table.setdefault(row.truth, Counter())[row.answer] += 1
    return table


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """The rank correlation, -1..1; None when one side is the same throughout."""
    left = ranks([pair[0] for pair in pairs])
    right = ranks([pair[1] for pair in pairs])
    middle = (len(pairs) + 1) / 2
    above = [(one - middle, other - middle) for one, other in zip(left, right, strict=True)]
    spread = math.fsum(one * one for one, _ in above) * math.fsum(two * two for _, two in above)
    if not spread:
        return None
    together = math.fsum(one * other for one, other in above)
    return max(-1.0, min(1.0, together / math.sqrt(spread)))


def ranks(values: Sequence[float]) -> list[float]:
    """Each value's place in ascending order, from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        end = first
        while end < len(order) and values[order[end]] == values[order[first]]:
            end += 1
        for index in order[first:end]:
            found[index] = (first + 1 + end) / 2
        first = end
    return found


def mean_absolute_error(pairs: Sequence[tuple[float, float]]) -> float | None:
    return mean([abs(one - other) for one, other in pairs])


def percentile(values: Sequence[float], at: float) -> float | None:
    """The value below which the share `at` lies, between two values on the line that joins them.

    The same as PostgreSQL's `percentile_cont`.
    """
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * at
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))
