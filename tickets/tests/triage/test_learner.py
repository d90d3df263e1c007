"""The learner follows what agents decide, and answers only while it is no worse."""

import random
import subprocess
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.triage.offline import classifier, prior
from tickets.triage.offline.learner import MAX_EXAMPLES, WINDOW, Learner, TrainingExample
from tickets.triage.offline.reading import Reading
from tickets.vocabulary import CATEGORIES, PRIORITIES, REVIEW_BELOW_CONFIDENCE

ODD = "The zorblax of unit {} hums again"
CRASH = "The app crashes when I open the report, version {}"
REFUND = "Please refund invoice {}, I was charged twice"
TEXTS = [
    REFUND.format(7),
    CRASH.format(8),
    "I forgot my password and my account is locked.",
    "What are your opening hours on Sunday?",
    "Ich wurde doppelt belastet, bitte erstatten Sie den Betrag.",
    "Total outage, nobody in the company can work!",
    "Just curious, thanks a lot.",
    "xyzzy plugh",
    "",
]


def trained(text, value, count, field="category"):
    """Return a learner of this many examples, which differ only by a number."""
    return Learner.trained(
        field, (TrainingExample("", text.format(n), value) for n in range(count))
    )


def category(learner, text):
    return classifier.classify(text, learners={"category": learner})


def priority(learner, text):
    return classifier.classify(text, learners={"priority": learner})


def alternating(count=40):
    """Return a learner of the same ticket whose value alternates, so it is always behind."""
    values = ("billing", "technical")
    return Learner.trained(
        "category", (TrainingExample("", REFUND.format(n), values[n % 2]) for n in range(count))
    )


# --- before the first example ---------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_a_new_learner_leaves_the_answers_to_the_lexicon(text):
    fresh = {field: Learner(field) for field in ("category", "priority")}
    assert classifier.classify(text, learners=fresh) == classifier.classify(text, learners={})
    assert classifier.score_sentiment(text, learners=fresh) == classifier.score_sentiment(
        text, learners={}
    )


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("field", ["category", "priority"])
def test_a_new_learner_predicts_the_same_as_the_lexicon(field, text):
    lexicon = classifier.classify(text, learners={})
    prediction = Learner(field).predict(Reading("", text))
    expected = getattr(lexicon, field) if lexicon else {"category": "general"}.get(field)
    assert expected in (None, prediction.value)


def test_a_new_learner_has_no_accuracies():
    figures = Learner("category").figures
    assert (figures.seen, figures.prior_accuracy, figures.learned_accuracy) == (0, None, None)
    assert not figures.leads


# --- corrections are followed ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (ODD, "billing"),
        (CRASH, "general"),
        (REFUND, "account"),
        ("I cannot sign in to my account since {} days", "technical"),
        ("請求書の住所を変更したいです。番号{}", "account"),
        ("登录后页面一片空白, 编号{}", "technical"),
        ("ฉันเข้าสู่ระบบไม่ได้ {}", "account"),
        ("Η εφαρμογή δεν ανοίγει στο κινητό {}", "technical"),  # noqa: RUF001
        ("Hesabıma giriş yapamıyorum {}", "account"),  # noqa: RUF001
        ("Laskussani on virhe, pyydän korjausta {}", "billing"),
        ("لا أستطيع تسجيل الدخول إلى حسابي {}", "account"),
        ("Не могу войти в свой аккаунт {}", "account"),  # noqa: RUF001
    ],
)
def test_three_corrections_are_followed(text, value):
    answer = category(trained(text, value, 3), text.format(99))
    assert answer is not None
    assert answer.category == value
    assert [entry for entry in answer.evidence if entry.decides == "category"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The coffee machine on floor {} is empty", "critical"),
        ("Please order a new chair for room {}", "high"),
        ("The server of plant {} is down and nobody can work", "medium"),
        ("The invoice of month {} is wrong, please correct it", "low"),
        ("椅子を注文してください。部屋{}", "high"),
    ],
)
def test_five_corrections_of_the_priority_are_followed(text, value):
    learners = {"priority": trained(text, value, 5, "priority")}
    answer = classifier.classify(text.format(99), learners=learners)
    score = classifier.score_sentiment(text.format(99), learners=learners)
    assert answer is not None
    assert score is not None
    assert answer.priority == value
    assert prior.priority(score.urgency_score) == value


