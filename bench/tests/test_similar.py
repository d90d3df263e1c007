"""What the measurement of similar tickets counts."""

from bench.triage import similar
from bench.triage.similar import Matter
from tickets.triage.offline.examples.reader import load_examples


def test_each_matter_is_described_once_in_each_language():
    matters = similar.load_matters()
    pairs = {(matter.number, matter.language) for matter in matters}
    assert len(pairs) == len(matters) == 150
    assert {language for _, language in pairs} == {"en", "de", "es", "fr", "pt"}


def test_the_marked_texts_are_example_tickets_about_one_of_the_matters():
    alike = similar.load_same_matters()
    assert alike.keys() <= {example.text for example in load_examples()}
    assert set(alike.values()) <= {matter.number for matter in similar.load_matters()}


def test_an_example_ticket_counts_as_wrong_unless_it_is_left_out():
    queries = {1: Matter(1, "en", ""), 2: Matter(1, "de", "")}
    scores = {pk: {1: 0.1, 2: 0.1, 7: 0.9, 8: 0.9, 9: 0.9} for pk in queries}
    assert similar._shares(scores, queries, set()) == (0, 0, 1)
    assert similar._shares(scores, queries, {8}) == (1, 1, 1)
