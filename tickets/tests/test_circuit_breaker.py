"""The circuit breaker: when it stops calls, and when it lets one through again."""

import pytest

from tickets.circuit_breaker import CircuitBreaker

PAUSE, LONG_PAUSE = 30.0, 300.0


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(3, PAUSE, clock)


def fail(breaker, times, pause=None):
    return [breaker.failed(pause) for _ in range(times)]


def test_two_failures_do_not_open_it(breaker):
    fail(breaker, 2)
    assert breaker.allows()


def test_three_failures_in_a_row_open_it_for_the_pause(breaker, clock):
    fail(breaker, 3)
    assert not breaker.allows()
    clock.time += PAUSE - 1
    assert not breaker.allows()
    clock.time += 2
    assert breaker.allows()


def test_a_success_between_failures_starts_the_count_again(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.allows()


def test_after_the_pause_one_call_tries_for_all(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_a_trial_that_fails_starts_the_pause_again(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert breaker.allows()
    breaker.failed()
    clock.time += PAUSE - 1
    assert not breaker.allows()


def test_a_trial_that_was_not_made_is_left_to_the_next_caller(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert breaker.allows()
    breaker.not_tried()
    assert breaker.allows()


def test_a_trial_whose_outcome_is_never_reported_blocks_calls_for_one_pause(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert breaker.allows()
    clock.time += PAUSE - 1
    assert not breaker.allows()
    clock.time += 2
    assert breaker.allows()


def test_one_failure_with_a_pause_opens_it_at_once(breaker, clock):
    fail(breaker, 1, LONG_PAUSE)
    clock.time += LONG_PAUSE - 1
    assert not breaker.allows()
    clock.time += 2
    assert breaker.allows()


def test_a_later_failure_does_not_shorten_the_pause(breaker, clock):
    fail(breaker, 1, LONG_PAUSE)
    breaker.failed()
    clock.time += LONG_PAUSE - 1
    assert not breaker.allows()


def test_only_the_failure_that_opens_it_says_so(breaker, clock):
    assert fail(breaker, 6) == [False, False, True, False, False, False]
    clock.time += PAUSE + 1
    breaker.allows()
    assert fail(breaker, 1) == [False]