def test_confidence_grows_with_each_example():
    answers = [category(trained(ODD, "billing", n), ODD.format(99)) for n in (1, 3, 10)]
    confidences = [answer.category_confidence for answer in answers if answer]
    assert confidences == sorted(set(confidences))
    assert confidences[-1] >= 0.8


def test_other_tickets_stay_as_they_were():
    learner = trained(ODD, "billing", 5)
    for text in TEXTS:
        before = classifier.classify(text, learners={})
        after = category(learner, text)
        assert (after and after.category) == (before and before.category)


def test_an_agent_who_changes_their_mind_is_followed():
    learner = trained(CRASH, "technical", 20)
    for number in range(4):
        learner.learn("", CRASH.format(100 + number), "general")
    answer = category(learner, CRASH.format(999))
    assert answer is not None
    assert answer.category == "general"


def test_titles_are_learned_too():
    learner = Learner("category")
    for _ in range(3):
        learner.learn("Zorblax trouble", "Please have a look.", "account")
    answer = classifier.classify("See above.", "Zorblax trouble", learners={"category": learner})
    assert answer is not None
    assert answer.category == "account"
    assert {"title"} == {e.field for e in answer.evidence if e.decides == "category"}


# --- odd sites ------------------------------------------------------------------------


def test_where_only_one_category_occurs_the_others_are_still_known():
    learner = trained(CRASH, "technical", 60)
    for text, value in zip(TEXTS, ("billing", "technical", "account", "general"), strict=False):
        answer = category(learner, text)
        assert answer is not None
        assert answer.category == value


def test_repeating_one_example_stays_within_bounds():
    learner = Learner("category")
    for _ in range(300):
        learner.learn("", REFUND, "billing")
    answer = category(Learner.loads("category", learner.dumps()), REFUND)
    assert answer is not None
    assert answer.category == "billing"
    assert 0.8 <= (answer.category_confidence or 0) < 1


def test_contradicting_examples_lower_the_confidence():
    prediction = alternating().predict(Reading("", REFUND.format(99)))
    assert prediction.confidence < REVIEW_BELOW_CONFIDENCE


def test_a_prediction_without_evidence_is_never_confident():
    learner = trained(CRASH, "general", 60)
    answer = category(learner, "It is urgent: wibble wobble flob")
    assert answer is not None
    assert answer.category_confidence < REVIEW_BELOW_CONFIDENCE


