"""The example tickets are well-formed, and as many and various as docs/triage.md says."""

from collections import Counter

import pytest

from tickets.triage.offline import lexicon_scores
from tickets.triage.offline.examples.reader import load_examples
from tickets.vocabulary import CATEGORIES, SENTIMENTS

EXAMPLES = load_examples()
LANGUAGES = ("de", "en", "es", "fr", "pt")  # with a lexicon


def normalised(text):
    return "".join(character for character in text.casefold() if character.isalnum())


def test_there_are_1900():
    assert len(EXAMPLES) == 1900
    assert load_examples() == EXAMPLES


def test_every_value_is_known():
    assert {example.category for example in EXAMPLES} == set(CATEGORIES)
    assert {example.sentiment for example in EXAMPLES} == set(SENTIMENTS)
    assert {example.urgency for example in EXAMPLES} == set(range(0, 91, 10))
    assert all(len(example.language) == 2 for example in EXAMPLES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_its_part(category):
    assert sum(example.category == category for example in EXAMPLES) >= 380


def test_at_least_150_are_critical():
    critical = [
        example for example in EXAMPLES if lexicon_scores.priority(example.urgency) == "critical"
    ]
    assert len(critical) >= 150


def test_every_language_with_a_lexicon_has_examples_and_others_have_100():
    counts = Counter(example.language for example in EXAMPLES)
    assert min(counts[language] for language in LANGUAGES) >= 250
    assert sum(count for language, count in counts.items() if language not in LANGUAGES) >= 100


def test_they_come_from_12_trades():
    counts = Counter(example.trade for example in EXAMPLES)
    assert len(counts) == 12
    assert min(counts.values()) >= 100


def test_half_of_them_are_queries_of_a_few_words():
    # Japanese, Chinese and Thai write no spaces between words, so they are left out.
    spaced = [e.text.split() for e in EXAMPLES if e.language not in ("ja", "zh", "th")]
    share = sum(len(parts) <= 8 for parts in spaced) / len(spaced)
    assert 0.4 <= share <= 0.6


def test_no_two_are_alike():
    counts = Counter(normalised(example.text) for example in EXAMPLES)
    assert [text for text, count in counts.items() if count > 1] == []


def test_none_is_empty_or_longer_than_what_is_encoded():
    for example in EXAMPLES:
        assert example.text.strip()
        assert len(example.text) <= 1000
