"""The stored heads are what the example tickets give, and can be fitted again."""

import math

import pytest

from tickets.triage.offline import estimate, fitting
from tickets.triage.offline.encoders import heads
from tickets.triage.offline.examples.reader import load_examples

EXAMPLES = load_examples()


@pytest.mark.parametrize("name", fitting.INPUTS)
def test_fitted_again_the_predictions_are_those_of_the_stored_heads(name, tmp_path, monkeypatch):
    stored, fresh = heads.load(name), fitting.fit(name)
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    heads.save(name, fresh)
    again = heads.load(name)
    assert (again.inputs, again.borders) == (stored.inputs, stored.borders)
    matrix = fitting.example_inputs(name).matrix
    assert predictions(matrix, again) == predictions(matrix, stored)
    # Rounding the weights changes hardly any.
    exact = zip(predictions(matrix, fresh), predictions(matrix, stored), strict=True)
    assert sum(one != other for one, other in exact) < 0.01 * len(EXAMPLES)


def predictions(matrix, each):
    """Return category, priority and sentiment of each row."""
    import numpy

    weights = numpy.array(each.weights, dtype=numpy.float32)
    scores = (matrix @ weights[:-1] + weights[-1]).tolist()
    return [[part.index(max(part)) for part in heads.split(row)] for row in scores]


def fitted(matrix, labels, decay, is_counted=None):
    [weights] = fitting.logistic_regressions(
        matrix, [fitting.Question(labels, 3, decay, is_counted)]
    )
    return weights


def test_the_regression_finds_the_shares_of_each_class():
    """Without any feature, the bias alone gives the classes' shares."""
    import numpy

    labels = [0] * 60 + [1] * 30 + [2] * 10
    weights = fitted(numpy.zeros((100, 2)), labels, 1e-3)
    shares = numpy.exp(weights[-1]) / numpy.exp(weights[-1]).sum()
    assert shares.tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.01)
    assert weights[:-1].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_the_regression_separates_classes():
    import numpy

    angles = numpy.arange(90) / 90 * 2 * math.pi
    matrix = numpy.stack([numpy.cos(angles), numpy.sin(angles)], axis=1)
    labels = [at // 30 for at in range(90)]
    weights = fitted(matrix, labels, 1e-4)
    chosen = (matrix @ weights[:-1] + weights[-1]).argmax(axis=1)
    assert (chosen == labels).mean() >= 0.95


def test_regressions_side_by_side_are_those_by_themselves():
    import numpy

    random = numpy.random.default_rng(1)
    matrix = random.standard_normal((60, 8))
    matrix /= numpy.linalg.norm(matrix, axis=1, keepdims=True)
    labels, is_counted = random.integers(0, 3, 60), numpy.arange(60) % 5 > 0
    questions = [
        fitting.Question(labels, 3, 1e-3),
        fitting.Question(labels % 2, 2, 1e-2),
        fitting.Question(labels, 3, 1e-4, is_counted),
    ]
    first, second, third = fitting.logistic_regressions(matrix, questions)
    assert first == pytest.approx(fitted(matrix, labels, 1e-3))
    assert second.shape == (9, 2)
    # What is not counted might as well be absent.
    assert third == pytest.approx(fitted(matrix[is_counted], labels[is_counted], 1e-4))


def test_to_miss_what_is_urgent_is_worse_than_a_false_alarm():
    import numpy

    values = numpy.array([30.0, 40.0, 50.0, 60.0])
    is_above = numpy.array([False, True, False, True])
    even = numpy.ones(4)
    assert 30 <= fitting._best_border(values, is_above, even, 2) < 40
    rare = numpy.array([1.0, 0.1, 1.0, 1.0])  # what is rare on a desk counts less
    assert 50 <= fitting._best_border(values, is_above, rare, 2) < 60
    assert 30 <= fitting._best_border(values, is_above, rare, 20) < 40


def test_an_urgency_is_the_mean_of_what_the_shares_stand_for():
    assert estimate.encoded_urgency([1, 0, 0, 0]) == estimate.PRIORITY_URGENCY[0]
    assert estimate.encoded_urgency([0, 0.5, 0.5, 0]) == pytest.approx((48 + 73) / 2)
