"""Equal questions that are asked at the same time make one call.

Between the threads of a process the first caller makes the call and hands its outcome to the
others. Between processes the first one holds a claim in the shared state, and the others look
for its reply in the cache. Both take place in `SingleFlight.fetch`.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from .providers.base import ProviderError
from .shared_state import SharedState
from .workers import raise_error

POLL_INTERVAL = 0.05  # seconds, while another process asks the same question


class PricedReply(NamedTuple):
    """A model's reply, and the estimated price of the call that was made for it."""

    text: str
    cost_usd: float | None  # None if no call was made for this caller


class SingleFlight:
    """The questions that one process is asking one model."""

    def __init__(self, claim_seconds: float) -> None:
        """Let claims between processes expire after `claim_seconds`: longer than any call takes."""
        self._claim_seconds = claim_seconds
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()

    def fetch(
        self, key: str, call: Callable[[], PricedReply], state: SharedState, deadline: float
    ) -> PricedReply:
        """Return the reply of `call`, or that of another caller who is asking the same question.

        A successful reply is cached. Raise ProviderError if `call` does, or if the other caller
        has no reply by `deadline`.
        """
        flight, is_first = self._join(key)
        while not is_first:
            try:
                return PricedReply(flight.wait(deadline - time.monotonic()), None)
            except ProviderError as error:
                if error.reason != "impatient" or time.monotonic() >= deadline:
                    raise
            # The first caller would not wait as long as this one, who therefore asks again.
            flight, is_first = self._join(key)
        try:
            reply = self._fetch_claimed(key, call, state, deadline)
            flight.finish(lambda: reply.text)
        except Exception as error:
            flight.finish(functools.partial(raise_error, error))
            raise
        finally:
            with self._lock:
                del self._flights[key]
        return reply

    def _join(self, key: str) -> tuple[_Flight, bool]:
        """Return the flight of a question, and whether it is new and the caller's to make."""
        with self._lock:
            if key in self._flights:
                return self._flights[key], False
            self._flights[key] = _Flight()
            return self._flights[key], True

    def _fetch_claimed(
        self, key: str, call: Callable[[], PricedReply], state: SharedState, deadline: float
    ) -> PricedReply:
        """Make the call, unless another process is making it: then wait for its reply."""
        if not state.claim(key, self._claim_seconds):
            return PricedReply(_wait_for_other_process(key, state, deadline), None)
        try:
            cached = state.recall(key)  # it may have come just before the claim
            if cached is not None:
                return PricedReply(cached, None)
            reply = call()
            state.remember(key, reply.text)
            return reply
        finally:
            state.release(key)


class _Flight:
    """A call that is being made, for the threads of this process that want its reply too."""

    def __init__(self) -> None:
        self._finished = threading.Event()
        self._get_reply: Callable[[], str] = functools.partial(
            raise_error, ProviderError("deadline")
        )

    def finish(self, get_reply: Callable[[], str]) -> None:
        self._get_reply = get_reply
        self._finished.set()

    def wait(self, seconds: float) -> str:
        """Return or raise what the call did; ProviderError "deadline" if it takes longer."""
        self._finished.wait(max(seconds, 0.0))
        return self._get_reply()


def _wait_for_other_process(key: str, state: SharedState, deadline: float) -> str:
    while time.monotonic() < deadline:
        is_claimed = state.is_claimed(key)  # must come before `recall`, or a reply may be missed
        reply = state.recall(key)
        if reply is not None:
            return reply
        if not is_claimed:
            raise ProviderError("failed_elsewhere")
        time.sleep(POLL_INTERVAL)
    raise ProviderError("deadline")
