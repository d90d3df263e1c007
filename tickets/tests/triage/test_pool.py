"""Sentence vectors at one byte a number."""

import pytest

from tickets.triage.offline.encoders import choice

TEXTS = [
    "I forgot my password.",
    "Ich habe mein Passwort vergessen.",
    "The invoice of March is wrong.",
    "Mon colis n'est pas arrivé.",
]


@pytest.fixture
def encoder():
    encoder = choice.current()
    assert encoder.pool() is not None
    return encoder


@pytest.fixture
def pool(encoder):
    pool = encoder.pool()
    pool.put((10 + at, encoder.pack(encoder.vector(text))) for at, text in enumerate(TEXTS))
    return pool


def test_the_nearest_are_found_with_nearly_their_cosine(encoder, pool):
    vector = encoder.vector(TEXTS[0])
    cosines = pool.nearest(vector, 2)
    assert set(cosines) == {10, 11}
    for at in (10, 11):
        exact = float(encoder.vector(TEXTS[at - 10]) @ vector)
        assert cosines[at] == pytest.approx(exact, abs=0.005)


def test_a_vector_takes_the_place_of_an_earlier_one(encoder, pool):
    pool.put([(10, encoder.pack(encoder.vector(TEXTS[3])))])
    assert len(pool) == 4
    assert set(pool.nearest(encoder.vector(TEXTS[3]), 2)) == {10, 13}


def test_all_but_some_are_forgotten(encoder, pool):
    pool.keep({11, 13, 99})
    assert len(pool) == 2
    assert 10 not in pool
    assert set(pool.nearest(encoder.vector(TEXTS[0]), 10)) == {11, 13}
    pool.put([(20, encoder.pack(encoder.vector(TEXTS[2])))])
    assert set(pool.nearest(encoder.vector(TEXTS[2]), 1)) == {20}


def test_an_empty_pool_has_nothing(encoder):
    assert encoder.pool().nearest(encoder.vector("x"), 5) == {}


def test_many_vectors_grow_the_pool(encoder):
    pool, packed = encoder.pool(), encoder.pack(encoder.vector(TEXTS[0]))
    for start in range(0, 5000, 500):
        pool.put((number, packed) for number in range(start, start + 500))
    assert len(pool) == 5000
    assert len(pool.nearest(encoder.vector(TEXTS[0]), 5000)) == 5000


def test_the_encoder_by_words_has_none(settings):
    settings.TRIAGE_ENCODER = False
    assert choice.current().pool() is None
