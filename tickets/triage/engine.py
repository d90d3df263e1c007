"""The three questions of triage: they never raise, and always answer in time.

Each asks the model when one is configured and may be used, else the offline classifier, else
answers the default.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from . import config, offline, parse, prompts, providers, text
from .guard import Guard, Outcomes
from .providers.base import ProviderError
from .types import Classification, Evidence, Title, Tone

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_QUOTE_CHARS = 120
_outcomes = Outcomes()
_guard_for = functools.lru_cache(maxsize=8)(Guard)
# A child process must not inherit the parent's open connections and held locks.
os.register_at_fork(after_in_child=_guard_for.cache_clear)


def _always() -> bool:
    return True


_spend: Callable[[], bool] = _always


def set_budget(spend: Callable[[], bool]) -> None:
    """Have `spend` called right before each call of a model; when it says False, none is made.

    It runs in the caller's thread, so it may use the database.
    """
    global _spend
    _spend = spend


def classify(description: str, title: str = "", *, use_model: bool = True) -> Classification:
    """Category and priority of a ticket. Offline opinions take milliseconds."""
    started = time.perf_counter()
    answer = _model_classification(description, title) if use_model else None
    if answer is None:
        answer = _offline(
            "classify", Classification(), lambda: offline.classify(description, title)
        )
    return dataclasses.replace(answer, latency_ms=round((time.perf_counter() - started) * 1000))


def suggest_title(description: str, *, use_model: bool = True) -> Title:
    """A title of 1 to 80 characters; offline it is the first sentence, cut at a word."""
    if use_model:
        reply = _ask(prompts.SUGGEST_TITLE, parse.title, "", description)
        if reply is not None:
            return Title(reply, "llm")
    return _offline("suggest_title", Title(), lambda: offline.suggest_title(description))


def score_tone(description: str, title: str = "", *, use_model: bool = True) -> Tone:
    """Sentiment and urgency of a ticket."""
    if use_model:
        reply = _ask(prompts.SCORE_TONE, parse.tone, title, description)
        if reply is not None:
            return Tone(reply.sentiment, reply.urgency_score, "llm")
    return _offline("score_tone", Tone(), lambda: offline.score_tone(description, title))


def model_may_be_asked(description: str, title: str = "") -> bool:
    """Whether a model would be asked about this text."""
    try:
        _refuse_without_need(config.from_settings(), title, description)
    except ProviderError:
        return False
    return True


def warm_up(*, wait: bool = False) -> None:
    """Build the lexicon and import the provider's package, once a process.

    Call it in each process after the fork, so that the first calls are not late. The import
    runs in the background, or with `wait` before this returns.
    """
    offline.warm_up()
    settings = config.from_settings()
    if settings.has_model:
        guard = _guard_for(settings)
        thread = threading.Thread(target=_quietly, args=(guard.warm_up,), daemon=True)
        thread.start()
        if wait:
            thread.join()


def outcomes() -> dict[str, int]:
    """How often each task ended in which way since this process started: {"classify:llm": 3}."""
    return _outcomes.as_dict()


def _model_classification(description: str, title: str) -> Classification | None:
    reply = _ask(prompts.CLASSIFY, parse.classification, title, description)
    if reply is None:
        return None
    provider, model = providers.name_and_model(config.from_settings())
    quotes = [("category", words) for words in reply.category_words]
    quotes += [("priority", words) for words in reply.priority_words]
    return Classification(
        reply.category,
        reply.priority,
        "llm",
        reply.category_confidence,
        reply.priority_confidence,
        evidence=tuple(_located(quotes, title, description)),
        provider=provider,
        model=model,
        prompt_version=prompts.PROMPT_VERSION,
    )


def _ask(
    task: prompts.Task, parse_reply: Callable[[str], T], title: str, description: str
) -> T | None:
    """The model's checked reply, or None when there is none. Every outcome is counted."""
    try:
        settings = config.from_settings()
        _refuse_without_need(settings, title, description)
        limit = settings.llm_max_input_chars
        title, description = text.outgoing(title, limit // 4), text.outgoing(description, limit)
        prompt = prompts.about(task, title, description)
        reply = _guard_for(settings).ask(prompt, parse_reply, _spend)
    except ProviderError as error:
        _outcomes.add(task.name, error.reason)
        return None
    except Exception:
        logger.exception("Asking the model failed in a way that it should not.")
        _outcomes.add(task.name, "error")
        return None
    _outcomes.add(task.name, "llm")
    return reply


def _refuse_without_need(settings: config.Config, title: str, description: str) -> None:
    if not settings.llm_enabled:
        raise ProviderError("disabled")
    if not settings.has_model:
        raise ProviderError("no_key")
    if len(title) + len(description.strip()) < settings.llm_min_chars:
        raise ProviderError("too_short")


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
