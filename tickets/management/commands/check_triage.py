"""Say how triage is set up, how its questions ended today, and try one live call."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tickets import sharing
from tickets.triage import engine
from tickets.triage.config import Config, from_settings
from tickets.triage.engine import Probe
from tickets.triage.providers.base import Endpoint
from tickets.triage.providers.table import PROVIDERS

# What went wrong, and what to do about it. {key}, {model}, {address} and {timeout} are settings.
EXPLANATIONS = {
    "no_key": "The key is missing: set {key}.",
    "no_model": "No model is named: set {model}.",
    "bad_key": "The service refuses the key: check {key}, and that it may use this model.",
    "missing_model": "The service does not know the model, or this path: check {model} and"
    " {address}.",
    "rate_limited": "The key has used up its quota, or asks too fast: see the service's console.",
    "server_error": "The service reports a fault of its own. Try again later.",
    "unreachable": "Nobody answers: check the network, a proxy or firewall, and {address}.",
    "deadline": "Too slow: no whole answer within {timeout} s. Raise LLM_TIMEOUT or take a"
    " faster model.",
    "blocked": "The service blocked its answer to a harmless text: check its safety settings.",
    "bad_request": "The service refuses the request: does {model} answer in JSON? Check {address}.",
    "bad_response": "Something answered that does not speak the protocol: check {address}.",
    "busy": "Too many calls at once.",
    "not_built": "The client cannot be made ready: the log above says why.",
    "invalid_reply": "The model answered, but not in the form that was asked for: take another"
    " in {model}.",
}


class Command(BaseCommand):
    help = "Say how triage is set up and how it fares, and try one live call of the model."

    def handle(self, *args: Any, **options: Any) -> None:
        config = from_settings()
        endpoint = config.endpoint()
        self._say_set_up(config, endpoint)
        self._say_outcomes()
        if endpoint is not None:
            self._try(engine.probe())

    def _say_set_up(self, config: Config, endpoint: Endpoint | None) -> None:
        if endpoint is None:
            self._line("model", _why_none(config))
        else:
            backend = f", by {endpoint.backend}" if endpoint.backend else ""
            self._line("model", f"{endpoint.model or '(none)'} of {endpoint.provider}{backend}")
            self._line("address", endpoint.base_url or "the service's own")
            self._line("limits", _limits(endpoint))
        self._line("shadow", _shadow(config))

    def _say_outcomes(self) -> None:
        try:
            outcomes = sharing.outcomes_today()
            spent = f"{sharing.calls_today()} calls, about ${sharing.spent_today():.4f}"
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        self._line("used today", f"{spent} (since midnight UTC)")
        by_task = defaultdict(list)
        for name, count in sorted(outcomes.items(), key=lambda entry: -entry[1]):
            task, _, outcome = name.partition(":")
            by_task[task].append(f"{outcome} {count}")
        for task, counts in sorted(by_task.items()):
            self._line(task, ", ".join(counts))
        if not by_task:
            self._line("outcomes", "no model was asked today")

    def _try(self, probe: Probe) -> None:
        if probe.reply is None:
            raise CommandError(f"The live call failed ({probe.reason}). {explain(probe)}")
        reply = probe.reply
        answer = f"{reply.category}, {reply.priority}, in {probe.seconds:.2f} s"
        self._line("live call", f"{answer}, about ${probe.cost_usd:.6f}")
        self.stdout.write(self.style.SUCCESS("The model answers."))

    def _line(self, name: str, words: str) -> None:
        self.stdout.write(f"{name:<14} {words}")


def explain(probe: Probe) -> str:
    """In plain words what is wrong and which setting to look at."""
    assert probe.endpoint is not None
    row = PROVIDERS[probe.endpoint.provider]
    models = [row.classify_model_setting, row.model_setting]
    return EXPLANATIONS.get(probe.reason, "See the log.").format(
        key=row.key_setting,
        model=" or ".join(name for name in models if name),
        address=row.address_setting,
        timeout=f"{probe.endpoint.timeout:g}",
    )


def _shadow(config: Config) -> str:
    shadow = config.shadow()
    if shadow is None:
        return "none"
    endpoint, reason = shadow.endpoint(), engine.unusable(shadow)
    if endpoint is None or not reason:
        return config.triage_shadow
    why = explain(Probe(endpoint, None, reason, 0.0, 0.0))
    return f"{config.triage_shadow}, which cannot be asked. {why}"


def _limits(endpoint: Endpoint) -> str:
    return (
        f"{endpoint.timeout:g} s a call; {settings.LLM_DAILY_CALLS} calls and"
        f" ${settings.LLM_DAILY_COST:.2f} a day"
    )


def _why_none(config: Config) -> str:
    offline = "triage answers offline, on this machine alone"
    if not config.llm_enabled:
        return f"switched off by LLM_ENABLED=0; {offline}"
    if config.llm_provider == "none":
        return f"switched off by LLM_PROVIDER=none; {offline}"
    return (
        f"none, since no key is set; {offline}. For a model set GEMINI_API_KEY, OPENAI_API_KEY"
        " or GROQ_API_KEY, or LLM_BASE_URL for a local server"
    )
