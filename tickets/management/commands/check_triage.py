"""Show how triage is set up and how its calls ended today, then make one live call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tickets.services.triage import shared_state
from tickets.triage import engine, prompts
from tickets.triage.config import Config, from_settings
from tickets.triage.engine import Probe
from tickets.triage.explanations import explain, proxy_to, why_no_model
from tickets.triage.offline.encoders import choice
from tickets.triage.providers.base import Endpoint


class Command(BaseCommand):
    help = "Show how triage is set up and how its calls ended today, then make one live call."

    def handle(self, *args: Any, **options: Any) -> None:
        config = from_settings()
        # Two if another model classifies than suggests titles and scores sentiment.
        endpoints = list(dict.fromkeys(config.endpoint(task.name) for task in prompts.TASKS))
        self._print_configuration(config, endpoints)
        self._print_usage()
        for endpoint in filter(None, endpoints):
            self._print_live_call(engine.probe(endpoint))

    def _print_configuration(self, config: Config, endpoints: Sequence[Endpoint | None]) -> None:
        own = "as configured in this shell; a running desk may have started with others"
        self._print_line("settings", own)
        endpoint = endpoints[0]
        if endpoint is None:
            self._print_line("model", why_no_model(config))
        else:
            for each in filter(None, endpoints):
                backend = f", {each.backend} backend" if each.backend else ""
                self._print_line("model", f"{each.model or '(none)'} ({each.provider}{backend})")
            limits = (
                f"{endpoint.timeout:g} s per call; {settings.LLM_DAILY_CALLS} calls and"
                f" ${settings.LLM_DAILY_COST:.2f} per day"
            )
            self._print_line("address", endpoint.base_url or "the service's default")
            self._print_line("proxy", _describe_proxy(endpoint))
            self._print_line("limits", limits)
        self._print_line("shadow", _describe_shadow(config))
        self._print_line("offline", _describe_encoder())

    def _print_usage(self) -> None:
        try:
            outcomes = shared_state.outcomes_today()
            spent = f"{shared_state.calls_today()} calls, about ${shared_state.spent_today():.4f}"
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        self._print_line("used today", f"{spent} (since midnight UTC)")
        by_task = defaultdict(list)
        for (task, outcome, provider), count in sorted(
            outcomes.items(), key=lambda entry: -entry[1]
        ):
            by_task[task].append(f"{outcome} {count} ({provider})")
        for task, counts in sorted(by_task.items()):
            self._print_line(task, ", ".join(counts))
        if not by_task:
            self._print_line("outcomes", "no calls today")

    def _print_live_call(self, probe: Probe) -> None:
        if probe.reply is None:
            wait = f" It asks for no call within {probe.retry_after:.0f} s." * (
                probe.retry_after > 0
            )
            model = probe.endpoint.model or "the model"
            raise CommandError(
                f"The live call to {model} failed ({probe.reason})."
                f" {explain(probe.endpoint, probe.reason)}{wait}"
            )
        reply = probe.reply
        result = f"{reply.category}, {reply.priority}, in {probe.seconds:.2f} s"
        self._print_line("live call", f"{result}, about ${probe.cost_usd:.6f}")
        self.stdout.write(self.style.SUCCESS(f"{probe.endpoint.model} works."))

    def _print_line(self, label: str, text: str) -> None:
        self.stdout.write(f"{label:<14} {text}")


def _describe_encoder() -> str:
    problem = choice.problem()
    return f"lexicon and words. {problem}" if problem else "lexicon and sentence encoder"


def _describe_proxy(endpoint: Endpoint) -> str:
    proxy = proxy_to(endpoint)
    if proxy is None:
        return "none"
    return f"{proxy.without_credentials} ({proxy.variable})"


def _describe_shadow(config: Config) -> str:
    shadow = config.shadow()
    if shadow is None:
        return "none"
    endpoint, reason = shadow.endpoint(), engine.why_unusable(shadow)
    if endpoint is None or not reason:
        return config.triage_shadow
    explanation = explain(endpoint, reason)
    return f"{config.triage_shadow} (not usable). {explanation}"
