"""The packages that a provider imports in a new process."""

import subprocess
import sys

import pytest

from tickets.triage.providers.table import PROVIDERS

SCRIPT = """
import sys
{before}
from tickets.triage import prompts
from tickets.triage.providers import table
from tickets.triage.providers.base import Endpoint
endpoint = Endpoint({provider!r}, "any-model", "k", {url!r}, backend={backend!r})
for _ in range(2):
    reply = table.build(endpoint).complete(prompts.about(prompts.CLASSIFY, "", "refund"), 60.0)
print("billing" in reply.text)
heavy = ("google.generativeai", "google.api_core", "grpc", "requests")
print([name for name in heavy if sys.modules.get(name)])
"""


def run(fake_llm, provider, backend="", before=""):
    """Return what is printed, and what is written to standard error."""
    url = fake_llm.url if provider in ("gemini", "anthropic") else f"{fake_llm.url}/v1"
    script = SCRIPT.format(provider=provider, backend=backend, url=url, before=before)
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True
    )
    return process.stdout.split("\n")[:2], process.stderr.strip()


@pytest.mark.parametrize(
    ("provider", "backend"),
    [(name, "rest" if name == "gemini" else "") for name in PROVIDERS],
)
def test_googles_package_is_imported_for_its_backend_only(fake_llm, provider, backend):
    assert run(fake_llm, provider, backend) == (["True", "[]"], "")


def test_googles_package_is_imported_without_warnings(fake_llm):
    (answered, imported), errors = run(fake_llm, "gemini", "sdk")
    assert answered == "True"
    assert "google.generativeai" in imported
    assert errors == ""


@pytest.mark.parametrize("package", ["google.generativeai", "requests"])
def test_without_googles_package_gemini_answers_over_rest_with_one_warning(fake_llm, package):
    before = f"sys.modules[{package!r}] = None"
    (answered, imported), errors = run(fake_llm, "gemini", "sdk", before)
    assert answered == "True"
    assert "google" not in imported
    assert len(errors.splitlines()) == 1
    assert "over REST" in errors
    assert package in errors
