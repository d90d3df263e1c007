"""The classifier answers from lexicon and encoder, or from what the desk has learned."""

import threading

import pytest

from tickets.tests.triage.test_learner import ODD, learn, trained
from tickets.triage.offline import classifier, estimate, lexicon_scores
from tickets.triage.offline.classifier import (
    LEARNED,
    RELOAD_INTERVAL,
    WARNING_INTERVAL,
    LearnerStore,
)
from tickets.triage.offline.encoders import choice, hashed_words
from tickets.triage.offline.learner import Learner
from tickets.triage.offline.reading import Reading
from tickets.vocabulary import CATEGORIES, DEFAULT_CATEGORY

UNKNOWN = "Flibber wobbles the zorblax"


def classify(text, learner, **options):
    answer = classifier.classify(text, learner=learner, **options)
    assert answer is not None
    return answer


# --- lexicon and encoder --------------------------------------------------------------


def test_each_value_names_what_decided_it(encoder):
    learner = trained(encoder, ODD, "billing", 4)
    answer = classify(ODD.format(9), learner)
    assert (answer.model, answer.priority_model) == (
        LEARNED,
        f"{lexicon_scores.VERSION}+{encoder.name}",
    )
    assert answer.category_like is not None
    assert answer.priority_like is None
    assert classify("My invoice", learner, lexicon_only=True).model == lexicon_scores.VERSION


def test_with_the_lexicon_only_nothing_else_answers(encoder):
    learner = trained(encoder, "Please refund invoice {}", "account", 5)
    assert classify("Please refund invoice 9", learner).category == "account"
    answer = classify("Please refund invoice 9", learner, lexicon_only=True)
    assert answer.category == "billing"
    score = classifier.score_sentiment("Please refund it", learner=learner, lexicon_only=True)
    assert score is not None
    assert (score.model, score.urgency_model) == (lexicon_scores.VERSION, lexicon_scores.VERSION)
    assert classifier.classify(UNKNOWN, lexicon_only=True) is None


def test_lexicon_and_encoder_are_weighed(encoder):
    """Where they agree, both together are more certain than each of them."""
    reading = Reading("", "Please refund my invoice, I was charged twice", encoder)
    at = CATEGORIES.index("billing")
    together = estimate.of(reading).category[at]
    assert together > reading.shares.category[at]
    assert together > max(estimate.of(Reading("", "refund")).category[at], 0.9)


def test_what_the_encoder_calls_an_emergency_remains_one():
    """No word of the lexicon stands in it."""
    text = "Niemand kan werken, het hele bedrijf ligt stil, de servers zijn weg!"
    reading = Reading("", text, choice.current())
    assert reading.of("urgency") == []
    assert estimate.of(reading).urgency > estimate.of(Reading("", text)).urgency + 15


@pytest.mark.parametrize("text", ["", " ", "?!", "12345", "flibber", "xyzzy plugh"])
def test_an_unknown_text_has_no_prediction(encoder, text):
    assert classifier.classify(text, learner=Learner(encoder)) is None
    assert classifier.score_sentiment(text, learner=Learner(encoder)) is None


@pytest.mark.parametrize(
    ("category", "priority", "expected"),
    [
        ("billing", "high", (False, False)),
        ("general", "medium", (True, False)),
        ("billing", "low", (False, True)),
    ],
)
def test_it_contradicts_only_what_is_clearly_wrong(encoder, category, priority, expected):
    text = "I was charged twice for the same invoice, please refund it."
    assert classifier.contradicts(text, "", category, priority) == expected
    assert classifier.contradicts("xyzzy plugh", "", category, priority) == (False, False)


def test_confirmed_tickets_contradict_a_model_too(encoder):
    learner = trained(encoder, "Please refund invoice {}", "account", 8)
    text = "Please refund invoice 9"
    assert classifier.contradicts(text, "", "billing", "medium", learner=learner)[0]
    assert not classifier.contradicts(text, "", "account", "medium", learner=learner)[0]


def test_a_confirmed_category_says_nothing_about_the_priority(encoder):
    """Nothing else is known of this text."""
    learner = trained(encoder, UNKNOWN + " {}", "billing", 8)
    text = f"{UNKNOWN} 9"
    assert not estimate.of(Reading("", text, encoder)).is_known
    assert classifier.contradicts(text, "", "account", "critical", learner=learner) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks to the whole team!",
        "Merci à toute l'équipe, vous êtes formidables",
        "Could you send us a statement about yesterday's outage? No hurry.",
    ],
)
def test_words_of_an_emergency_are_none_in_thanks_and_questions(text):
    answer = classify(text, Learner(choice.current()))
    assert answer.priority in ("low", "medium")


@pytest.mark.parametrize(
    ("text", "is_urgent"),
    [
        ("Qualcuno è entrato nel mio conto e ha rubato dei soldi", True),
        ("Un empleado se ha quemado con la máquina", True),
        ("ログインできません", True),
        ("qwerty uiop", None),
        ("Kim Miller", None),
    ],
)
def test_what_the_encoder_is_sure_of_counts_without_a_known_word(text, is_urgent):
    answer = classifier.classify(text, learner=Learner(choice.current()))
    assert (answer and answer.priority in ("high", "critical")) is is_urgent


