"""Calls to one model, with everything that can avoid a call or cut it short.

`ModelGateway.ask` takes these steps: cache, rate limit of the client, single flight, circuit
breaker, budget, call under a deadline, validation, cache.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from ..circuit_breaker import CircuitBreaker
from .parse import InvalidReply
from .prompts import PROMPT_VERSION, Prompt
from .providers import table
from .providers.base import Endpoint, Provider, ProviderError, Reply
from .shared_state import SharedState
from .single_flight import PricedReply, SingleFlight
from .workers import CallLimits

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_FAILURES = 3  # in a row, before the circuit breaker opens
PAUSE = 30.0  # seconds
LONG_PAUSE = 300.0  # after failures that someone must fix
MAX_PAUSE = 3600.0  # however long the service asks us to wait
NEEDS_FIXING = frozenset({"bad_key", "missing_model", "no_credit"})
NOT_A_FAILURE = frozenset({"blocked", "busy", "impatient"})  # these are not the service's fault
CHARS_PER_TOKEN = 4  # for services that do not report tokens
LOST_OUTPUT_TOKENS = 100  # assumed price of an answer that came too late
MIN_PATIENCE = 1.0  # seconds; hardly any model answers faster
GRACE = 0.25  # seconds that may pass before the call starts


class CheckedReply(NamedTuple, Generic[T]):
    """A validated reply, and the estimated price of the call that was made for it."""

    value: T
    cost_usd: float | None  # None if the reply came from the cache or from another caller


class ModelGateway:
    """Everything between this process and one configured model."""

    def __init__(
        self, endpoint: Endpoint, limits: CallLimits, *, use_circuit_breaker: bool = True
    ) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._breaker = CircuitBreaker(MAX_FAILURES, PAUSE) if use_circuit_breaker else None
        self._single_flight = SingleFlight(endpoint.timeout + 1)
        self._build_lock = threading.Lock()
        self._provider: Provider | None = None

    def ask(
        self,
        prompt: Prompt,
        parse: Callable[[str], T],
        state: SharedState,
        *,
        client: str = "",
        seconds: float = math.inf,
    ) -> CheckedReply[T]:
        """Return the validated reply within about the endpoint's timeout, or raise ProviderError.

        `client` identifies the caller for rate limiting; `seconds` is how long the caller waits.
        """
        deadline = time.monotonic() + min(self._endpoint.timeout, seconds)
        key = self._cache_key(prompt)
        cached = state.recall(key)
        if cached is not None:
            return CheckedReply(_validate(parse, cached), None)
        if seconds < min(MIN_PATIENCE, self._endpoint.timeout):
            raise ProviderError("impatient")  # the call would cost money and come too late
        if client and not state.client_may_ask(client):
            raise ProviderError("client_limit")

        def call() -> PricedReply:
            reply = self._call(prompt, state, deadline)
            cost = self._cost(prompt, reply)
            state.charge(cost, self._endpoint.provider)
            _validate(parse, reply.text, is_cut_off=reply.cut_off)
            return PricedReply(reply.text, cost)

        self._limits.callers.take()
        try:
            reply = self._single_flight.fetch(key, call, state, deadline)
        finally:
            self._limits.callers.release()
        return CheckedReply(_validate(parse, reply.text), reply.cost_usd)

    def warm_up(self) -> None:
        """Build the provider now, so that the first call does not have to."""
        self._built_provider()

    def seconds_paused(self, state: SharedState) -> float:
        """Return how many more seconds the service asks us to wait."""
        return state.seconds_paused(self._pause_key)

    def _call(self, prompt: Prompt, state: SharedState, deadline: float) -> Reply:
        workers = self._limits.workers
        workers.take()
        try:
            if self._breaker and not self._breaker.allows():
                raise ProviderError("paused")
            reason = self._reason_not_to_call(state)
            if reason:
                if self._breaker:
                    self._breaker.not_tried()
                raise ProviderError(reason)
        except BaseException:
            workers.release()
            raise
        try:
            seconds = deadline - time.monotonic()
            reply = workers.run(lambda: self._complete(prompt, deadline), seconds)
        except ProviderError as error:
            raise self._failed(error, prompt, state, seconds) from None
        if self._breaker:
            self._breaker.succeeded()
        return reply

    def _reason_not_to_call(self, state: SharedState) -> str:
        if self._breaker and self.seconds_paused(state):  # another process was told to wait
            return "paused"
        return "" if state.may_spend() else "budget"

    def _failed(
        self, error: ProviderError, prompt: Prompt, state: SharedState, seconds: float
    ) -> ProviderError:
        """Handle the failure of a call that had `seconds` to answer; return the error to raise."""
        if error.reason == "deadline" or error.answer_lost:
            # The service may answer and charge all the same.
            cost = self._endpoint.cost(_estimated_tokens(prompt), LOST_OUTPUT_TOKENS)
            state.charge(cost, self._endpoint.provider)
        elif any(error.usage):
            state.charge(self._endpoint.cost(*error.usage), self._endpoint.provider)
        if error.reason == "deadline" and seconds < self._endpoint.timeout - GRACE:
            return ProviderError("impatient")  # the caller's time was up, not the service's
        if self._breaker and error.reason not in NOT_A_FAILURE:
            self._pause_after(error, self._breaker, state)
        return error

    def _pause_after(
        self, error: ProviderError, breaker: CircuitBreaker, state: SharedState
    ) -> None:
        """Report a failure to the circuit breaker, and for how long to wait to all processes."""
        asked_for = min(error.retry_after, MAX_PAUSE)
        if asked_for:
            state.pause(self._pause_key, asked_for)
        pause = max(asked_for, LONG_PAUSE if error.reason in NEEDS_FIXING else 0.0)
        if breaker.failed(pause or None):
            logger.warning(
                "The model will not be asked for %.0f s: %s.", pause or PAUSE, error.reason
            )

    def _complete(self, prompt: Prompt, deadline: float) -> Reply:
        try:
            provider = self._built_provider()
        except ProviderError:
            raise
        except Exception as error:
            logger.exception("The client for %s could not be built.", self._endpoint.provider)
            raise ProviderError("not_built") from error
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise ProviderError("deadline")
        return provider.complete(prompt, seconds)

    def _built_provider(self) -> Provider:
        with self._build_lock:
            if self._provider is None:
                self._provider = table.build(self._endpoint)
            return self._provider

    def _cache_key(self, prompt: Prompt) -> str:
        """Identify one question to one model with one version of the prompts."""
        endpoint = self._endpoint
        parts = (PROMPT_VERSION, endpoint.provider, endpoint.model, endpoint.base_url)
        question = "\0".join((*parts, prompt.task.name, prompt.ticket))
        return hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def _pause_key(self) -> str:
        """Identify what a service limits: a model under a key. Another key may be used at once."""
        endpoint = self._endpoint
        parts = (endpoint.provider, endpoint.model, endpoint.base_url, endpoint.api_key)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def _cost(self, prompt: Prompt, reply: Reply) -> float:
        return self._endpoint.cost(
            reply.usage.input_tokens or _estimated_tokens(prompt),
            reply.usage.output_tokens or len(reply.text) // CHARS_PER_TOKEN,
        )


def _estimated_tokens(prompt: Prompt) -> int:
    return (len(prompt.task.instructions) + len(prompt.ticket)) // CHARS_PER_TOKEN


def _validate(parse: Callable[[str], T], reply: str, *, is_cut_off: bool = False) -> T:
    try:
        return parse(reply)
    except InvalidReply as error:
        raise ProviderError("cut_off" if is_cut_off else "invalid_reply") from error
