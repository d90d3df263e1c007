"""Sentence vectors at one byte a number."""

import numpy
import pytest

from tickets.triage.offline.encoders import choice
from tickets.triage.offline.encoders.pool import Form

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
    vectors = numpy.array([encoder.vector(text) for text in TEXTS[:2]])
    cosines = pool.nearest(vectors[0], 2)
    assert set(cosines) == {10, 11}
    query, other = encoder._form.taken_from(vectors)
    assert cosines[10] == pytest.approx(1, abs=0.005)
    assert cosines[11] == pytest.approx(float(query @ other), abs=0.005)


def test_form_is_the_mean_and_what_is_longer():
    form = Form(numpy, mean=[0.2, 0.0, 0.1], length=[0.0, 2.0, 0.0])
    vectors = numpy.array([[0.5, 0.9, 0.5], [0.2, 0.7, -0.3], [0.2, 0.4, 0.1]], dtype="f4")
    meaning = form.taken_from(vectors)
    assert meaning == pytest.approx(numpy.array([[0.6, 0, 0.8], [0, 0, -1], [0, 0, 0]]), abs=1e-5)
    assert vectors[0, 1] == pytest.approx(0.9)  # what was given stays as it was


def test_a_mail_about_the_same_is_nearer_than_a_query_about_something_else(encoder):
    query = "zu unrecht gesperrt, kein cheat benutzt"
    mail = (
        "Recebi um e-mail a dizer que fui suspenso para sempre por usar bots. Não uso nada disso,"
        " só jogo muitas horas. Peço que revejam a decisão, por favor."
    )
    other = "vol annulé par vous, remboursement toujours pas arrivé"
    vector, *both = encoder.vectors([query, mail, other])
    assert vector @ both[0] < vector @ both[1]
    pool = encoder.pool()
    pool.put((number, encoder.pack(each)) for number, each in enumerate(both))
    assert set(pool.nearest(vector, 1)) == {0}


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
