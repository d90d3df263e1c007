"""The three questions of triage: they never raise, and always answer in time.

Each asks the model when one is configured and may be used, else the offline classifier, else
answers the default.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from . import config, offline, parse, prompts, text
from .config import Config, Endpoint
from .guard import Guard, Pool
from .providers.base import ProviderError
from .shared import Alone, Shared
from .types import Classification, Evidence, Title, Tone

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_QUOTE_CHARS = 120
PROBE_TEXT = (
    "My card was charged twice for the invoice of March. Please refund one of the payments."
)
# Nothing was to be asked, so nothing happened that is worth counting.
NOT_ASKED = frozenset({"disabled", "no_key"})
_shared: Shared = Alone()
_pauses = True
_pool_of = functools.lru_cache(maxsize=8)(Pool)


@functools.lru_cache(maxsize=16)
def _guard_for(endpoint: Endpoint, places: int, pauses: bool) -> Guard:
    return Guard(endpoint, _pool_of(places), pauses=pauses)


def _start_anew() -> None:
    """A child process must not inherit the parent's open connections and held locks."""
    _guard_for.cache_clear()
    _pool_of.cache_clear()


os.register_at_fork(after_in_child=_start_anew)


def set_shared(shared: Shared, *, pauses: bool = True) -> Shared:
    """Have all calls of a model go by these limits, counts and cache; returns those before.

    Without `pauses` a model that fails is asked on, as whoever measures it wants to.
    """
    global _shared, _pauses
    before, _shared, _pauses = _shared, shared, pauses
    return before


def classify(
    description: str,
    title: str = "",
    *,
    use_model: bool = True,
    client: str = "",
    seconds: float = math.inf,
    settings: Config | None = None,
) -> Classification:
    """Category and priority of a ticket. Offline opinions take milliseconds.

    `client` is who asks, where calls are limited by client, and `seconds` how long they wait;
    `settings` replaces the ones in force.
    """
    started = time.perf_counter()
    answer = None
    if use_model:
        question = _Question(prompts.CLASSIFY, title, description, client, seconds)
        asked = _ask(question, parse.classification, settings)
        answer = asked and _classification(asked, title, description)
    if answer is None:
        answer = _offline(
            "classify", Classification(), lambda: offline.classify(description, title)
        )
    return dataclasses.replace(answer, latency_ms=_milliseconds(started))


def suggest_title(
    description: str, *, use_model: bool = True, client: str = "", seconds: float = math.inf
) -> Title:
    """A title of 1 to 80 characters; offline it is the first sentence, cut at a word.

    `client` and `seconds` as in `classify`.
    """
    if use_model:
        question = _Question(prompts.SUGGEST_TITLE, "", description, client, seconds)
        asked = _ask(question, parse.title)
        if asked is not None:
            return Title(asked.reply, "llm")
    return _offline("suggest_title", Title(), lambda: offline.suggest_title(description))


def score_tone(
    description: str, title: str = "", *, use_model: bool = True, settings: Config | None = None
) -> Tone:
    """Sentiment and urgency of a ticket. `settings` replaces the ones in force."""
    started = time.perf_counter()
    answer = None
    if use_model:
        asked = _ask(_Question(prompts.SCORE_TONE, title, description), parse.tone, settings)
        answer = asked and _tone(asked)
    if answer is None:
        answer = _offline("score_tone", Tone(), lambda: offline.score_tone(description, title))
    return dataclasses.replace(answer, latency_ms=_milliseconds(started))


def model_may_be_asked(description: str, title: str = "", settings: Config | None = None) -> bool:
    """Whether a model would be asked about this text."""
    settings = settings or config.from_settings()
    try:
        _usable_endpoint(settings, prompts.CLASSIFY)
        _outgoing(settings, title, description)
    except ProviderError:
        return False
    return True


class Probe(NamedTuple):
    """How one live call ended: the answer, or the reason why there is none."""

    endpoint: Endpoint | None
    reply: parse.ClassifyReply | None
    reason: str
    seconds: float
    cost_usd: float


def probe() -> Probe:
    """Ask the model once about a ticket of our own, past cache, limits and breaker."""
    settings, started = config.from_settings(), time.perf_counter()
    endpoint = settings.endpoint(prompts.CLASSIFY.name)
    reply, reason, cost = None, "", 0.0
    try:
        usable = _usable_endpoint(settings, prompts.CLASSIFY)
        prompt = prompts.about(prompts.CLASSIFY, "", PROBE_TEXT)
        reply, paid = Guard(usable, Pool(1)).ask(prompt, parse.classification, Alone())
        cost = paid or 0.0
    except ProviderError as error:
        reason = error.reason
    return Probe(endpoint, reply, reason, time.perf_counter() - started, cost)


def unusable(settings: Config) -> str:
    """Why no model can be asked with these settings, as a stable word; "" when one can."""
    try:
        _usable_endpoint(settings, prompts.CLASSIFY)
    except ProviderError as error:
        return error.reason
    return ""