HOSTILE = ["", " ", "\u200b" * 20_000, "\U0001f600" * 20_000, "\ud800 \udfff", "e\u0301" * 9_000]
HOSTILE += ["a b c " * 3_333, "漢字" * 10_000, "x" * 20_000, "\x00", "not .. * ^ | #"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_can_be_learned(text):
    learner = trained(ODD, "billing", 3)
    learner.learn(text[:200], text, "account")
    again = Learner.loads("category", learner.dumps())
    assert again.seen == 4
    assert category(again, text) is None or category(again, text).category in CATEGORIES


# --- lexicon or learned model ---------------------------------------------------------


def test_both_are_scored_before_the_example_is_learned():
    figures = trained(ODD, "billing", 1).figures
    assert (figures.seen, figures.prior_accuracy, figures.learned_accuracy) == (1, 0.0, 0.0)
    figures = trained(ODD, "billing", 4).figures
    assert figures.prior_accuracy == 0.0
    assert figures.learned_accuracy == 0.75
    assert figures.leads


def test_behind_the_lexicon_the_lexicon_answers():
    learner = alternating()
    figures = learner.figures
    assert figures.learned_accuracy < figures.prior_accuracy
    assert not figures.leads
    for text in TEXTS:
        assert category(learner, text) == classifier.classify(text, learners={})


def test_it_answers_again_once_it_has_learned_better():
    learner = alternating()
    for number in range(WINDOW):
        learner.learn("", ODD.format(number), "account")
    assert learner.figures.leads


def test_only_the_latest_examples_are_compared():
    learner = trained(REFUND, "billing", 20)
    for number in range(WINDOW):
        learner.learn("", ODD.format(number), "account")
    assert learner.figures.prior_accuracy == 0.0
    assert learner.figures.seen == 20 + WINDOW


def test_a_site_with_rules_of_its_own_gains():
    """Tickets are sorted by product name, which the lexicon cannot know."""
    chance = random.Random(7)
    owners = {"Falcon": "technical", "Osprey": "account"}
    verbs = ["needs", "lost", "shows", "wants", "misses", "has"]
    things = ["paper", "colour", "a lid", "its badge", "two wheels", "an owner"]
    right = []
    learner = Learner("category")
    for _ in range(60):
        name = chance.choice(list(owners))
        text = f"Our {name} {chance.choice(verbs)} {chance.choice(things)}."
        answer = category(learner, text)
        right.append((answer.category if answer else "general") == owners[name])
        learner.learn("", text, owners[name])
    assert sum(right[20:]) >= 36
    assert learner.figures.learned_accuracy > learner.figures.prior_accuracy


# --- invalid examples -----------------------------------------------------------------


@pytest.mark.parametrize("field", ["category", "priority"])
def test_an_unknown_value_is_refused(field):
    learner = Learner(field)
    with pytest.raises(ValueError):
        learner.learn("", "Some text", "urgent")
    assert learner.dumps() == Learner(field).dumps()


# --- storing --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full():
    """The largest learner: 2,000 examples of 40 out of 8,000 words."""
    chance = random.Random(3)
    vocabulary = [f"w{zlib.crc32(str(n).encode()):x}" for n in range(8_000)]
    examples = [
        TrainingExample("", " ".join(chance.choices(vocabulary, k=40)), chance.choice(CATEGORIES))
        for _ in range(MAX_EXAMPLES)
    ]
    return Learner.trained("category", examples)


def test_two_thousand_examples_take_at_most_300_kilobytes(full):
    assert full.seen == MAX_EXAMPLES
    assert len(full.dumps()) <= 300_000


@pytest.mark.parametrize("field", ["category", "priority"])
def test_storing_and_loading_changes_nothing(field):
    value = {"category": "billing", "priority": "high"}[field]
    learner = trained(ODD, value, 12, field)
    again = Learner.loads(field, learner.dumps())
    assert again.figures == learner.figures
    assert again.dumps() == learner.dumps()
    for text in [*TEXTS, ODD]:
        mine, its = learner.predict(Reading("", text)), again.predict(Reading("", text))
        assert (mine.value, mine.evidence) == (its.value, its.evidence)
        assert mine.confidence == pytest.approx(its.confidence, abs=0.01)


def test_a_loaded_learner_continues_to_learn():
    stored, original = (trained(ODD, "billing", 2) for _ in range(2))
    for number in range(30):
        stored = Learner.loads("category", stored.dumps())
        for learner in (stored, original):
            learner.learn("", CRASH.format(number), "general")
    mine, its = (category(learner, CRASH.format(99)) for learner in (original, stored))
    assert mine is not None
    assert its is not None
    assert (its.category, stored.figures) == (mine.category, original.figures)
    assert its.category_confidence == pytest.approx(mine.category_confidence, abs=0.02)


def test_training_learns_one_example_after_the_other():
    examples = [TrainingExample("", text, CATEGORIES[at % 4]) for at, text in enumerate(TEXTS * 3)]
    one_by_one = Learner("category")
    for example in examples:
        one_by_one.learn(*example)
    assert Learner.trained("category", iter(examples)).dumps() == one_by_one.dumps()


def test_training_uses_the_latest_examples_only():
    examples = [TrainingExample("", f"word{n}", "billing") for n in range(MAX_EXAMPLES + 5)]
    learner = Learner.trained("category", examples)
    assert learner.seen == MAX_EXAMPLES
    assert learner.dumps() == Learner.trained("category", examples[5:]).dumps()


SCRIPT = """
import zlib
from tickets.triage.offline.learner import Learner
learner = Learner("category")
for number in range(30):
    learner.learn("", f"The zorblax of unit {number} hums", ["billing", "account"][number % 2])
print(zlib.crc32(learner.dumps()))
"""


def test_every_process_learns_the_same():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_other_data_is_refused():
    data = trained(ODD, "billing", 3).dumps()
    plain = zlib.decompress(data)
    for wrong in (
        b"",
        b"nonsense",
        data[:-4],
        zlib.compress(b""),
        zlib.compress(plain + b"x"),
        zlib.compress(plain[:4] + b"\xff" + plain[5:]),
    ):
        with pytest.raises(ValueError):
            Learner.loads("category", wrong)
    with pytest.raises(ValueError):
        Learner.loads("priority", data)


PLAIN = zlib.decompress(trained(ODD, "billing", 3).dumps())


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PLAIN) - 1), st.integers(1, 255))
def test_a_damaged_learner_is_refused_or_works(at, change):
    damaged = PLAIN[:at] + bytes([PLAIN[at] ^ change]) + PLAIN[at + 1 :]
    try:
        learner = Learner.loads("category", zlib.compress(damaged))
    except ValueError:
        return
    answer = learner.predict(Reading("", ODD))
    learner.learn("", ODD, "billing")
    assert answer.value in CATEGORIES
    assert 0 <= answer.confidence <= 1


