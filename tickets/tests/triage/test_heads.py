"""The weights of the encoders' heads come back from their files as they were."""

import pytest

from tickets.triage.offline.encoders import hashed_words, heads, sentences
from tickets.triage.offline.encoders.heads import WIDTH, Heads

NAMES = [sentences.NAME, hashed_words.NAME]
MANY = Heads(
    borders=[30.0, 50.5, 70.0],
    inputs=[0, 7, 16_383],
    weights=[[(row - 1.5) * (column + 1) / 7 for column in range(WIDTH)] for row in range(4)],
    input_factors=[0.5, 1.25, 9.0],
    mean=[0.1, -0.04, 0.0],
    length=[0.6, 0.0, -0.8],
)
NONE = Heads([1.0, 2.0, 3.0], [], weights=[[0.0] * WIDTH], input_factors=[], mean=[], length=[])


@pytest.mark.parametrize("stored", [MANY, NONE], ids=["many", "none"])
def test_what_is_saved_is_loaded(stored, tmp_path, monkeypatch):
    monkeypatch.setattr(heads, "FOLDER", tmp_path)
    heads.save("any", stored)
    loaded = heads.load("any")
    assert (loaded.borders, loaded.inputs) == (stored.borders, stored.inputs)
    assert loaded.input_factors == pytest.approx(stored.input_factors, rel=0.01, abs=0.05)
    assert loaded.mean == pytest.approx(stored.mean, abs=0.001)
    assert loaded.length == pytest.approx(stored.length, abs=0.005)
    for row, expected in zip(loaded.weights, stored.weights, strict=True):
        assert row == pytest.approx(expected, abs=max(map(abs, stored.weights[-1])) / 120)
    heads.save("again", loaded)
    again = heads.load("again")
    assert again.inputs == loaded.inputs
    assert again.weights[0] == pytest.approx(loaded.weights[0], rel=0.03)


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_heads_fit_together(name):
    stored = heads.load(name)
    assert {len(row) for row in stored.weights} == {WIDTH}
    assert len(stored.inputs) == len(stored.input_factors)
    rows = sentences.SIZE if name == sentences.NAME else len(stored.inputs)
    assert len(stored.weights) == rows + 1
    assert len(stored.mean) == len(stored.length) == (rows if name == sentences.NAME else 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_heads_are_small(name):
    assert (heads.FOLDER / f"{name}.json").stat().st_size < 200_000


def test_outputs_are_divided_by_field():
    category, priority, sentiment = heads.split(range(WIDTH))
    assert (category, priority, sentiment) == ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11])
