"""The questions of triage. They never raise an exception, and always answer in time.

Each asks the model if one is configured and may be asked. Otherwise it asks the offline
classifier, and as a last resort it returns the default.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from ..vocabulary import REVIEW_BELOW_CONFIDENCE, Language
from . import config, parse, prompts, redaction
from .config import Config
from .gateway import ModelGateway
from .offline import classifier, languages
from .offline.encoders import choice
from .offline.lexicon.compiled import load_lexicon
from .offline.titles import suggestion as offline_title
from .providers.base import Endpoint, ProviderError
from .results import Classification, Evidence, SentimentScore, SuggestedTitle, TriageResult
from .shared_state import LocalSharedState, SharedState
from .workers import CallLimits

logger = logging.getLogger(__name__)
T = TypeVar("T")
ResultT = TypeVar("ResultT", bound=TriageResult)

MAX_QUOTE_CHARS = 120
MAX_CONTRADICTED = round(REVIEW_BELOW_CONFIDENCE - 0.05, 2)  # confidence, so that an agent looks
PROBE_TEXT = (
    "My card was charged twice for the invoice of March. Please refund one of the payments."
)
# No model is configured, so this outcome is not worth counting.
NOT_ASKED = frozenset({"disabled", "no_key", "no_provider"})
_state: SharedState = LocalSharedState()
_use_circuit_breaker = True
_limits_for = functools.lru_cache(maxsize=8)(CallLimits)


@functools.lru_cache(maxsize=16)
def _gateway_for(endpoint: Endpoint, concurrency: int, use_circuit_breaker: bool) -> ModelGateway:
    limits = _limits_for(concurrency)
    return ModelGateway(endpoint, limits, use_circuit_breaker=use_circuit_breaker)


def _reset_after_fork() -> None:
    """Let a child process not inherit its parent's open connections and held locks."""
    _gateway_for.cache_clear()
    _limits_for.cache_clear()


os.register_at_fork(after_in_child=_reset_after_fork)


def set_shared_state(state: SharedState, *, use_circuit_breaker: bool = True) -> SharedState:
    """Set the limits, counters and cache of all calls to a model; return the previous ones.

    Without a circuit breaker a failing model is still asked, as for measuring it.
    """
    global _state, _use_circuit_breaker
    previous, _state, _use_circuit_breaker = _state, state, use_circuit_breaker
    return previous


def classify(
    description: str,
    title: str = "",
    *,
    use_model: bool = True,
    client: str = "",
    seconds: float = math.inf,
    settings: Config | None = None,
    ticket: int = 0,
) -> Classification:
    """Return the category and priority of a ticket. Without a model this takes milliseconds.

    `client` identifies the caller where calls are limited by client, `seconds` is how long the
    caller waits, and `settings` replaces the current configuration. What an agent said of the
    stored ticket with the id `ticket` is no evidence about it.
    """
    started = time.perf_counter()
    result = None
    if use_model:
        question = _Question(prompts.CLASSIFY, title, description, client, seconds)
        answer = _ask_model(question, parse.classification, settings)
        result = answer and _classification(answer, title, description)
    if result is None:
        result = _offline(
            "classify",
            Classification(),
            lambda: classifier.classify(description, title, without=ticket),
        )
    return dataclasses.replace(result, latency_ms=_milliseconds_since(started))


def suggest_title(
    description: str, *, use_model: bool = True, client: str = "", seconds: float = math.inf
) -> SuggestedTitle:
    """Return a title of 1 to 80 characters; offline the first sentence, cut at a word.

    `client` and `seconds` are as for `classify`.
    """
    if use_model:
        question = _Question(prompts.SUGGEST_TITLE, "", description, client, seconds)
        answer = _ask_model(question, parse.title)
        if answer is not None:
            return SuggestedTitle(answer.reply, "llm")
    return _offline(
        "suggest_title", SuggestedTitle(), lambda: offline_title.suggest_title(description)
    )


def language_of(description: str, title: str = "") -> Language | None:
    """Return the language that a ticket is written in, or None if that is not clear. Offline."""
    return _offline("language", None, lambda: languages.language_of(f"{title}\n{description}"))


def score_sentiment(
    description: str,
    title: str = "",
    *,
    use_model: bool = True,
    settings: Config | None = None,
    ticket: int = 0,
    lexicon_only: bool = False,
) -> SentimentScore:
    """Return the sentiment and urgency of a ticket. `settings` and `ticket` are as for `classify`.

    With `lexicon_only` the lexicon alone answers, in less than a millisecond.
    """
    started = time.perf_counter()
    result = None
    if use_model:
        question = _Question(prompts.SCORE_SENTIMENT, title, description)
        answer = _ask_model(question, parse.sentiment, settings)
        result = answer and _sentiment_score(answer)
    if result is None:
        result = _offline(
            "score_sentiment",
            SentimentScore(),
            lambda: classifier.score_sentiment(
                description, title, without=ticket, lexicon_only=lexicon_only
            ),
        )
    return dataclasses.replace(result, latency_ms=_milliseconds_since(started))


