import threading
import time

import pytest

from tickets.triage.gateway import Breaker, LONG_PAUSE, PAUSE, Workers
from tickets.triage.providers.base import ProviderError, reason_for_status


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
    return Breaker(clock)


def fail(breaker, times, reason="server_error"):
    for _ in range(times):
        breaker.failed(reason)


def test_two_failures_are_no_reason_to_stop(breaker):
    fail(breaker, 2)
    assert breaker.allows()


def test_three_in_a_row_stop_calls_for_half_a_minute(breaker, clock):
    fail(breaker, 3)
    assert not breaker.allows()
    clock.time += PAUSE - 1
    assert not breaker.allows()
    clock.time += 2
    assert breaker.allows()


def test_after_the_pause_one_call_tries_for_all(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_a_try_that_fails_starts_the_pause_again(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert breaker.allows()
    breaker.failed("deadline")
    clock.time += PAUSE - 1
    assert not breaker.allows()


def test_a_try_that_was_not_made_is_another_callers(breaker, clock):
    fail(breaker, 3)
    clock.time += PAUSE + 1
    assert breaker.allows()
    breaker.not_tried()
    assert breaker.allows()


@pytest.mark.parametrize("reason", ["bad_key", "missing_model"])
def test_what_only_a_person_can_mend_stops_calls_for_minutes(breaker, clock, reason):
    fail(breaker, 1, reason)
    clock.time += LONG_PAUSE - 1
    assert not breaker.allows()
    clock.time += 2
    assert breaker.allows()


def test_a_pause_is_logged_once(breaker, clock, caplog):
    fail(breaker, 6)
    clock.time += PAUSE + 1
    breaker.allows()
    fail(breaker, 1)
    assert len(caplog.records) == 1


def run(workers, call, seconds=60):
    workers.take_place()
    return workers.run(call, seconds)


def test_a_worker_gives_back_what_the_call_returns_or_raises():
    workers = Workers(1)
    assert run(workers, lambda: 42) == 42
    wait_for_place(workers)
    with pytest.raises(ZeroDivisionError):
        run(workers, lambda: 1 // 0)
    wait_for_place(workers)
    assert run(workers, lambda: 43) == 43


def test_a_call_that_hangs_keeps_its_place_until_it_ends():
    workers, let_go = Workers(1), threading.Event()
    with pytest.raises(ProviderError, match="deadline"):
        run(workers, let_go.wait, 0.05)
    with pytest.raises(ProviderError, match="busy"):
        workers.take_place()
    let_go.set()
    wait_for_place(workers)


def wait_for_place(workers):
    """A thread gives its place back a moment after its answer."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            workers.take_place()
        except ProviderError:
            time.sleep(0.01)
        else:
            workers.give_back()
            return
    raise AssertionError("the place was not given back")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "bad_request"),
        (401, "bad_key"),
        (403, "bad_key"),
        (404, "missing_model"),
        (418, "bad_request"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_each_status_has_its_reason(status, reason):
    assert reason_for_status(status) == reason
