"""A circuit breaker: stop calling a service that fails, and try again after a pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Decides for one service of one process whether it may be called.

    The breaker opens for `pause` seconds after `failures` consecutive failures, or at once after
    a single failure that is reported with a pause of its own. After the pause it allows one trial
    call: a success closes the breaker, a failure opens it again. Every call that was allowed must
    report its outcome by `succeeded`, `failed` or `not_tried`. Safe to use from several threads.

        breaker = CircuitBreaker(failures=3, pause=30.0)
        if breaker.allows():
            try:
                call()
            except OSError:
                breaker.failed()  # or failed(pause=300), to open it at once
            else:
                breaker.succeeded()
    """

    def __init__(
        self, failures: int, pause: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_failures, self._pause, self._now = failures, pause, now
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def allows(self) -> bool:
        """Return whether the service may be called now."""
        with self._lock:
            now = self._now()
            if now < self._open_until:
                return False
            if self._failures >= self._max_failures:
                self._open_until = now + self._pause  # for everyone but this trial call
            return True

    def not_tried(self) -> None:
        """Report that an allowed call was not made, so that the next caller may try."""
        with self._lock:
            if self._failures >= self._max_failures:
                self._open_until = min(self._open_until, self._now())

    def succeeded(self) -> None:
        """Report that the service answered: close the breaker."""
        with self._lock:
            self._failures, self._open_until = 0, 0.0

    def failed(self, pause: float | None = None) -> bool:
        """Report a failure; a `pause` in seconds opens the breaker whatever came before.

        Return whether this failure opened a breaker that was closed, so that it is logged once.
        """
        with self._lock:
            self._failures += 1
            if pause is not None:
                self._failures = max(self._failures, self._max_failures)
            if self._failures < self._max_failures:
                return False
            now = self._now()
            was_closed = now >= self._open_until
            self._open_until = max(
                self._open_until, now + (self._pause if pause is None else pause)
            )
            return was_closed
