"""What every process of a desk shares about its calls of a model.

The engine uses it in its caller's thread alone, so an implementation may use the database.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol


class Shared(Protocol):
    """A cache of replies, claims on questions, limits and counts."""

    def recall(self, key: str) -> str | None:
        """The reply that was remembered under this key, as long as it is fresh."""

    def remember(self, key: str, reply: str) -> None: ...

    def claim(self, key: str, seconds: float) -> bool:
        """Become the only one who asks this question; False when somebody else is asking.

        The claim ends by itself after about `seconds`, in case its holder is killed.
        """

    def is_claimed(self, key: str) -> bool: ...

    def release(self, key: str) -> None: ...

    def client_may_ask(self, client: str) -> bool:
        """Count one call for this client; False when it has had too many of late."""

    def may_spend(self) -> bool:
        """Count one call for today; False when the day's calls or money are used up."""

    def charge(self, cost_usd: float) -> None:
        """Add the estimated price of a call that was made."""

    def count(self, outcome: str) -> None:
        """Count how a question ended, as "classify:llm"."""


class Alone:
    """One process by itself: no limits, nothing outlives it."""

    MOST_REPLIES = 1000

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._replies: dict[str, str] = {}
        self._claims: dict[str, float] = {}
        self.spent = 0.0  # USD
        self.outcomes: Counter[str] = Counter()

    def recall(self, key: str) -> str | None:
        return self._replies.get(key)

    def remember(self, key: str, reply: str) -> None:
        with self._lock:
            if len(self._replies) >= self.MOST_REPLIES:
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

    def client_may_ask(self, client: str) -> bool:
        return True

    def may_spend(self) -> bool:
        return True

    def charge(self, cost_usd: float) -> None:
        with self._lock:
            self.spent += cost_usd

    def count(self, outcome: str) -> None:
        with self._lock:
            self.outcomes[outcome] += 1
