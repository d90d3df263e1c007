"""The model: one live call, which costs a fraction of a cent where calls cost anything."""

from __future__ import annotations

from collections.abc import Iterator

from ...triage import engine, prompts
from ...triage.config import from_settings
from ...triage.explanations import explain, why_no_model
from .finding import Finding, ok, skipped, wrong


def look_at_model(*, calls: bool) -> Iterator[Finding]:
    config = from_settings()
    endpoints = dict.fromkeys(config.endpoint(task.name) for task in prompts.TASKS)
    for endpoint in endpoints:
        if endpoint is None:
            yield ok("model", f"No model is asked: {why_no_model(config)}.")
        elif not calls:
            yield skipped("model", f"{endpoint.model} was not asked (--no-model-call).")
        else:
            probe = engine.probe(endpoint)
            name = f"{endpoint.model or 'The model'} ({endpoint.provider})"
            if probe.reply is None:
                advice = explain(endpoint, probe.reason)
                yield wrong("model", f"{name} does not answer ({probe.reason}).", advice)
            else:
                cost = f"The call cost about ${probe.cost_usd:.6f}"
                yield ok("model", f"{name} answered in {probe.seconds:.1f} s. {cost}.")
