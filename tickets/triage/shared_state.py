"""What all processes of a site share about their calls to a model.

The engine uses it only in the thread of its caller, so an implementation may use the database.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol


class SharedState(Protocol):
    """A cache of replies, claims on questions, limits and counters."""

    def recall(self, key: str) -> str | None:
        """Return the reply that is cached under this key, if it has not expired."""

    def remember(self, key: str, reply: str) -> None:
        """Cache a reply."""

    def claim(self, key: str, seconds: float) -> bool:
        """Become the only process that asks this question; False if another is asking it.

        The claim expires after about `seconds`, in case its holder is killed.
        """

    def is_claimed(self, key: str) -> bool:
        """Return whether some process is asking this question."""

    def release(self, key: str) -> None:
        """Give up a claim."""

    def pause(self, key: str, seconds: float) -> None:
        """Note that a service asks us to wait for some seconds from now."""

    def seconds_paused(self, key: str) -> float:
        """Return how many of these seconds are left; 0 if none are."""

    def client_may_ask(self, client: str) -> bool:
        """Count one call for this client; False if it has made too many recently."""

    def may_spend(self) -> bool:
        """Count one call for today; False if the day's calls or budget are used up."""

    def charge(self, cost_usd: float, provider: str) -> None:
        """Add the estimated price of a call to today's costs."""

    def count(self, task: str, outcome: str, provider: str, *, is_shadow: bool = False) -> None:
        """Count how a question ended, for example "classify" with "llm" of "gemini".

        How a shadow's ended says nothing about the model that the desk relies on.
        """


class LocalSharedState:
    """State of a single process in memory, without limits."""

    MAX_REPLIES = 1000

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._replies: dict[str, str] = {}
        self._claims: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self.spent = 0.0  # USD
        self.outcomes: Counter[str] = Counter()

    def recall(self, key: str) -> str | None:
        return self._replies.get(key)

    def remember(self, key: str, reply: str) -> None:
        with self._lock:
            if len(self._replies) >= self.MAX_REPLIES:
                self._replies.pop(next(iter(self._replies)))
            self._replies[key] = reply

    def claim(self, key: str, seconds: float) -> bool:
        with self._lock:
            if self.is_claimed(key):
                return False
            self._claims[key] = self._now() + seconds
            return True

    def is_claimed(self, key: str) -> bool:
        return self._claims.get(key, 0.0) > self._now()

    def release(self, key: str) -> None:
        with self._lock:
            self._claims.pop(key, None)

    def pause(self, key: str, seconds: float) -> None:
        with self._lock:
            self._pauses[key] = self._now() + seconds

    def seconds_paused(self, key: str) -> float:
        return max(self._pauses.get(key, 0.0) - self._now(), 0.0)

    def client_may_ask(self, client: str) -> bool:
        return True

    def may_spend(self) -> bool:
        return True

    def charge(self, cost_usd: float, provider: str) -> None:
        with self._lock:
            self.spent += cost_usd

    def count(self, task: str, outcome: str, provider: str, *, is_shadow: bool = False) -> None:
        with self._lock:
            self.outcomes[f"{task}:{outcome}"] += 1
