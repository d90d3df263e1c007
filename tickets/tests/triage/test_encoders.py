"""The encoders: what every one of them promises, and that one of them knows meanings."""

import math
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.triage.offline.encoders import choice
from tickets.triage.offline.encoders.base import MAX_CHARS, Shares, prepare
from tickets.triage.offline.encoders.hashed_words import MAX_KEPT, WordEncoder
from tickets.vocabulary import CATEGORIES, PRIORITIES, SENTIMENTS

TEXTS = [
    "Please refund invoice 7, I was charged twice.",
    "La aplicación no abre desde ayer",
    "I forgot my password and my account is locked.",
    "請求書の住所を変更したいです。",
    "Wann öffnet das Geschäft in Köln?",
]


def cosine(encoder, one, other):
    """Return the cosine of two texts, as the encoder's index sees it."""
    index = encoder.index()
    index.add(encoder.vector(one))
    return dict(index.nearest(encoder.vector(other), 1)).get(0, 0.0)


# --- every encoder --------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_a_vector_has_length_1(encoder, text):
    assert cosine(encoder, text, text) == pytest.approx(1, abs=1e-5)


def test_the_same_text_has_the_same_vector(encoder):
    first = [encoder.pack(encoder.vector(text)) for text in TEXTS]
    encoder.vector.cache_clear()
    assert [encoder.pack(encoder.vector(text)) for text in TEXTS] == first


def test_several_texts_have_the_vectors_that_each_has_alone(encoder):
    texts = [*TEXTS, TEXTS[0] * 20, *TEXTS * 8]
    for text, vector in zip(texts, encoder.vectors(texts), strict=True):
        index = encoder.index()
        index.add(vector)
        [(_at, same)] = index.nearest(encoder.vector(text), 1)
        assert same == pytest.approx(1, abs=1e-5)
    assert encoder.vectors([]) == []


LONG = " ".join(f"{number:x}" for number in range(7**6, 7**6 + 10**7, 40_009))


@pytest.mark.parametrize("text", [*TEXTS, pytest.param(LONG, id="long")])
def test_a_packed_vector_is_short_and_its_own_nearest(encoder, text):
    data = encoder.pack(encoder.vector(text))
    assert len(data) <= 1024
    index = encoder.index()
    index.add(encoder.unpack(data))
    [(_at, same)] = index.nearest(encoder.vector(text), 1)
    assert same == pytest.approx(1, abs=1e-3)
    assert encoder.pack(encoder.unpack(data))[:100] == data[:100]


def test_other_bytes_are_refused(encoder):
    data = encoder.pack(encoder.vector(TEXTS[0]))
    for wrong in (data[:-1], data + b"x", data[:-2] + b"\xff\xff", b"nonsense!"):
        with pytest.raises(ValueError):
            encoder.unpack(wrong)


@pytest.mark.parametrize(
    "text",
    ["", " ", "!!!", "\x00", "\ud800 \udfff", "refund \ud83d", "x" * 10**6, "refund " * 150_000],
    ids=lambda text: f"{text[:9]!r}",
)
def test_any_text_has_a_vector_soon(encoder, text):
    started = time.perf_counter()
    vector = encoder.unpack(encoder.pack(encoder.vector(text)))
    [shares] = encoder.shares([vector])
    assert time.perf_counter() - started < 5  # usually a few milliseconds
    assert sum(shares.category) == pytest.approx(1)


@given(st.text())
def test_what_is_encoded_is_short_and_valid(text):
    prepared = prepare(text * 40)
    assert len(prepared) <= MAX_CHARS
    prepared.encode("utf-8")


def test_characters_that_become_many_are_counted_as_many():
    prepared = prepare("\ufdfa" * 999)  # 18 letters each, once an encoder has normalised them
    assert len(unicodedata.normalize("NFKC", prepared)) <= MAX_CHARS


def test_the_end_of_a_long_text_counts(encoder):
    text = "Hello, a word about our garden. " * 100
    assert cosine(encoder, text, f"{text} Refund my invoice!") < 0.9999


def test_threads_get_the_vectors_of_their_texts(encoder):
    alone = {text: encoder.pack(encoder.vector(text)) for text in TEXTS}
    encoder.vector.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        texts = TEXTS * 10
        packed = pool.map(lambda text: encoder.pack(encoder.vector(text)), texts)
    assert dict(zip(texts, packed, strict=True)) == alone


def test_shares_of_each_field_add_up_to_1(encoder):
    for shares in encoder.shares(encoder.vectors(TEXTS)):
        for values, of_field in zip((CATEGORIES, PRIORITIES, SENTIMENTS), shares, strict=True):
            assert len(of_field) == len(values)
            assert math.fsum(of_field) == pytest.approx(1)


def test_borders_of_the_urgency_rise(encoder):
    assert list(encoder.borders) == sorted(set(encoder.borders))
    assert len(encoder.borders) == len(PRIORITIES) - 1


