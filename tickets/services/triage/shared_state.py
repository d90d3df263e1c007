"""What the desk's processes share for triage, in the database.

Implements the protocol of `triage/shared_state.py`: everything around a model's calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.db import connection
from django.db.models import F
from django.utils import timezone

from ...access.throttling import budgets_of_network
from ...models.housekeeping import Counter
from ...querysets.counters import Budget
from ...triage import config, engine
from ...triage.providers.base import FAILURE_REASONS

DAY, MINUTE = 24 * 3600, 60  # seconds
CALLS, COST, OUTCOMES = "model-calls", "model-cost", "outcome:"
MICRO = 1_000_000  # costs are counted in millionths of a dollar
FAILURE = "failure"  # the cache's key
# How a question ends while the model fails. A text that it refuses says nothing about others.
FAILURES = {*FAILURE_REASONS, "invalid_reply", "not_built", "error", "paused", "budget"} - {
    "blocked"
}


class Outcome(NamedTuple):
    """How questions ended, such as ("classify", "llm", "gemini")."""

    task: str
    outcome: str
    provider: str


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """The model has answered nothing since. `reason` is how the first question ended."""

    since: datetime
    reason: str


class DatabaseSharedState:
    """Replies and claims in Django's database cache, limits and counts in counters."""

    def recall(self, key: str) -> str | None:
        reply: str | None = _cache().get(f"reply:{key}")
        return reply

    def remember(self, key: str, reply: str) -> None:
        _cache().set(f"reply:{key}", reply, settings.LLM_CACHE_SECONDS)

    def claim(self, key: str, seconds: float) -> bool:
        # The cache stores whole seconds. When it is full it drops keys in alphabetical order,
        # so the prefix makes claims go last.
        return _cache().add(f"working:{key}", 1, math.ceil(seconds) + 1)

    def is_claimed(self, key: str) -> bool:
        return _cache().get(f"working:{key}") is not None

    def release(self, key: str) -> None:
        _cache().delete(f"working:{key}")

    def pause(self, key: str, seconds: float) -> None:
        ends = timezone.now() + timedelta(seconds=seconds)
        _cache().set(f"working:pause:{key}", ends, math.ceil(seconds) + 1)

    def seconds_paused(self, key: str) -> float:
        ends: datetime | None = _cache().get(f"working:pause:{key}")
        return max((ends - timezone.now()).total_seconds(), 0.0) if ends else 0.0

    def client_may_ask(self, client: str) -> bool:
        a_minute, a_day = settings.LLM_CLIENT_CALLS, settings.LLM_CLIENT_DAILY_CALLS
        budgets = [
            Budget(f"model:{client}", a_minute, MINUTE),
            Budget(f"model:{client}:day", a_day, DAY),
        ]
        if Counter.objects.spend(budgets):
            return False
        of_network = budgets_of_network("model", client, a_day, settings.LLM_DAILY_CALLS)
        return not (of_network and Counter.objects.spend(of_network))

    def may_spend(self) -> bool:
        if spent_today() >= settings.LLM_DAILY_COST:
            return False
        if Counter.objects.add(CALLS, 1, seconds=DAY) <= settings.LLM_DAILY_CALLS:
            return True
        Counter.objects.filter(name=CALLS).update(count=F("count") - 1)  # no call is made
        return False

    def charge(self, cost_usd: float, provider: str) -> None:
        Counter.objects.add(f"{COST}:{provider}", math.ceil(cost_usd * MICRO), seconds=DAY)

    def count(self, task: str, outcome: str, provider: str, *, is_shadow: bool = False) -> None:
        name = f"{task} (shadow)" if is_shadow else task
        Counter.objects.add(f"{OUTCOMES}{name}:{outcome}:{provider}", 1, seconds=DAY)
        if is_shadow:
            return
        if outcome == "llm":
            _cache().delete(FAILURE)
        elif outcome in FAILURES and not _cache().add(FAILURE, (timezone.now(), outcome), DAY):
            _cache().touch(FAILURE, DAY)


def calls_today() -> int:
    """Return the number of model calls since midnight UTC."""
    return Counter.objects.counts(CALLS, seconds=DAY).get("", 0)


def spent_today() -> float:
    """Return the estimated cost of the calls since midnight UTC, in USD."""
    return sum(costs_today().values())


def costs_today() -> dict[str, float]:
    """Return these costs by the provider."""
    costs = Counter.objects.counts(COST, seconds=DAY)
    return {provider.removeprefix(":"): cost / MICRO for provider, cost in costs.items()}


def outcomes_today() -> dict[Outcome, int]:
    """Return how questions ended since midnight UTC, and how many."""
    counts = Counter.objects.counts(OUTCOMES, seconds=DAY)
    # On the day of an upgrade from 0.5, there are some without a provider.
    return {Outcome(*f"{name}:".split(":")[:3]): count for name, count in counts.items()}


def model_failure() -> ModelFailure | None:
    """Return since when the model fails; None if it answers, or if none is to be asked.

    A failure is forgotten after a day in which nobody asked again. One query at most.
    """
    if engine.why_unusable(config.from_settings()):
        return None
    failure = _cache().get(FAILURE)
    return ModelFailure(*failure) if failure else None


def purge_replies() -> None:
    """Delete expired replies. The cache does so itself only when it is full."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM triage_cache WHERE expires < %s", [timezone.now()])


def _cache() -> BaseCache:
    return caches["triage"]