@given(st.integers(0, len(PLAIN) - 1))
def test_a_cut_learner_is_refused(length):
    with pytest.raises(ValueError):
        Learner.loads("category", zlib.compress(PLAIN[:length]))


# --- evidence -------------------------------------------------------------------------

SOME = st.sampled_from(
    [word for text in [ODD, *TEXTS, "漢字です。", "😀 ñu"] for word in text.split()]
)
ANY_TEXT = st.one_of(st.text(max_size=120), st.lists(SOME, max_size=30).map(" ".join))
SITE = {
    "category": Learner.trained(
        "category",
        [
            TrainingExample("", text, CATEGORIES[at % 4])
            for at, text in enumerate([ODD, *TEXTS] * 4)
        ],
    ),
    "priority": Learner.trained(
        "priority",
        [
            TrainingExample("", text, PRIORITIES[at % 4])
            for at, text in enumerate([ODD, *TEXTS] * 4)
        ],
    ),
}


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_any_text_gets_a_valid_prediction_with_exact_quotes(description, title):
    texts = {"title": title, "description": description}
    for field, values in (("category", CATEGORIES), ("priority", PRIORITIES)):
        prediction = SITE[field].predict(Reading(title, description))
        assert prediction.value in values
        assert 0 <= prediction.confidence <= 1
        assert 0 <= prediction.urgency <= 100
        if field == "priority":
            assert prior.priority(prediction.urgency) == prediction.value
        if not prediction.evidence:
            assert prediction.confidence < REVIEW_BELOW_CONFIDENCE
        for entry in prediction.evidence:
            assert texts[entry.field][entry.start : entry.end] == entry.text
            assert entry.text.strip()
            assert entry.decides == field


def test_the_evidence_is_what_was_learned():
    answer = category(trained(ODD, "billing", 4), "The zorblax of my meadow hums")
    assert answer is not None
    quotes = [entry.text for entry in answer.evidence if entry.decides == "category"]
    assert set(quotes) == {"zorblax", "hums"}


def test_neighbouring_characters_are_quoted_together():
    text = "請求書の住所を変更したいです。"
    answer = category(trained(text, "account", 3), text)
    assert answer is not None
    quotes = [entry.text for entry in answer.evidence if entry.decides == "category"]
    assert max(map(len, quotes)) > 2
    assert not any(a != b and a in b for a in quotes for b in quotes)
