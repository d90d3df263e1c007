"""The learners in force in this process: what the site has learned, looked up now and then."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from ..types import LEARNED_FIELDS
from .learner import Learner

logger = logging.getLogger(__name__)

# Field and known version -> a newer version and its data (b"": nothing learned), or None.
Load = Callable[[str, int], tuple[int, bytes] | None]
LOOK_AGAIN = 2.0  # seconds
COMPLAIN_AGAIN = 60.0


class Store:
    """Keeps the newest learners that `load` has; without one, none has learned anything."""

    def __init__(self, load: Load | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._now = now
        self._looking = threading.Lock()
        self._look_at = self._complain_at = float("-inf")
        self._versions: dict[str, int] = {}
        self._learners: Mapping[str, Learner] = {}

    def learners(self) -> Mapping[str, Learner]:
        """By field; a field without a learner has learned nothing."""
        if self._load is not None and self._now() >= self._look_at:
            self._look()
        return self._learners

    def _look(self) -> None:
        # Whoever comes meanwhile goes by what is there rather than wait.
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._look_at = self._now() + LOOK_AGAIN
            for field in LEARNED_FIELDS:
                self._look_up(field)
        finally:
            self._looking.release()

    def _look_up(self, field: str) -> None:
        assert self._load is not None
        try:
            newer = self._load(field, self._versions.get(field, 0))
            if newer is None:
                return
            self._versions[field], data = newer
            others = {name: kept for name, kept in self._learners.items() if name != field}
            # Out of the way first: what cannot be read must not go on as something older.
            self._learners = others
            if data:
                self._learners = others | {field: Learner.loads(field, data)}
        except Exception as error:
            if self._now() >= self._complain_at:
                self._complain_at = self._now() + COMPLAIN_AGAIN
                logger.warning("What was learned about the %s is not at hand: %s", field, error)


_store = Store()


def set_store(load: Load | None) -> None:
    """Have this process's learners come from `load`, which may use the database: it is called in
    a caller's thread, every two seconds at most."""
    global _store
    _store = Store(load)


def learners() -> Mapping[str, Learner]:
    """The present learners by field."""
    return _store.learners()
