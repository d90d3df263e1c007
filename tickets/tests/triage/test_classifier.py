"""The classifier answers from the lexicon or from what the site has learned."""

import threading

import pytest

from tickets.triage.offline import classifier, prior
from tickets.triage.offline.classifier import (
    LEARNED,
    RELOAD_INTERVAL,
    WARNING_INTERVAL,
    LearnerStore,
)
from tickets.triage.offline.learner import Learner, TrainingExample
from tickets.vocabulary import LEARNED_FIELDS

ODD = "The zorblax of {} hums"
UNKNOWN = ODD.format(99)


def learner(field, value, count=4):
    return Learner.trained(field, (TrainingExample("", ODD.format(n), value) for n in range(count)))


@pytest.fixture
def site():
    """Let this process have learned this, as if loaded from the database."""
    rows = {"category": (1, learner("category", "billing").dumps())}
    classifier.set_learner_loader(lambda field, known: rows.get(field) if known == 0 else None)
    yield rows
    classifier.set_learner_loader(None)


def test_the_sites_learners_answer_by_default(site):
    answer = classifier.classify(ODD.format(9))
    assert answer is not None
    assert (answer.category, answer.model) == ("billing", LEARNED)
    assert set(classifier.site_learners()) == {"category"}


def test_learners_that_are_passed_replace_the_sites(site):
    other = classifier.classify(
        ODD.format(9), learners={"category": learner("category", "account")}
    )
    assert other is not None
    assert other.category == "account"
    lexicon = classifier.classify(ODD.format(9), learners={})
    assert lexicon is None or lexicon.model == prior.VERSION


@pytest.mark.parametrize("field", LEARNED_FIELDS)
def test_what_the_lexicon_does_not_know_can_be_learned(field):
    value = {"category": "account", "priority": "high"}[field]
    assert classifier.classify(UNKNOWN, learners={}) is None
    answer = classifier.classify(UNKNOWN, learners={field: learner(field, value, 8)})
    assert answer is not None
    assert getattr(answer, field) == value
    assert {entry.decides for entry in answer.evidence} == {field}


def test_an_unknown_text_has_no_prediction():
    learners = {"category": learner("category", "account")}
    assert classifier.classify("flibber", learners=learners) is None
    assert classifier.score_sentiment("flibber", learners=learners) is None


def test_urgency_is_learned_with_the_priority():
    learners = {"priority": learner("priority", "critical", 8)}
    score = classifier.score_sentiment(UNKNOWN, learners=learners)
    answer = classifier.classify(UNKNOWN, learners=learners)
    assert score is not None
    assert answer is not None
    assert answer.priority == "critical"
    assert prior.priority(score.urgency_score) == "critical"
    assert score.evidence
    assert {entry.decides for entry in score.evidence} == {"sentiment"}
    assert (score.urgency_model, score.sentiment) == (LEARNED, "neutral")
    assert score.model == prior.VERSION  # sentiment is not learned


def test_each_value_names_the_model_that_decided_it():
    learners = {"category": learner("category", "billing", 8)}
    answer = classifier.classify(f"{UNKNOWN} Nobody can work!", learners=learners)
    assert answer is not None
    assert (answer.model, answer.priority_model) == (LEARNED, prior.VERSION)


def test_a_learned_category_leaves_the_priority_to_the_lexicon():
    text = f"{ODD.format(3)}, total outage, nobody can work!"
    lexicon = classifier.classify(text, learners={})
    answer = classifier.classify(text, learners={"category": learner("category", "billing", 9)})
    assert lexicon is not None
    assert answer is not None
    assert (answer.priority, answer.priority_confidence) == (
        lexicon.priority,
        lexicon.priority_confidence,
    )
    score = classifier.score_sentiment(
        text, learners={"category": learner("category", "billing", 9)}
    )
    assert score == classifier.score_sentiment(text, learners={})


# --- what the site has learned ---


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


class Site:
    """What a site has stored, and how often it was loaded."""

    def __init__(self, **rows):
        self.rows, self.looks = rows, 0

    def load(self, field, known_version):
        self.looks += 1
        row = self.rows.get(field)
        return row if row and row[0] != known_version else None


def stored_learner(count=1):
    learner = Learner("category")
    for number in range(count):
        learner.learn("", f"The zorblax number {number} hums", "billing")
    return learner.dumps()


def test_without_a_source_there_are_no_learners():
    assert LearnerStore().learners() == {}


def test_it_loads_what_the_site_has_learned():
    site = Site(category=(1, stored_learner(3)))
    learners = LearnerStore(site.load).learners()
    assert set(learners) == {"category"}
    assert learners["category"].seen == 3


def test_it_reloads_every_two_seconds_at_most():
    site, clock = Site(category=(1, stored_learner(1))), Clock()
    store = LearnerStore(site.load, clock)
    for _ in range(10):
        store.learners()
    assert site.looks == 2  # once per field
    site.rows["category"] = (2, stored_learner(2))
    assert store.learners()["category"].seen == 1
    clock.time += RELOAD_INTERVAL
    assert store.learners()["category"].seen == 2


def test_a_model_that_was_reset_is_forgotten():
    site, clock = Site(category=(1, stored_learner(1))), Clock()
    store = LearnerStore(site.load, clock)
    store.learners()
    site.rows["category"] = (2, b"")
    clock.time += RELOAD_INTERVAL
    assert store.learners() == {}


def test_a_learner_that_cannot_be_loaded_leaves_the_lexicon(caplog):
    site, clock = Site(category=(1, stored_learner(1))), Clock()
    store = LearnerStore(site.load, clock)
    store.learners()
    site.rows["category"] = (2, b"nonsense")
    clock.time += RELOAD_INTERVAL
    assert store.learners() == {}
    assert "category" in caplog.text


def test_a_failing_source_keeps_the_learners_and_warns_once_a_minute(caplog):
    site, clock = Site(category=(1, stored_learner(1))), Clock()
    store = LearnerStore(site.load, clock)
    store.learners()

    def away(field, known_version):
        raise OSError("the database is away")

    store._load = away
    for _ in range(10):
        clock.time += RELOAD_INTERVAL
        assert store.learners()["category"].seen == 1
    assert len(caplog.records) == 1
    clock.time += WARNING_INTERVAL
    store.learners()
    assert len(caplog.records) == 2


def test_other_threads_do_not_wait_for_a_reload():
    looking, go_on = threading.Event(), threading.Event()

    def slow(field, known_version):
        looking.set()
        go_on.wait(60)

    store = LearnerStore(slow)
    first = threading.Thread(target=store.learners)
    first.start()
    looking.wait(60)
    assert store.learners() == {}  # at once, with the present learners
    go_on.set()
    first.join()
