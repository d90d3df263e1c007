"""The classifier answers from the lexicon or from what the site has learned."""

import pytest

from tickets.triage.offline import classifier, prior, store
from tickets.triage.offline.classifier import LEARNED
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
    store.set_store(lambda field, known: rows.get(field) if known == 0 else None)
    yield rows
    store.set_store(None)


def test_the_sites_learners_answer_by_default(site):
    answer = classifier.classify(ODD.format(9))
    assert answer is not None
    assert (answer.category, answer.model) == ("billing", LEARNED)
    assert set(store.learners()) == {"category"}


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
