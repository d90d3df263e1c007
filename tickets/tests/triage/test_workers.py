"""The threads that make calls, and the reasons of HTTP statuses."""

import threading
import time

import pytest

from tickets.triage.providers.base import ProviderError, reason_for_status
from tickets.triage.workers import Workers


def run(workers, call, seconds=60):
    workers.take()
    return workers.run(call, seconds)


def test_a_worker_returns_or_raises_what_the_call_does():
    workers = Workers(1)
    assert run(workers, lambda: 42) == 42
    wait_for_slot(workers)
    with pytest.raises(ZeroDivisionError):
        run(workers, lambda: 1 // 0)
    wait_for_slot(workers)
    assert run(workers, lambda: 43) == 43


def test_a_call_that_hangs_holds_its_slot_until_it_ends():
    workers, let_go = Workers(1), threading.Event()
    with pytest.raises(ProviderError, match="deadline"):
        run(workers, let_go.wait, 0.05)
    with pytest.raises(ProviderError, match="busy"):
        workers.take()
    let_go.set()
    wait_for_slot(workers)


def wait_for_slot(workers):
    """Wait for a free slot: a thread releases its slot a moment after its answer."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            workers.take()
        except ProviderError:
            time.sleep(0.01)
        else:
            workers.release()
            return
    raise AssertionError("the slot was not released")


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
