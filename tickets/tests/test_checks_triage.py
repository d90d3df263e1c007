"""Settings of triage that do not go together."""

import pytest

from tickets.checks import (
    check_key_has_a_provider,
    check_model_is_asked,
    check_models_can_be_asked,
    refuse_unsafe_settings,
)
from tickets.triage.providers.table import PROVIDERS

from .test_checks import OWN, check, run

API_KEYS = [row.key_setting for row in PROVIDERS.values()]


@pytest.fixture(autouse=True)
def _no_local_model(settings):
    settings.LLM_MODEL = ""


def messages(settings, **changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    return [message.msg for message in check_models_can_be_asked()]


def test_the_defaults_are_fine(settings):
    assert messages(settings) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"LLM_PROVIDER": "none"},
        {"LLM_PROVIDER": "groq"},
        {"LLM_PROVIDER": "local", "LLM_BASE_URL": "http://[::1]:11434/v1", "LLM_MODEL": "x:3b"},
        {"TRIAGE_SHADOW": "offline"},
        {"TRIAGE_SHADOW": "groq:openai/gpt-oss-20b"},
        {"TRIAGE_SHADOW": "local:qwen3:4b", "LLM_BASE_URL": "https://models.example/v1"},
    ],
)
def test_settings_that_go_together_are_accepted(settings, changes):
    assert messages(settings, **changes) == []


@pytest.mark.parametrize("shadow", ["openai", "openai:", ":gpt-6-luna", "none:x", "offline:x"])
def test_a_shadow_needs_a_provider_and_a_model(settings, shadow):
    (message,) = messages(settings, TRIAGE_SHADOW=shadow)
    assert message.startswith("TRIAGE_SHADOW must be ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"LLM_PROVIDER": "local", "LLM_MODEL": "x"}, "LLM_BASE_URL"),
        ({"LLM_PROVIDER": "local", "LLM_BASE_URL": "http://127.0.0.1:1/v1"}, "LLM_MODEL"),
        ({"TRIAGE_SHADOW": "local:x"}, "LLM_BASE_URL"),
    ],
)
def test_a_local_model_needs_an_address_and_a_name(settings, change, missing):
    (message,) = messages(settings, **change)
    assert f"needs {missing}" in message


def test_no_message_shows_a_key(settings):
    for name in API_KEYS:
        setattr(settings, name, "sk-secret")
    errors = messages(settings, LLM_PROVIDER="local", TRIAGE_SHADOW="local:")
    assert len(errors) == 4
    settings.LLM_PROVIDER = "auto"
    assert "sk-secret" not in str(check_key_has_a_provider())
    assert "sk-secret" not in "".join(errors)


@pytest.mark.parametrize(
    ("change", "is_warned"),
    [
        ({}, True),
        ({"LLM_PROVIDER": "groq"}, False),
        ({"LLM_PROVIDER": "none"}, False),
        ({"LLM_ENABLED": False}, False),
        ({"LLM_BASE_URL": "http://127.0.0.1:11434/v1", "LLM_MODEL": "x"}, False),
        ({"ANTHROPIC_API_KEY": "k"}, False),
        ({"LLM_API_KEY": ""}, False),
    ],
)
def test_a_key_without_a_provider_is_warned_of(settings, change, is_warned):
    settings.LLM_API_KEY = "k"
    for name, value in change.items():
        setattr(settings, name, value)
    warnings = check_key_has_a_provider()
    assert [message.id for message in warnings] == ["tickets.W008"] * is_warned
    assert all("Set LLM_PROVIDER to gemini, " in message.msg for message in warnings)


@pytest.mark.parametrize(
    ("change", "is_warned"),
    [
        ({}, True),
        ({"GEMINI_API_KEY": "k", "OPENAI_API_KEY": "k"}, True),
        ({"OPENAI_API_KEY": "k"}, False),
        ({"GEMINI_API_KEY": "k", "LLM_PROVIDER": "openai"}, False),
        ({"LLM_API_KEY": "k", "LLM_PROVIDER": "openai"}, False),
        ({"TRIAGE_SHADOW": "openai:gpt-6-luna"}, False),
        ({"OPENAI_CLASSIFY_MODEL": ""}, False),
    ],
)
def test_a_model_of_openai_that_nobody_asks_is_warned_of(settings, change, is_warned):
    settings.OPENAI_CLASSIFY_MODEL = "small"
    for name, value in change.items():
        setattr(settings, name, value)
    assert [message.id for message in check_model_is_asked()] == ["tickets.W009"] * is_warned


def test_the_desk_starts_with_a_key_without_a_provider(tmp_path):
    code, lines = check(tmp_path, LLM_API_KEY="sk-secret")
    assert (code, len(lines)) == (0, 1)
    assert "sk-secret" not in lines[0]
    assert run(tmp_path, "-c", "import config.wsgi", LLM_API_KEY="k", **OWN)[0] == 0


def test_a_command_does_not_start_with_a_wrong_value(tmp_path):
    code, lines = check(tmp_path, LLM_PROVIDER="gemeni")
    assert code == 1
    assert len(lines) == 1
    assert f"LLM_PROVIDER must be one of auto, {', '.join(PROVIDERS)}, none" in lines[0]


def test_the_server_does_not_start_with_a_wrong_value(tmp_path):
    code, output = run(tmp_path, "-c", "import config.wsgi", LLM_TIMEOUT="-1", **OWN)
    assert code == 1
    assert "LLM_TIMEOUT must be from 0.1 to 600 (it is -1.0)." in output.splitlines()[-1]


def test_the_server_starts_with_models_switched_off(settings):
    settings.LLM_PROVIDER = "none"
    refuse_unsafe_settings()
