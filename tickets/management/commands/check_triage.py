"""Show how triage is set up and how its calls ended today, then make one live call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from urllib3.util import parse_url

from tickets.services.triage import shared_state
from tickets.triage import engine, prompts
from tickets.triage.config import Config, from_settings
from tickets.triage.engine import Probe
from tickets.triage.offline.encoders import choice
from tickets.triage.providers.base import Endpoint
from tickets.triage.providers.gemini_protocol import GOOGLE
from tickets.triage.providers.proxies import Proxy
from tickets.triage.providers.table import NAME_A_PROVIDER, PROVIDERS

# What went wrong and what to do. {key}, {model} and {address} are names of settings; {timeout} is
# in seconds, {tokens} a number, {proxy} the variable that names the proxy.
EXPLANATIONS = {
    "no_key": "The API key is missing: set {key}.",
    "no_model": "No model is configured: set {model}.",
    "bad_key": "The service rejected the key: check {key}, and whether it may use this model.",
    "missing_model": "The service does not know the model or has retired it, or does not know"
    " the path: check {model} and {address}.",
    "no_credit": "The account of this key has no credit left or has reached a limit on spending:"
    " see the service's pages on billing.",
    "rate_limited": "The key has used up its quota or sends requests too fast: see the service's"
    " console.",
    "server_error": "The service reports an internal error or is overloaded. Try again later.",
    "unreachable": "No connection: check the network, HTTPS_PROXY, firewalls and {address}.",
    "proxy": "The proxy does not answer, refuses, or is not of the form http://host:port: check"
    " {proxy}, or add the host of {address} to NO_PROXY.",
    "deadline": "Too slow: no complete answer within {timeout} s. Raise LLM_TIMEOUT or use a"
    " faster model.",
    "blocked": "The service blocked its answer to a harmless text: check its safety settings.",
    "cut_off": "The model used up its {tokens} tokens before its answer was complete; thinking"
    " counts. Raise LLM_MAX_OUTPUT_TOKENS, or set a model in {model} that thinks less.",
    "empty": "The model ended without an answer: use another model in {model}.",
    "bad_request": "The service rejected the request: does {model} support JSON answers? Check"
    " {address}.",
    "bad_response": "The server does not speak the expected protocol: check {address}.",
    "busy": "Too many calls at once.",
    "not_built": "The client could not be set up: see the log above.",
    "invalid_reply": "The model answered, but not in the requested form: use another model in"
    " {model}.",
}


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
            self._print_line("model", _reason_for_no_model(config))
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
        for name, count in sorted(outcomes.items(), key=lambda entry: -entry[1]):
            task, _, outcome = name.partition(":")
            by_task[task].append(f"{outcome} {count}")
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
                f"The live call to {model} failed ({probe.reason}). {explain(probe)}{wait}"
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


def explain(probe: Probe) -> str:
    """Return what is wrong and which setting to check."""
    row = PROVIDERS[probe.endpoint.provider]
    explanation = EXPLANATIONS.get(probe.reason, "See the log.")
    proxy = _proxy(probe.endpoint)
    return explanation.format(
        key=row.key_setting,
        model=" or ".join(filter(None, (row.classify_model_setting, row.model_setting))),
        address=row.address_setting,
        timeout=f"{probe.endpoint.timeout:g}",
        tokens=probe.endpoint.max_output_tokens,
        proxy=proxy.variable if proxy else "HTTPS_PROXY",
    )


def _proxy(endpoint: Endpoint) -> Proxy | None:
    return endpoint.proxies.leading_to(parse_url(endpoint.base_url or GOOGLE))


def _describe_proxy(endpoint: Endpoint) -> str:
    proxy = _proxy(endpoint)
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
    explanation = explain(Probe(endpoint, None, reason, 0.0, 0.0))
    return f"{config.triage_shadow} (not usable). {explanation}"


def _reason_for_no_model(config: Config) -> str:
    offline = "triage works offline, on this machine only"
    if not config.llm_enabled:
        return f"switched off by LLM_ENABLED=0; {offline}"
    if config.llm_provider == "none":
        return f"switched off by LLM_PROVIDER=none; {offline}"
    if config.llm_api_key:
        return (
            f"none, because LLM_API_KEY does not say whose key it is; {offline}. {NAME_A_PROVIDER}"
        )
    key_settings = [row.key_setting for row in PROVIDERS.values() if row.needs_key]
    hosted = f"{', '.join(key_settings[:-1])} or {key_settings[-1]}"
    return (
        f"none, because no key is set; {offline}. To use a model, set {hosted},"
        " or LLM_BASE_URL for a local server"
    )
