"""Between the engine and a provider: one deadline over everything, and a breaker.

The steps of a call stand in `Guard.ask`, in order; a cache and single flight belong before the
breaker.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import NoReturn, TypeVar

from . import providers
from .config import Config
from .parse import InvalidReply
from .prompts import Prompt
from .providers.base import Provider, ProviderError

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Half of a web process's threads at most may wait for a model; the pages keep the others.
MAX_CALLS = 4
FAILURES_IN_A_ROW = 3
PAUSE = 30.0  # seconds
LONG_PAUSE = 300.0
NEEDS_A_PERSON = frozenset({"bad_key", "missing_model", "sdk_missing"})
SAYS_NOTHING_OF_THE_SERVICE = frozenset({"blocked", "busy"})


class Breaker:
    """Stops calls to a service that fails; after the pause one call tries, then all or none."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0  # no call before this time

    def allows(self) -> bool:
        with self._lock:
            now = self._now()
            if now < self._closed_until:
                return False
            if self._failures >= FAILURES_IN_A_ROW:
                self._closed_until = now + PAUSE
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._closed_until = 0, 0.0

    def failed(self, reason: str) -> None:
        with self._lock:
            self._failures += 1
            if reason in NEEDS_A_PERSON:
                self._failures = max(self._failures, FAILURES_IN_A_ROW)
            if self._failures < FAILURES_IN_A_ROW:
                return
            pause = LONG_PAUSE if reason in NEEDS_A_PERSON else PAUSE
            is_news = self._now() >= self._closed_until
            self._closed_until = self._now() + pause
        if is_news:
            logger.warning("The model is left alone for %d s: %s.", pause, reason)


class Workers:
    """Runs a call in a thread of its own, at most `size` at once, and waits only so long.

    The threads are daemons, unlike ThreadPoolExecutor's: one that hangs does not keep the
    process from ending. They are started by the call, so always after a fork.
    """

    def __init__(self, size: int) -> None:
        self._slots = threading.BoundedSemaphore(size)

    def run(self, call: Callable[[], T], seconds: float) -> T:
        """What `call` returns or raises; ProviderError "busy" at once, "deadline" in time."""
        if not self._slots.acquire(blocking=False):
            raise ProviderError("busy")
        outcome: SimpleQueue[Callable[[], T]] = SimpleQueue()

        def work() -> None:
            try:
                value = call()
                outcome.put(lambda: value)
            except Exception as error:
                outcome.put(functools.partial(_raise, error))
            finally:
                self._slots.release()

        try:
            threading.Thread(target=work, name="triage-model", daemon=True).start()
        except RuntimeError as error:
            self._slots.release()
            raise ProviderError("busy") from error
        try:
            answer = outcome.get(timeout=seconds)
        except Empty:
            raise ProviderError("deadline") from None
        return answer()


def _raise(error: Exception) -> NoReturn:
    raise error


class Guard:
    """Everything that stands before one configured provider, for one process."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._breaker = Breaker()
        self._workers = Workers(MAX_CALLS)
        self._building = threading.Lock()
        self._provider: Provider | None = None

    def ask(self, prompt: Prompt, parse: Callable[[str], T], spend: Callable[[], bool]) -> T:
        """The checked reply, or ProviderError, within LLM_TIMEOUT seconds and a little.

        `spend` is called in this thread, right before the call; False stops it.
        """
        if not self._breaker.allows():
            raise ProviderError("paused")
        if not spend():
            raise ProviderError("budget")
        return self._validate(self._call(prompt), parse)

    def warm_up(self) -> None:
        """Build the provider now, so that the first call need not."""
        self._built_provider()

    def _call(self, prompt: Prompt) -> str:
        seconds = max(self._config.llm_timeout, 0.0)
        deadline = time.monotonic() + seconds
        try:
            reply = self._workers.run(lambda: self._complete(prompt, deadline), seconds)
        except ProviderError as error:
            if error.reason not in SAYS_NOTHING_OF_THE_SERVICE:
                self._breaker.failed(error.reason)
            raise
        self._breaker.succeeded()
        return reply

    def _complete(self, prompt: Prompt, deadline: float) -> str:
        try:
            provider = self._built_provider()
        except ProviderError:
            raise
        except Exception as error:
            raise ProviderError("not_built") from error
        left = deadline - time.monotonic()
        if left <= 0:
            raise ProviderError("deadline")
        return provider.complete(prompt, left)

    def _built_provider(self) -> Provider:
        with self._building:
            if self._provider is None:
                self._provider = providers.build(self._config)
            return self._provider

    @staticmethod
    def _validate(reply: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(reply)
        except InvalidReply as error:
            raise ProviderError("invalid_reply") from error


class Outcomes:
    """How often each task ended in each way, in this process since it started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, task: str, outcome: str) -> None:
        with self._lock:
            self._counts[f"{task}:{outcome}"] += 1

    def as_dict(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)