# --- what the desk has learned --------------------------------------------------------


@pytest.mark.parametrize(("field", "value"), [("category", "account"), ("priority", "high")])
def test_what_nothing_else_knows_can_be_learned(encoder, field, value):
    assert classifier.classify("xyzzy plugh", learner=Learner(encoder)) is None
    learner = trained(encoder, "xyzzy plugh", value, 4, field)
    assert getattr(classify("xyzzy plugh", learner), field) == value


def test_a_learned_category_leaves_the_priority_to_the_estimate(encoder):
    text = f"{ODD.format(3)}, total outage, nobody can work!"
    fresh, learner = Learner(encoder), trained(encoder, ODD, "billing", 9)
    before, answer = classify(text, fresh), classify(text, learner)
    assert answer.priority == before.priority == "critical"
    assert answer.priority_confidence == before.priority_confidence
    score = classifier.score_sentiment(text, learner=learner)
    assert score == classifier.score_sentiment(text, learner=fresh)


def test_urgency_is_learned_with_the_priority(encoder):
    learner = trained(encoder, ODD, "critical", 5, "priority")
    score = classifier.score_sentiment(ODD.format(9), learner=learner)
    assert score is not None
    assert classify(ODD.format(9), learner).priority == "critical"
    assert lexicon_scores.priority(score.urgency_score) == "critical"
    assert {entry.decides for entry in score.evidence} <= {"sentiment"}
    assert (score.urgency_model, score.sentiment) == (LEARNED, "neutral")
    assert score.model == f"{lexicon_scores.VERSION}+{encoder.name}"  # sentiment is not learned


def test_a_confirmed_ticket_does_not_count_for_itself(encoder):
    learner = Learner(encoder)
    learn(learner, 12, "xyzzy plugh", "account")
    answer = classify("xyzzy plugh", learner)
    assert (answer.category, answer.category_like) == ("account", 12)
    assert classifier.classify("xyzzy plugh", learner=learner, without=12) is None


@pytest.fixture
def desk():
    """Let this process have learned this, as if loaded from the database."""
    learner = trained(choice.current(), ODD, "billing", 4)
    classifier.set_learner_loader(lambda encoder, current: learner if current is None else None)
    yield learner
    classifier.set_learner_loader(None)


def test_the_desks_learner_answers_by_default(desk):
    assert classifier.site_learner() is desk
    assert classify(ODD.format(9), None).category == "billing"


def test_a_learner_that_is_passed_replaces_the_desks(desk):
    other = trained(desk.encoder, ODD, "account", 4)
    assert classify(ODD.format(9), other).category == "account"
    answer = classifier.classify(ODD.format(9), learner=Learner(desk.encoder))
    assert answer is None or answer.category == DEFAULT_CATEGORY


# --- loading it -----------------------------------------------------------------------


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


class Desk:
    """What a desk has stored, and how often it was loaded."""

    def __init__(self, version=1):
        self.version, self.loads = version, 0

    def load(self, encoder, current):
        self.loads += 1
        if current is not None and current.version == self.version:
            return None
        return Learner(encoder, self.version)


@pytest.fixture
def clock():
    return Clock()


def test_without_a_source_nothing_was_learned():
    learner = LearnerStore().learner()
    assert (learner.encoder, learner.version) == (choice.current(), 0)


def test_it_reloads_every_two_seconds_at_most(clock):
    desk = Desk()
    store = LearnerStore(desk.load, clock)
    for _ in range(10):
        assert store.learner().version == 1
    assert desk.loads == 1
    desk.version = 2
    assert store.learner().version == 1
    clock.time += RELOAD_INTERVAL
    assert store.learner().version == 2


def test_while_nothing_changes_the_learner_stays(clock):
    desk = Desk()
    store = LearnerStore(desk.load, clock)
    first = store.learner()
    clock.time += RELOAD_INTERVAL
    assert store.learner() is first
    assert desk.loads == 2


def test_another_encoder_has_its_own_learner_at_once(clock, settings):
    store = LearnerStore(Desk().load, clock)
    assert store.learner().encoder is choice.current()
    settings.TRIAGE_ENCODER = False
    assert store.learner().encoder.name == hashed_words.NAME
    assert store.learner().version == 1


def test_a_failing_source_keeps_the_learner_and_warns_once_a_minute(clock, caplog):
    store = LearnerStore(Desk().load, clock)
    store.learner()

    def away(encoder, current):
        raise OSError("the database is away")

    store._load = away
    for _ in range(10):
        clock.time += RELOAD_INTERVAL
        assert store.learner().version == 1
    assert len(caplog.records) == 1
    assert "the database is away" in caplog.text
    clock.time += WARNING_INTERVAL
    store.learner()
    assert len(caplog.records) == 2


def test_other_threads_do_not_wait_for_a_reload():
    looking, go_on = threading.Event(), threading.Event()

    def slow(encoder, current):
        looking.set()
        go_on.wait(60)

    store = LearnerStore(slow)
    first = threading.Thread(target=store.learner)
    first.start()
    looking.wait(60)
    assert store.learner().version == 0  # at once, with what is there
    go_on.set()
    first.join()
