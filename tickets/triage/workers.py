"""Threads for calls that may hang, and the limit on how many of them run at once."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import NoReturn, TypeVar

from .providers.base import ProviderError

T = TypeVar("T")


class Slots:
    """A number of things that may happen at once."""

    def __init__(self, size: int) -> None:
        self._free = threading.BoundedSemaphore(size)

    def take(self) -> None:
        """Take a slot, to be given up by `release`; ProviderError "busy" if none is free."""
        if not self._free.acquire(blocking=False):
            raise ProviderError("busy")

    def release(self) -> None:
        self._free.release()


class Workers(Slots):
    """Runs each call in a thread of its own and waits for it for a limited time.

    The threads are daemons, unlike those of ThreadPoolExecutor, so a call that hangs does not
    keep the process from ending. Each thread is started by its call, so always after a fork.
    """

    def run(self, call: Callable[[], T], seconds: float) -> T:
        """Return or raise what `call` does; ProviderError "deadline" if it takes longer.

        Uses a slot that the caller has taken. A call that hangs holds the slot until it ends.
        """
        outcome: SimpleQueue[Callable[[], T]] = SimpleQueue()

        def work() -> None:
            try:
                value = call()
                outcome.put(lambda: value)
            except Exception as error:
                outcome.put(functools.partial(raise_error, error))
            finally:
                self.release()

        try:
            threading.Thread(target=work, name="triage-model", daemon=True).start()
        except RuntimeError as error:
            self.release()
            raise ProviderError("busy") from error
        try:
            get_result = outcome.get(timeout=max(seconds, 0.0))
        except Empty:
            raise ProviderError("deadline") from None
        return get_result()


class CallLimits:
    """The limits of one process on its calls, whichever models they go to."""

    def __init__(self, size: int) -> None:
        self.workers = Workers(size)
        # A caller who waits for another's call also occupies a thread of the web server.
        self.callers = Slots(size)


def raise_error(error: Exception) -> NoReturn:
    raise error
