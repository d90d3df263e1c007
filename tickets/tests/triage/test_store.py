"""A process loads what the site has learned."""

import threading

from tickets.triage.offline.learner import Learner
from tickets.triage.offline.store import RELOAD_INTERVAL, WARNING_INTERVAL, Store


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


def learned(count=1):
    learner = Learner("category")
    for number in range(count):
        learner.learn("", f"The zorblax number {number} hums", "billing")
    return learner.dumps()


def test_without_a_source_there_are_no_learners():
    assert Store().learners() == {}


def test_it_loads_what_the_site_has_learned():
    site = Site(category=(1, learned(3)))
    learners = Store(site.load).learners()
    assert set(learners) == {"category"}
    assert learners["category"].seen == 3


def test_it_reloads_every_two_seconds_at_most():
    site, clock = Site(category=(1, learned(1))), Clock()
    store = Store(site.load, clock)
    for _ in range(10):
        store.learners()
    assert site.looks == 2  # once per field
    site.rows["category"] = (2, learned(2))
    assert store.learners()["category"].seen == 1
    clock.time += RELOAD_INTERVAL
    assert store.learners()["category"].seen == 2


def test_a_model_that_was_reset_is_forgotten():
    site, clock = Site(category=(1, learned(1))), Clock()
    store = Store(site.load, clock)
    store.learners()
    site.rows["category"] = (2, b"")
    clock.time += RELOAD_INTERVAL
    assert store.learners() == {}


def test_a_learner_that_cannot_be_loaded_leaves_the_lexicon(caplog):
    site, clock = Site(category=(1, learned(1))), Clock()
    store = Store(site.load, clock)
    store.learners()
    site.rows["category"] = (2, b"nonsense")
    clock.time += RELOAD_INTERVAL
    assert store.learners() == {}
    assert "category" in caplog.text


def test_a_failing_source_keeps_the_learners_and_warns_once_a_minute(caplog):
    site, clock = Site(category=(1, learned(1))), Clock()
    store = Store(site.load, clock)
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

    store = Store(slow)
    first = threading.Thread(target=store.learners)
    first.start()
    looking.wait(60)
    assert store.learners() == {}  # at once, with the present learners
    go_on.set()
    first.join()