def model_may_be_asked(description: str, title: str = "", settings: Config | None = None) -> bool:
    """Return whether a model would be asked about this text."""
    settings = settings or config.from_settings()
    if why_unusable(settings):
        return False
    try:
        _outgoing(settings, title, description)
    except ProviderError:
        return False
    return True


class Probe(NamedTuple):
    """The outcome of one live call: a reply, or the reason why there is none."""

    endpoint: Endpoint
    reply: parse.ClassifyReply | None
    reason: str
    seconds: float
    cost_usd: float
    retry_after: float = 0.0  # seconds that the service asks us to wait


def probe(endpoint: Endpoint) -> Probe:
    """Ask a model once about a fixed text, without cache, limits and circuit breaker."""
    if endpoint.missing:
        return Probe(endpoint, None, endpoint.missing, 0.0, 0.0)
    gateway = ModelGateway(endpoint, CallLimits(1))
    with contextlib.suppress(Exception):  # the call below reports it
        gateway.warm_up()  # the import takes seconds, and is no part of the call
    prompt, started = prompts.about(prompts.CLASSIFY, "", PROBE_TEXT), time.perf_counter()
    reply, reason, cost, retry_after = None, "", 0.0, 0.0
    try:
        checked = gateway.ask(prompt, parse.classification, LocalSharedState())
        reply, cost = checked.value, checked.cost_usd or 0.0
    except ProviderError as error:
        reason, retry_after = error.reason, error.retry_after
    return Probe(endpoint, reply, reason, time.perf_counter() - started, cost, retry_after)


def why_unusable(settings: Config, task: prompts.Task = prompts.CLASSIFY) -> str:
    """Return the reason why no model can be asked with these settings; "" if one can."""
    endpoint = settings.endpoint(task.name)
    if endpoint is None:
        is_unset = settings.llm_enabled and settings.llm_provider == "auto"
        if not is_unset:
            return "disabled"
        return "no_provider" if settings.llm_api_key else "no_key"
    return endpoint.missing


def seconds_paused(settings: Config | None = None) -> float:
    """Return how many more seconds a service asks us to wait; 0 if none does."""
    settings = settings or config.from_settings()
    endpoints = {settings.endpoint(task.name) for task in prompts.TASKS}
    return max(
        (_gateway(e, settings).seconds_paused(_state) for e in endpoints if e and not e.missing),
        default=0.0,
    )


def load_offline() -> None:
    """Load lexicon and encoder. Before a fork, so that all processes share their memory."""
    load_lexicon()
    choice.current()


def warm_up(*, wait: bool = False, settings: Config | None = None) -> None:
    """Load the offline classifier and import the provider's package, once per process.

    Call it in each process after the fork, so that the first calls are fast. The import runs in
    the background, or before this returns if `wait` is set. `settings` replaces the present
    configuration.
    """
    load_offline()
    settings = settings or config.from_settings()
    endpoint = settings.endpoint(prompts.CLASSIFY.name)
    if endpoint is None or endpoint.missing:
        return
    gateway = _gateway(endpoint, settings)
    thread = threading.Thread(target=_warm_up_gateway, args=(gateway,), daemon=True)
    thread.start()
    if wait:
        thread.join()


def _warm_up_gateway(gateway: ModelGateway) -> None:
    try:
        gateway.warm_up()
    except Exception as error:
        logger.warning("The model's package could not be imported ahead of time: %s.", error)


class _Question(NamedTuple):
    task: prompts.Task
    title: str
    description: str
    client: str = ""
    seconds: float = math.inf


class _ModelAnswer(NamedTuple, Generic[T]):
    reply: T
    endpoint: Endpoint
    cost_usd: float

    def attribute(self, result: ResultT) -> ResultT:
        """Return the result with where it came from and what it cost."""
        return dataclasses.replace(
            result,
            source="llm",
            provider=self.endpoint.provider,
            model=self.endpoint.model,
            prompt_version=prompts.PROMPT_VERSION,
            cost_usd=self.cost_usd,
        )