def warm_up(*, wait: bool = False, settings: Config | None = None) -> None:
    """Build the lexicon and import the provider's package, once a process.

    Call it in each process after the fork, so that the first calls are not late. The import
    runs in the background, or with `wait` before this returns. `settings` replaces the ones
    in force.
    """
    offline.warm_up()
    settings = settings or config.from_settings()
    try:
        guard = _guard(_usable_endpoint(settings, prompts.CLASSIFY), settings)
    except ProviderError:
        return
    thread = threading.Thread(target=_quietly, args=(guard.warm_up,), daemon=True)
    thread.start()
    if wait:
        thread.join()


class _Question(NamedTuple):
    task: prompts.Task
    title: str
    description: str
    client: str = ""
    seconds: float = math.inf


class _Asked(NamedTuple, Generic[T]):
    reply: T
    endpoint: Endpoint
    cost_usd: float

    def origin(self) -> dict[str, Any]:
        """The fields of an Answer that say where it came from."""
        return {
            "source": "llm",
            "provider": self.endpoint.provider,
            "model": self.endpoint.model,
            "prompt_version": prompts.PROMPT_VERSION,
            "cost_usd": self.cost_usd,
        }


def _classification(
    asked: _Asked[parse.ClassifyReply], title: str, description: str
) -> Classification:
    reply = asked.reply
    quotes = [("category", words) for words in reply.category_words]
    quotes += [("priority", words) for words in reply.priority_words]
    return Classification(
        reply.category,
        reply.priority,
        reply.category_confidence,
        reply.priority_confidence,
        evidence=tuple(_located(quotes, title, description)),
        **asked.origin(),
    )


def _tone(asked: _Asked[parse.ToneReply]) -> Tone:
    return Tone(asked.reply.sentiment, asked.reply.urgency_score, **asked.origin())


def _ask(
    question: _Question, parse_reply: Callable[[str], T], settings: Config | None = None
) -> _Asked[T] | None:
    """The model's checked reply, or None when there is none. Every outcome is counted."""
    outcome = "llm"
    try:
        settings = settings or config.from_settings()
        endpoint = _usable_endpoint(settings, question.task)
        prompt = prompts.about(
            question.task, *_outgoing(settings, question.title, question.description)
        )
        answer = _guard(endpoint, settings).ask(
            prompt, parse_reply, _shared, client=question.client, seconds=question.seconds
        )
        outcome = "cached" if answer.cost_usd is None else "llm"
        return _Asked(answer.value, endpoint, answer.cost_usd or 0.0)
    except ProviderError as error:
        outcome = error.reason
    except Exception:
        logger.exception("Asking the model failed in a way that it should not.")
        outcome = "error"
    finally:
        _count(question.task.name, outcome)
    return None


def _guard(endpoint: Endpoint, settings: Config) -> Guard:
    return _guard_for(endpoint, settings.llm_concurrency, _pauses)


def _usable_endpoint(settings: Config, task: prompts.Task) -> Endpoint:
    """The model to ask; ProviderError when there is none or it lacks what it needs."""
    endpoint = settings.endpoint(task.name)
    if endpoint is None:
        unset = settings.llm_enabled and settings.llm_provider == "auto"
        raise ProviderError("no_key" if unset else "disabled")
    if endpoint.needs_key and not endpoint.api_key:
        raise ProviderError("no_key")
    if not endpoint.model:
        raise ProviderError("no_model")
    return endpoint


def _outgoing(settings: Config, title: str, description: str) -> tuple[str, str]:
    """Both texts as they may leave; ProviderError when they are too short to be worth a call."""
    limit = settings.llm_max_input_chars
    title = text.outgoing(title, limit // 4)
    description = text.outgoing(description, limit - len(title))
    if len(title) + len(description) < settings.llm_min_chars:
        raise ProviderError("too_short")
    return title, description


def _count(task: str, outcome: str) -> None:
    if outcome in NOT_ASKED:
        return
    try:
        _shared.count(f"{task}:{outcome}")
    except Exception:
        logger.exception("An outcome could not be counted.")


def _milliseconds(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _offline(task: str, default: T, answer: Callable[[], T | None]) -> T:
    try:
        return answer() or default
    except Exception:
        logger.exception("The offline classifier failed at %s.", task)
        return default


def _located(quotes: Iterable[tuple[str, str]], title: str, description: str) -> Iterable[Evidence]:
    """The model's quotes that really stand in the ticket, each where it first stands."""
    for decides, quote in quotes:
        if not quote.strip() or len(quote) > MAX_QUOTE_CHARS:
            continue
        for name, value in (("title", title), ("description", description)):
            start = value.find(quote)
            if start >= 0:
                yield Evidence(decides, name, quote, start, start + len(quote))
                break


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception as error:
        logger.warning("The model's package could not be made ready: %s.", error)
