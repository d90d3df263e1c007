"""The stored heads are what the example tickets give, and can be fitted again."""

import math

import pytest

from tickets.triage.offline import estimate, fitting
from tickets.triage.offline.encoders import heads
from tickets.triage.offline.examples.reader import load_examples

EXAMPLES = load_examples()


@pytest.mark.parametrize("name", fitting.INPUTS)
def test_fitted_again_the_predictions_are_those_of_the_stored_heads(name, tmp_path, monkeypatch):
    stored, fitted = heads.load(name), fitting.fit(name)
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    heads.save(name, fitted)
    again = heads.load(name)
    assert (again.inputs, again.borders) == (stored.inputs, stored.borders)
    matrix, _inputs, _factors = fitting.INPUTS[name]([example.text for example in EXAMPLES])
    assert predictions(matrix, again) == predictions(matrix, stored)
    # Rounding the weights changes hardly any.
    exact = zip(predictions(matrix, fitted), predictions(matrix, stored), strict=True)
    assert sum(one != other for one, other in exact) < 0.01 * len(EXAMPLES)


def predictions(matrix, fitted):
    """Return category, priority and sentiment of each row."""
    import numpy

    weights = numpy.array(fitted.weights, dtype=numpy.float32)
    scores = (matrix @ weights[:-1] + weights[-1]).tolist()
    return [[part.index(max(part)) for part in heads.split(row)] for row in scores]


def test_the_regression_finds_the_shares_of_each_class():
    """Without any feature, the bias alone gives the classes' shares."""
    import numpy

    labels = [0] * 60 + [1] * 30 + [2] * 10
    weights = fitting.logistic_regression(numpy.zeros((100, 2)), labels, 3, 1e-3)
    shares = numpy.exp(weights[-1]) / numpy.exp(weights[-1]).sum()
    assert shares.tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.01)
    assert weights[:-1].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_the_regression_separates_classes():
    import numpy

    angles = numpy.arange(90) / 90 * 2 * math.pi
    matrix = numpy.stack([numpy.cos(angles), numpy.sin(angles)], axis=1)
    labels = [at // 30 for at in range(90)]
    weights = fitting.logistic_regression(matrix, labels, 3, 1e-4)
    chosen = (matrix @ weights[:-1] + weights[-1]).argmax(axis=1)
    assert (chosen == labels).mean() >= 0.95


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