def test_each_encoder_suggests_the_category_of_a_clear_ticket(encoder):
    clear = {"technical": TEXTS[1], "account": TEXTS[2], "billing": TEXTS[0]}
    for category, text in clear.items():
        [shares] = encoder.shares([encoder.vector(text)])
        assert CATEGORIES[shares.category.index(max(shares.category))] == category


# --- the index ------------------------------------------------------------------------


def test_the_index_finds_the_nearest_first(encoder):
    index = encoder.index()
    for vector in encoder.vectors(TEXTS):
        index.add(vector)
    at, _cosine = index.nearest(encoder.vector("my account is locked"), 3)[0]
    assert TEXTS[at] == TEXTS[2]
    cosines = [cosine for _at, cosine in index.nearest(encoder.vector(TEXTS[0]), 10)]
    assert cosines == sorted(cosines, reverse=True)
    assert len(index.nearest(encoder.vector(TEXTS[0]), 1)) == 1


def test_the_index_grows(encoder):
    index = encoder.index()
    for number in range(300):
        index.add(encoder.vector(f"{TEXTS[number % 2]} {number}"))
    assert index.nearest(encoder.vector(f"{TEXTS[0]} 298"), 1)[0][0] == 298


def test_an_empty_index_finds_nothing(encoder):
    assert encoder.index().nearest(encoder.vector(TEXTS[0]), 8) == []


# --- each of them ---------------------------------------------------------------------

SAME_MEANING = [
    ("I forgot my password", "Ich habe mein Passwort vergessen"),
    ("Where is my parcel?", "Où est mon colis ?"),
    ("Please refund my invoice", "Por favor, reembolse mi factura"),
    ("The app does not open", "アプリが開きません"),
]


@pytest.mark.parametrize(("one", "other"), SAME_MEANING)
def test_the_same_in_two_languages_is_near(one, other):
    encoder = choice.current()
    assert cosine(encoder, one, other) > 0.6
    for _one, different in SAME_MEANING:
        if different != other:
            assert cosine(encoder, one, different) < cosine(encoder, one, other) - 0.2


# A parcel that has not come, twice in other words, and a forgotten password.
UNREAD = {
    "Hindi": (
        "मेरा ऑर्डर कहाँ है? यह अभी तक नहीं आया।",
        "मेरा ऑर्डर अभी तक नहीं आया है, वह कहाँ है?",
        "मैं अपना पासवर्ड भूल गया और लॉगिन नहीं कर सकता।",
    ),
    "Hebrew": (
        "איפה ההזמנה שלי? היא עדיין לא הגיעה.",
        "ההזמנה שלי עדיין לא הגיעה, איפה היא?",
        "שכחתי את הסיסמה ואני לא יכול להתחבר.",
    ),
    "Bengali": (
        "আমার অর্ডার কোথায়? এটি এখনও আসেনি।",
        "আমার অর্ডার এখনও আসেনি, এটি কোথায়?",
        "আমি পাসওয়ার্ড ভুলে গেছি এবং লগইন করতে পারছি না।",
    ),
    "Georgian": (
        "სად არის ჩემი შეკვეთა? ჯერ არ მოსულა.",
        "ჩემი შეკვეთა ჯერ არ მოსულა, სად არის?",
        "დამავიწყდა პაროლი და ვერ შევდივარ.",
    ),
    "Vietnamese": (
        "Đơn hàng của tôi ở đâu? Nó vẫn chưa đến.",
        "Đơn hàng của tôi vẫn chưa đến, nó ở đâu?",
        "Tôi quên mật khẩu và không thể đăng nhập.",
    ),
}


@pytest.mark.parametrize("texts", UNREAD.values(), ids=UNREAD)
def test_languages_that_it_cannot_read_are_compared_by_their_words(texts):
    encoder, (parcel, same_parcel, password) = choice.current(), texts
    assert cosine(encoder, parcel, same_parcel) > 0.75
    assert cosine(encoder, parcel, password) < 0.5


@pytest.mark.parametrize("text", TEXTS)
def test_languages_that_it_reads_are_compared_by_meaning_alone(text):
    assert choice.current()._unreadable(text) == 0


@pytest.mark.parametrize("text", TEXTS)
def test_capitals_change_nothing(encoder, text):
    assert cosine(encoder, text.upper(), text.lower()) == pytest.approx(1, abs=0.01)


def test_an_index_of_words_keeps_few_features_of_a_long_text():
    encoder = WordEncoder()
    index = encoder.index()
    index.add(encoder.vector(LONG))
    assert len(encoder.vector(LONG)) > 5 * MAX_KEPT
    assert sum(map(len, index._postings.values())) == MAX_KEPT


def test_words_without_a_weight_suggest_nothing():
    encoder = WordEncoder()
    empty, unknown = encoder.shares([encoder.vector(""), encoder.vector("qq")])
    assert isinstance(empty, Shares)
    assert empty.category == pytest.approx(unknown.category, abs=0.02)
