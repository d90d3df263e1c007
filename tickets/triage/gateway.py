"""Between the engine and a provider: everything that may spare a call or cut it short.

The steps stand in `Guard.ask`, in order: cache, the client's rate, single flight, breaker,
budget, call under a deadline, validation, cache.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, NoReturn, TypeVar

from . import providers
from .config import Endpoint
from .parse import InvalidReply
from .prompts import PROMPT_VERSION, Prompt
from .providers.base import Provider, ProviderError, Reply
from .shared import Shared

logger = logging.getLogger(__name__)
T = TypeVar("T")

FAILURES_IN_A_ROW = 3
PAUSE = 30.0  # seconds
LONG_PAUSE = 300.0
LOOK_AGAIN = 0.05  # seconds, while another process asks the same
NEEDS_A_PERSON = frozenset({"bad_key", "missing_model"})
SAYS_NOTHING_OF_THE_SERVICE = frozenset({"blocked", "busy", "impatient"})
CHARS_A_TOKEN = 4  # for services that do not count
MOST_TOKENS_LOST = 100  # tokens that an answer may have had which came too late
LEAST_PATIENCE = 1.0  # seconds; hardly a model answers sooner
GRACE = 0.25  # seconds that the way to the call may have taken


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

    def not_tried(self) -> None:
        """The call that was allowed was not made after all."""
        with self._lock:
            if self._failures >= FAILURES_IN_A_ROW:
                self._closed_until = min(self._closed_until, self._now())

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
            self._closed_until = max(self._closed_until, self._now() + pause)
        if is_news:
            logger.warning("The model is left alone for %d s: %s.", pause, reason)


class Workers:
    """Runs calls in threads of their own, at most `size` at once, and waits only so long.

    The threads are daemons, unlike ThreadPoolExecutor's: one that hangs does not keep the
    process from ending. They are started by the call, so always after a fork.
    """

    def __init__(self, size: int) -> None:
        self._places = threading.BoundedSemaphore(size)

    def take_place(self) -> None:
        """Reserve a place for `run` or `give_back`; ProviderError "busy" when there is none."""
        if not self._places.acquire(blocking=False):
            raise ProviderError("busy")

    def give_back(self) -> None:
        self._places.release()

    def run(self, call: Callable[[], T], seconds: float) -> T:
        """What `call` returns or raises; ProviderError "deadline" when it takes longer.

        Uses up a place that was taken: a call that hangs keeps it until it ends.
        """
        outcome: SimpleQueue[Callable[[], T]] = SimpleQueue()

        def work() -> None:
            try:
                value = call()
                outcome.put(lambda: value)
            except Exception as error:
                outcome.put(functools.partial(_raise, error))
            finally:
                self.give_back()

        try:
            threading.Thread(target=work, name="triage-model", daemon=True).start()
        except RuntimeError as error:
            self.give_back()
            raise ProviderError("busy") from error
        try:
            answer = outcome.get(timeout=max(seconds, 0.0))
        except Empty:
            raise ProviderError("deadline") from None
        return answer()


def _raise(error: Exception) -> NoReturn:
    raise error


class Flight:
    """A question on its way, for those in this process who ask the same meanwhile."""

    def __init__(self) -> None:
        self._landed = threading.Event()
        self._outcome: Callable[[], str] = functools.partial(_raise, ProviderError("deadline"))

    def land(self, outcome: Callable[[], str]) -> None:
        self._outcome = outcome
        self._landed.set()

    def wait(self, seconds: float) -> str:
        self._landed.wait(max(seconds, 0.0))
        return self._outcome()


class Asked(NamedTuple, Generic[T]):
    """A checked reply, and the estimated price of the call that was made for it, if one was."""

    value: T
    cost_usd: float | None  # None: the reply was remembered, or another's


class Pool:
    """The places of one process, whichever models its questions go to."""

    def __init__(self, places: int) -> None:
        self.workers = Workers(places)
        # Whoever waits for another's call holds a thread of the web server as well.
        self.waiting = Workers(places)


class Guard:
    """Everything that stands before one configured model, for one process.

    Without `pauses` it goes on asking a model that fails.
    """

    def __init__(self, endpoint: Endpoint, pool: Pool, *, pauses: bool = True) -> None:
        self._endpoint = endpoint
        self._pool = pool
        self._breaker = Breaker() if pauses else None
        self._flights: dict[str, Flight] = {}
        self._taking_off = threading.Lock()
        self._building = threading.Lock()
        self._provider: Provider | None = None

    def ask(
        self,
        prompt: Prompt,
        parse: Callable[[str], T],
        shared: Shared,
        *,
        client: str = "",
        seconds: float = math.inf,
    ) -> Asked[T]:
        """The checked reply, or ProviderError, within the endpoint's timeout and a little.

        `client` is who asks, where calls are counted by client; `seconds` how long they wait.
        """
        deadline = time.monotonic() + min(self._endpoint.timeout, seconds)
        key = self._key(prompt)
        remembered = shared.recall(key)
        if remembered is not None:
            return Asked(_checked(parse, remembered), None)
        if seconds < min(LEAST_PATIENCE, self._endpoint.timeout):
            raise ProviderError("impatient")  # a call would be paid for and never be heard
        if client and not shared.client_may_ask(client):
            raise ProviderError("client_limit")
        self._pool.waiting.take_place()
        try:
            reply, cost = self._together(prompt, parse, shared, key, deadline)
        finally:
            self._pool.waiting.give_back()
        return Asked(_checked(parse, reply), cost)

    def warm_up(self) -> None:
        """Build the provider now, so that the first call need not."""
        self._built_provider()

    def _together(
        self,
        prompt: Prompt,
        parse: Callable[[str], object],
        shared: Shared,
        key: str,
        deadline: float,
    ) -> tuple[str, float | None]:
        """The reply and its price; whoever asks the same meanwhile gets this one for nothing."""
        flight, leads = self._board(key)
        while not leads:
            try:
                return flight.wait(deadline - time.monotonic()), None
            except ProviderError as error:
                if error.reason != "impatient" or time.monotonic() >= deadline:
                    raise
            flight, leads = self._board(key)  # whoever led it had less time than this one
        try:
            reply, cost = self._claimed(prompt, parse, shared, key, deadline)
            flight.land(lambda: reply)
        except Exception as error:
            flight.land(functools.partial(_raise, error))
            raise
        finally:
            with self._taking_off:
                del self._flights[key]
        return reply, cost

    def _board(self, key: str) -> tuple[Flight, bool]:
        """The flight of this question, and whether it is new and this caller's to lead."""
        with self._taking_off:
            if key in self._flights:
                return self._flights[key], False
            self._flights[key] = Flight()
            return self._flights[key], True

    def _claimed(
        self,
        prompt: Prompt,
        parse: Callable[[str], object],
        shared: Shared,
        key: str,
        deadline: float,
    ) -> tuple[str, float | None]:
        """Ask, unless another process is asking the same: then take its reply."""
        if not shared.claim(key, self._endpoint.timeout + 1):
            return self._anothers(shared, key, deadline), None
        try:
            # It may have come between the first look and the claim.
            remembered = shared.recall(key)
            if remembered is not None:
                return remembered, None
            reply = self._call(prompt, shared, deadline)
            cost = self._cost(prompt, reply)
            shared.charge(cost)
            _checked(parse, reply.text)
            shared.remember(key, reply.text)
            return reply.text, cost
        finally:
            shared.release(key)

    def _anothers(self, shared: Shared, key: str, deadline: float) -> str:
        while time.monotonic() < deadline:
            still_asking = shared.is_claimed(key)  # before the look, or the reply may slip through
            reply = shared.recall(key)
            if reply is not None:
                return reply
            if not still_asking:
                raise ProviderError("failed_elsewhere")
            time.sleep(LOOK_AGAIN)
        raise ProviderError("deadline")

    def _call(self, prompt: Prompt, shared: Shared, deadline: float) -> Reply:
        workers = self._pool.workers
        workers.take_place()
        try:
            if self._breaker and not self._breaker.allows():
                raise ProviderError("paused")
            if not shared.may_spend():
                if self._breaker:
                    self._breaker.not_tried()
                raise ProviderError("budget")
        except BaseException:
            workers.give_back()
            raise
        try:
            left = deadline - time.monotonic()
            reply = workers.run(lambda: self._complete(prompt, deadline), left)
        except ProviderError as error:
            raise self._failed(error, prompt, shared, left) from None
        if self._breaker:
            self._breaker.succeeded()
        return reply

    def _failed(
        self, error: ProviderError, prompt: Prompt, shared: Shared, left: float
    ) -> ProviderError:
        """The error of a call that had `left` seconds, after all that follows from it."""
        if error.reason == "deadline":
            # The service may answer and charge all the same.
            shared.charge(self._endpoint.cost(_tokens(prompt), MOST_TOKENS_LOST))
            if left < self._endpoint.timeout - GRACE:
                return ProviderError("impatient")  # the caller's time was over, not the service's
        if self._breaker and error.reason not in SAYS_NOTHING_OF_THE_SERVICE:
            self._breaker.failed(error.reason)
        return error

    def _complete(self, prompt: Prompt, deadline: float) -> Reply:
        try:
            provider = self._built_provider()
        except ProviderError:
            raise
        except Exception as error:
            logger.exception("The client of %s cannot be made ready.", self._endpoint.provider)
            raise ProviderError("not_built") from error
        left = deadline - time.monotonic()
        if left <= 0:
            raise ProviderError("deadline")
        return provider.complete(prompt, left)

    def _built_provider(self) -> Provider:
        with self._building:
            if self._provider is None:
                self._provider = providers.build(self._endpoint)
            return self._provider

    def _key(self, prompt: Prompt) -> str:
        """Stands for one question to one model in one wording."""
        endpoint = self._endpoint
        parts = (PROMPT_VERSION, endpoint.provider, endpoint.model, endpoint.base_url)
        question = "\0".join((*parts, prompt.task.name, prompt.ticket))
        return hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()

    def _cost(self, prompt: Prompt, reply: Reply) -> float:
        return self._endpoint.cost(
            reply.input_tokens or _tokens(prompt),
            reply.output_tokens or len(reply.text) // CHARS_A_TOKEN,
        )


def _tokens(prompt: Prompt) -> int:
    """About how many tokens a question has."""
    return (len(prompt.task.instructions) + len(prompt.ticket)) // CHARS_A_TOKEN


def _checked(parse: Callable[[str], T], reply: str) -> T:
    try:
        return parse(reply)
    except InvalidReply as error:
        raise ProviderError("invalid_reply") from error
