"""The metrics: pure functions of right values, predicted values and confidences.

Shares are 0..1. A metric is None without data, such as the accuracy of no rows.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...vocabulary import CALIBRATION_BINS, CONFIDENT_FROM

SEED, DRAWS, RESAMPLES = 1, 50, 400


class Judged(NamedTuple):
    """A right value, the predicted value, and the confidence (0..1, or None without one)."""

    truth: str
    answer: str
    confidence: float | None = None

    @property
    def right(self) -> bool:
        return self.truth == self.answer


def share(flags: Iterable[bool]) -> float | None:
    """Return the share of those that are True."""
    counted = Counter(flags)
    total = counted[True] + counted[False]
    return counted[True] / total if total else None


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def accuracy(rows: Iterable[Judged]) -> float | None:
    return share(row.right for row in rows)


def macro_f1(rows: Sequence[Judged]) -> float | None:
    """Return the mean F1 of the labels that are right for some row, with equal weights."""
    hits = Counter(row.truth for row in rows if row.right)
    truths, answers = Counter(row.truth for row in rows), Counter(row.answer for row in rows)
    return mean([2 * hits[label] / (truths[label] + answers[label]) for label in truths])


def recall(rows: Iterable[Judged], label: str) -> float | None:
    """Return the share of the rows of `label` that were predicted as such."""
    return share(row.right for row in rows if row.truth == label)


def precision(rows: Iterable[Judged], label: str) -> float | None:
    """Return the share of the rows predicted as `label` that are right."""
    return share(row.right for row in rows if row.answer == label)


def within_one(rows: Iterable[Judged], levels: Sequence[str]) -> float | None:
    """Return the share of predictions that are the right level or one next to it."""
    index = {level: number for number, level in enumerate(levels)}
    return share(abs(index[row.truth] - index[row.answer]) <= 1 for row in rows)


def calibration_error(rows: Iterable[Judged]) -> float | None:
    """Return the mean difference of confidence and accuracy over ten bins, weighted by size.

    Rows without a confidence are left out. Source: Naeini et al., "Obtaining Well Calibrated
    Probabilities Using Bayesian Binning", 2015.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(CALIBRATION_BINS)]
    for row in rows:
        if row.confidence is not None:
            number = min(int(row.confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)
            bins[number].append((row.confidence, row.right))
    total = sum(len(entries) for entries in bins)
    gaps = (
        abs(math.fsum(confidence for confidence, _ in entries) - sum(right for _, right in entries))
        for entries in bins
    )
    return math.fsum(gaps) / total if total else None


def calibration_floor(rows: Iterable[Judged]) -> float | None:
    """Return the calibration error that perfect confidences would show on so many rows.

    Each row is drawn as right as often as its confidence says, and the mean of many draws taken.
    """
    confidences = [row.confidence for row in rows if row.confidence is not None]
    chance = random.Random(SEED)  # noqa: S311  # nosec B311  # resampling protects nothing
    errors = []
    for _ in range(DRAWS):
        drawn = [
            Judged("right", "right" if chance.random() < confidence else "wrong", confidence)
            for confidence in confidences
        ]
        errors.append(calibration_error(drawn) or 0.0)
    return mean(errors) if confidences else None


def resampled_interval(sources: Sequence[Sequence[bool]]) -> tuple[float, float] | None:
    """Return the 95% interval of the mean accuracy over sources, each counting alike.

    `sources` has a flag for each row of each source. The rows of a source are drawn again with
    replacement (Efron, "Bootstrap Methods", 1979); the sources stay the same.
    """
    if not sources or not all(sources):
        return None
    chance = random.Random(SEED)  # noqa: S311  # nosec B311  # resampling protects nothing
    means = []
    for _ in range(RESAMPLES):
        shares = [sum(chance.choices(flags, k=len(flags))) / len(flags) for flags in sources]
        means.append(math.fsum(shares) / len(shares))
    means.sort()
    return means[round(0.025 * (RESAMPLES - 1))], means[round(0.975 * (RESAMPLES - 1))]


def confident(rows: Iterable[Judged], threshold: float = CONFIDENT_FROM) -> list[Judged]:
    """Return the rows predicted with at least this confidence."""
    return [row for row in rows if row.confidence is not None and row.confidence >= threshold]


def confusion(rows: Iterable[Judged]) -> dict[str, Counter[str]]:
    """Return how often each value was predicted as which: {truth: {answer: count}}."""
    table: dict[str, Counter[str]] = {}
    for row in rows:
        table.setdefault(row.truth, Counter())[row.answer] += 1
    return table


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the rank correlation, -1..1; None if all values of one side are equal."""
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
    """Return each value's rank in ascending order, from 1; equal values share their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    first = 0
    while first < len(order):
        end = first
        while end < len(order) and values[order[end]] == values[order[first]]:
            end += 1
        for index in order[first:end]:
            result[index] = (first + 1 + end) / 2
        first = end
    return result


def mean_absolute_error(pairs: Sequence[tuple[float, float]]) -> float | None:
    return mean([abs(one - other) for one, other in pairs])


def percentile(values: Sequence[float], at: float) -> float | None:
    """Return the percentile `at` (0..1), interpolated like PostgreSQL's `percentile_cont`."""
    if not values:
        return None
    ordered = sorted(values)
    position = (len(ordered) - 1) * at
    low, high = ordered[math.floor(position)], ordered[math.ceil(position)]
    return low + (high - low) * (position - math.floor(position))
