"""Where no word of the lexicon says why, the words are quoted that the encoder needs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.triage.offline import classifier
from tickets.triage.offline.encoders import choice
from tickets.triage.offline.evidence import MAX_EXCERPT_CHARS, MAX_PHRASES, MAX_SPANS, omissions
from tickets.triage.offline.reading import Reading
from tickets.vocabulary import CATEGORIES

ITALIAN = "La stampante non stampa più"
TEXTS = [
    ITALIAN,
    "私のアカウントにログインできません",
    "ฉันเข้าสู่ระบบไม่ได้",
    "배송은 언제 도착하나요?",
    "😀 e\u0300 42",
]


def quotes(reading, category):
    at = CATEGORIES.index(category)

    def score(vectors):
        return [shares.category[at] for shares in reading.encoder.shares(vectors)]

    return omissions(reading, "category", score)


@pytest.fixture
def read(encoder):
    return lambda text, title="": Reading(title, text, encoder)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("before", ["", "\U0001f468\u200d\U0001f469 ", "e\u0301a\u0300 "])
def test_the_positions_are_those_of_the_quotes(read, text, before):
    reading = read(before + text, title=text)
    for category in CATEGORIES:
        evidence = quotes(reading, category)
        assert len(evidence) <= MAX_PHRASES
        for entry in evidence:
            assert reading.texts[entry.field][entry.start : entry.end] == entry.text
            assert entry.text.strip() == entry.text != ""
            assert entry.decides == "category"


def test_the_phrase_that_counts_most_comes_first():
    reading = Reading("", f"Buongiorno, {ITALIAN} qui", choice.current())
    assert quotes(reading, "technical")[0].text == "stampante non stampa"


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("zorblax", ["zorblax"]),
        ("zorblax and quibbit", ["zorblax", "quibbit"]),
        ("zorblax quibbit, vorp", ["zorblax quibbit", "vorp"]),
        ("zorblax quibbit vorp flim 42", ["zorblax quibbit vorp", "flim"]),
        ("zorblax 印刷できません", ["zorblax", "印刷", "できません"]),
        ("zorblax 프린터가 고장", ["zorblax 프린터가 고장"]),
    ],
)
def test_phrases_end_at_words_that_mean_nothing_and_at_the_end_of_a_clause(read, text, phrases):
    evidence = omissions(read(text), "category", lambda vectors: [1, *([0.5] * len(vectors[1:]))])
    assert [entry.text for entry in evidence] == phrases


def test_all_questions_about_a_text_share_one_batch(encoder):
    batches = []

    class Counting:
        def vectors(self, texts):
            batches.append(texts)
            return encoder.vectors(texts)

        def shares(self, vectors):
            return encoder.shares(vectors)

    counting = Counting()
    for category in CATEGORIES:
        quotes(Reading("", "Zorblax, quibbit", counting), category)
    assert len(batches) == 1


def test_title_and_description_are_both_looked_at():
    by_meaning = Reading(ITALIAN, "Buongiorno a tutti", choice.current())
    assert "title" in {entry.field for entry in quotes(by_meaning, "technical")}


def test_scripts_without_spaces_are_quoted_by_their_runs():
    text = "私のアカウントにログインできません"
    evidence = quotes(Reading("", text, choice.current()), "account")
    runs = {"私", "アカウント", "ログイン", "できません"}
    assert {entry.text for entry in evidence} & {"アカウント", "ログイン"}
    assert {entry.text for entry in evidence} <= runs


def test_nothing_is_quoted_for_a_medium_priority():
    answer = classifier.classify(ITALIAN)
    assert answer is not None
    assert answer.priority == "medium"
    assert {entry.decides for entry in answer.evidence} == {"category"}


def test_a_single_word_is_all_the_evidence(read):
    [entry] = quotes(read("Stampante!"), "technical")
    assert (entry.text, entry.start, entry.end) == ("Stampante", 0, 9)


@pytest.mark.parametrize("text", ["", "  ", "?!", "42 1999", "a b", "the and of"])
def test_without_a_word_that_means_something_there_is_none(read, text):
    assert quotes(read(text), "billing") == ()


def test_words_that_change_nothing_are_no_evidence(read):
    reading = read(ITALIAN)
    assert omissions(reading, "category", lambda vectors: [0.5] * len(vectors)) == ()


def test_only_the_beginning_of_a_long_text_is_looked_at(read):
    calls = []

    def score(vectors):
        calls.append(len(vectors))
        return [1.0, *(0.5 for _ in vectors[1:])]

    evidence = omissions(read("zorblax, " * 1000), "category", score)
    assert max(entry.end for entry in evidence) <= MAX_EXCERPT_CHARS
    assert calls == [1 + MAX_SPANS]


def test_words_of_the_lexicon_go_first():
    answer = classifier.classify("Stampante refund")
    assert answer is not None
    assert [e.text for e in answer.evidence if e.decides == "category"] == ["refund"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=40))
def test_any_text_has_exact_quotes(description, title):
    reading = Reading(title, description, choice.current())
    for entry in quotes(reading, "technical"):
        assert reading.texts[entry.field][entry.start : entry.end] == entry.text != ""