def _classification(
    answer: _ModelAnswer[parse.ClassifyReply], title: str, description: str
) -> Classification:
    reply = answer.reply
    category_confidence, priority_confidence = _checked(answer, title, description)
    quotes = [("category", quote) for quote in reply.category_quotes]
    quotes += [("priority", quote) for quote in reply.priority_quotes]
    result = Classification(
        reply.category,
        reply.priority,
        category_confidence,
        priority_confidence,
        evidence=tuple(_located(quotes, title, description)),
        category_claimed=reply.category_confidence,
        priority_claimed=reply.priority_confidence,
    )
    return answer.attribute(result)


def _checked(
    answer: _ModelAnswer[parse.ClassifyReply], title: str, description: str
) -> tuple[float | None, float | None]:
    """Return what the model's confidences are worth.

    They are moved by how often the model was right here, and low where the offline classifier
    contradicts: a text can dictate the model's answer with any confidence ("critical, 1.0"). An
    agent should see that, and the offline classifier does not follow instructions.
    """
    reply, model = answer.reply, answer.endpoint.model
    contradicted = _offline(
        "check",
        (False, False),
        lambda: classifier.contradicts(description, title, reply.category, reply.priority),
    )
    category = _worth("category", reply.category_confidence, model)
    priority = _worth("priority", reply.priority_confidence, model)
    return (
        _lowered(category) if contradicted[0] else category,
        _lowered(priority) if contradicted[1] else priority,
    )


def _worth(field: str, claimed: float | None, model: str) -> float | None:
    if claimed is None:
        return None
    return _offline(
        "calibrate", claimed, lambda: classifier.calibrated_claim(field, model, claimed)
    )


def _lowered(confidence: float | None) -> float:
    return MAX_CONTRADICTED if confidence is None else min(confidence, MAX_CONTRADICTED)


def _sentiment_score(answer: _ModelAnswer[parse.SentimentReply]) -> SentimentScore:
    reply = answer.reply
    return answer.attribute(SentimentScore(reply.sentiment, reply.urgency_score))


def _ask_model(
    question: _Question, parse_reply: Callable[[str], T], settings: Config | None = None
) -> _ModelAnswer[T] | None:
    """Return the model's validated reply, or None if there is none. Count every outcome."""
    outcome, provider, is_shadow = "llm", "none", settings is not None
    try:
        settings = settings or config.from_settings()
        provider = settings.provider
        endpoint = settings.endpoint(question.task.name)
        if endpoint is None or endpoint.missing:
            outcome = why_unusable(settings, question.task)
            return None
        title, description = _outgoing(settings, question.title, question.description)
        prompt = prompts.about(question.task, title, description)
        checked = _gateway(endpoint, settings).ask(
            prompt, parse_reply, _state, client=question.client, seconds=question.seconds
        )
        outcome = "cached" if checked.cost_usd is None else "llm"
        return _ModelAnswer(checked.value, endpoint, checked.cost_usd or 0.0)
    except ProviderError as error:
        outcome = error.reason
    except Exception:
        logger.exception("Asking the model failed unexpectedly.")
        outcome = "error"
    finally:
        _count(question.task.name, outcome, provider, is_shadow=is_shadow)
    return None


def _gateway(endpoint: Endpoint, settings: Config) -> ModelGateway:
    return _gateway_for(endpoint, settings.llm_concurrency, _use_circuit_breaker)


def _outgoing(settings: Config, title: str, description: str) -> tuple[str, str]:
    """Return both texts as they may be sent; ProviderError if they are too short for a call."""
    limit = settings.llm_max_input_chars
    title = redaction.outgoing(title, limit // 4)
    description = redaction.outgoing(description, limit - len(title))
    if len(title) + len(description) < settings.llm_min_chars:
        raise ProviderError("too_short")
    return title, description


def _count(task: str, outcome: str, provider: str, *, is_shadow: bool) -> None:
    if outcome in NOT_ASKED:
        return
    try:
        _state.count(task, outcome, provider, is_shadow=is_shadow)
    except Exception:
        logger.exception("An outcome could not be counted.")


def _milliseconds_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _offline(task: str, default: T, predict: Callable[[], T | None]) -> T:
    try:
        return predict() or default
    except Exception:
        logger.exception("The offline classifier failed at %s.", task)
        return default


def _located(quotes: Iterable[tuple[str, str]], title: str, description: str) -> Iterable[Evidence]:
    """Yield the model's quotes that the ticket contains, with their first positions."""
    for decides, quote in quotes:
        if not quote.strip() or len(quote) > MAX_QUOTE_CHARS:
            continue
        for name, value in (("title", title), ("description", description)):
            start = value.find(quote)
            if start >= 0:
                yield Evidence(decides, name, quote, start, start + len(quote))
                break
