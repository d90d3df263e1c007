"""Which of the two answers: the lexicon, or what the site has learned."""

import pytest

from tickets.triage import offline
from tickets.triage.offline import Feedback, prior
from tickets.triage.offline.learner import Learner
from tickets.triage.offline.classifier import LEARNED
from tickets.vocabulary import LEARNED_FIELDS

ODD = "The zorblax of {} hums"
UNKNOWN = ODD.format(99)


def learner(field, value, count=4):
    return Learner.taught(field, (Feedback("", ODD.format(n), value) for n in range(count)))


@pytest.fixture
def site():
    """What this process has learned, as it would come from the database."""
    rows = {"category": (1, learner("category", "billing").dumps())}
    offline.set_store(lambda field, known: rows.get(field) if known == 0 else None)
    yield rows
    offline.set_store(None)


def test_without_learners_given_the_sites_answer(site):
    answer = offline.classify(ODD.format(9))
    assert answer is not None
    assert (answer.category, answer.model) == ("billing", LEARNED)
    assert set(offline.learners()) == {"category"}


def test_given_learners_take_the_sites_place(site):
    other = offline.classify(ODD.format(9), learners={"category": learner("category", "account")})
    assert other is not None
    assert other.category == "account"
    lexicon = offline.classify(ODD.format(9), learners={})
    assert lexicon is None or lexicon.model == prior.VERSION


@pytest.mark.parametrize("field", LEARNED_FIELDS)
def test_what_the_lexicon_does_not_know_can_be_learned(field):
    value = {"category": "account", "priority": "high"}[field]
    assert offline.classify(UNKNOWN, learners={}) is None
    answer = offline.classify(UNKNOWN, learners={field: learner(field, value, 8)})
    assert answer is not None
    assert getattr(answer, field) == value
    assert {entry.decides for entry in answer.evidence} == {field}


def test_what_nobody_knows_stays_without_an_answer():
    learners = {"category": learner("category", "account")}
    assert offline.classify("flibber", learners=learners) is None
    assert offline.score_tone("flibber", learners=learners) is None


def test_urgency_is_learned_with_the_priority():
    learners = {"priority": learner("priority", "critical", 8)}
    tone = offline.score_tone(UNKNOWN, learners=learners)
    answer = offline.classify(UNKNOWN, learners=learners)
    assert tone is not None
    assert answer is not None
    assert answer.priority == "critical"
    assert prior.priority(tone.urgency_score) == "critical"
    assert tone.evidence
    assert {entry.decides for entry in tone.evidence} == {"tone"}
    assert (tone.urgency_model, tone.sentiment) == (LEARNED, "neutral")
    assert tone.model == prior.VERSION  # nobody teaches moods


def test_each_value_says_which_model_decided_it():
    learners = {"category": learner("category", "billing", 8)}
    answer = offline.classify(f"{UNKNOWN} Nobody can work!", learners=learners)
    assert answer is not None
    assert (answer.model, answer.priority_model) == (LEARNED, prior.VERSION)


def test_a_learned_category_leaves_the_priority_to_the_lexicon():
    text = f"{ODD.format(3)}, total outage, nobody can work!"
    lexicon = offline.classify(text, learners={})
    answer = offline.classify(text, learners={"category": learner("category", "billing", 9)})
    assert lexicon is not None
    assert answer is not None
    assert (answer.priority, answer.priority_confidence) == (
        lexicon.priority,
        lexicon.priority_confidence,
    )
    tone = offline.score_tone(text, learners={"category": learner("category", "billing", 9)})
    assert tone == offline.score_tone(text, learners={})
