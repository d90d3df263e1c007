"""The current learners of this process, reloaded when the site has learned more."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from ...vocabulary import LEARNED_FIELDS
from .learner import Learner

logger = logging.getLogger(__name__)

# Field and known version -> a newer version and its data (b"": nothing learned), or None.
Load = Callable[[str, int], tuple[int, bytes] | None]
RELOAD_INTERVAL = 2.0  # seconds
WARNING_INTERVAL = 60.0


class Store:
    """Holds the newest learners that `load` returns; without `load` there are none."""

    def __init__(self, load: Load | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._now = now
        self._reload_lock = threading.Lock()
        self._reload_at = self._warn_at = float("-inf")
        self._versions: dict[str, int] = {}
        self._learners: Mapping[str, Learner] = {}

    def learners(self) -> Mapping[str, Learner]:
        """Return the learners by field. A field without one has learned nothing."""
        if self._load is not None and self._now() >= self._reload_at:
            self._reload()
        return self._learners

    def _reload(self) -> None:
        # While one thread reloads, the others use the current learners instead of waiting.
        if not self._reload_lock.acquire(blocking=False):
            return
        try:
            self._reload_at = self._now() + RELOAD_INTERVAL
            for field in LEARNED_FIELDS:
                self._reload_field(field)
        finally:
            self._reload_lock.release()

    def _reload_field(self, field: str) -> None:
        assert self._load is not None
        try:
            newer = self._load(field, self._versions.get(field, 0))
            if newer is None:
                return
            self._versions[field], data = newer
            remaining = {name: known for name, known in self._learners.items() if name != field}
            # Removed first: if the newer learner cannot be read, the older one must not answer.
            self._learners = remaining
            if data:
                self._learners = remaining | {field: Learner.loads(field, data)}
        except Exception as error:
            if self._now() >= self._warn_at:
                self._warn_at = self._now() + WARNING_INTERVAL
                logger.warning("What was learned about the %s cannot be loaded: %s", field, error)


_store = Store()


def set_store(load: Load | None) -> None:
    """Set where this process loads its learners from.

    `load` may use the database: it is called in the thread of a caller, at most every two seconds.
    """
    global _store
    _store = Store(load)


def learners() -> Mapping[str, Learner]:
    """Return the current learners by field."""
    return _store.learners()
