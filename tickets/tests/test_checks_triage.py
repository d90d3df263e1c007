"""Which settings of triage do not start, and what is said about them."""

import pytest

from tickets.checks import refuse_unsafe_settings, triage

from .test_checks import OWN, check, run

KEYS = ("GEMINI_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY", "LLM_API_KEY")


@pytest.fixture(autouse=True)
def plain(settings):
    """Only what a test sets."""
    settings.GEMINI_BACKEND = "sdk"
    settings.LLM_MODEL = settings.GEMINI_BASE_URL = ""
    settings.LLM_TIMEOUT = settings.LLM_TEMPERATURE = None
    settings.LLM_PRICE_INPUT = settings.LLM_PRICE_OUTPUT = None


def messages(settings, **changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    return [message.msg for message in triage()]


def test_the_defaults_are_fine(settings):
    assert messages(settings) == []


@pytest.mark.parametrize(
    "good",
    [
        {"LLM_PROVIDER": "none"},
        {"LLM_PROVIDER": "groq"},
        {"GEMINI_BACKEND": "rest"},
        {"LLM_PROVIDER": "local", "LLM_BASE_URL": "http://[::1]:11434/v1", "LLM_MODEL": "x:3b"},
        {"TRIAGE_SHADOW": "offline"},
        {"TRIAGE_SHADOW": "groq:openai/gpt-oss-20b"},
        {"TRIAGE_SHADOW": "local:qwen3:4b", "LLM_BASE_URL": "https://models.example/v1"},
        {"LLM_TIMEOUT": 0.1, "LLM_TEMPERATURE": 0, "LLM_PRICE_INPUT": 0, "LLM_DAILY_COST": 0.0},
        {"LLM_TIMEOUT": 600, "LLM_TEMPERATURE": 2.0, "LLM_DAILY_CALLS": 0},
    ],
)
def test_good_settings_are_left_alone(settings, good):
    assert messages(settings, **good) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_PROVIDER", "gemeni"),
        ("LLM_PROVIDER", "OpenAI"),
        ("LLM_PROVIDER", "offline"),
        ("GEMINI_BACKEND", "grpc"),
        ("TRIAGE_SHADOW", "openai"),
        ("TRIAGE_SHADOW", "openai:"),
        ("TRIAGE_SHADOW", ":gpt-6-luna"),
        ("TRIAGE_SHADOW", "none:x"),
        ("TRIAGE_SHADOW", "offline:x"),
        ("LLM_BASE_URL", "localhost:11434/v1"),
        ("LLM_BASE_URL", "http://"),
        ("GEMINI_BASE_URL", "ftp://host/"),
        ("OPENAI_BASE_URL", "api.openai.com"),
        ("GROQ_BASE_URL", "http://host:99999/v1"),
        ("GROQ_BASE_URL", "http://[::1/v1"),
        ("LLM_TIMEOUT", 0.0),
        ("LLM_TIMEOUT", -4.0),
        ("LLM_TIMEOUT", 601.0),
        ("LLM_TIMEOUT", float("nan")),
        ("LLM_TEMPERATURE", -0.1),
        ("LLM_TEMPERATURE", 2.1),
        ("LLM_PRICE_INPUT", -1.0),
        ("LLM_PRICE_OUTPUT", float("inf")),
        ("LLM_CONCURRENCY", 0),
        ("LLM_DAILY_CALLS", -1),
        ("LLM_DAILY_COST", -0.5),
        ("LLM_CLIENT_CALLS", -1),
        ("LLM_CACHE_SECONDS", -1),
        ("LLM_MIN_CHARS", -1),
        ("LLM_MAX_INPUT_CHARS", 0),
        ("LLM_MAX_OUTPUT_TOKENS", 0),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(settings, name, value):
    (message,) = messages(settings, **{name: value})
    assert message.startswith((f"{name} must be ", f"{name} must start "))
    assert "\n" not in message


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"LLM_PROVIDER": "local", "LLM_MODEL": "x"}, "LLM_BASE_URL"),
        ({"LLM_PROVIDER": "local", "LLM_BASE_URL": "http://127.0.0.1:1/v1"}, "LLM_MODEL"),
        ({"TRIAGE_SHADOW": "local:x"}, "LLM_BASE_URL"),
    ],
)
def test_a_local_model_needs_its_address_and_its_name(settings, change, missing):
    (message,) = messages(settings, **change)
    assert f"needs {missing}" in message


def test_no_message_shows_a_key(settings):
    for name in KEYS:
        setattr(settings, name, "sk-secret")
    said = messages(settings, LLM_PROVIDER="x", LLM_BASE_URL="http://u:sk-secret@", LLM_TIMEOUT=0.0)
    assert len(said) == 3
    assert "sk-secret" not in "".join(said)


def test_a_command_says_it_and_does_not_start(tmp_path):
    code, lines = check(tmp_path, LLM_PROVIDER="gemeni")
    assert code == 1
    assert len(lines) == 1
    assert "LLM_PROVIDER must be one of auto, gemini, openai, groq, local, none" in lines[0]


def test_the_server_says_it_and_does_not_start(tmp_path):
    code, said = run(tmp_path, "-c", "import config.wsgi", LLM_TIMEOUT="-1", **OWN)
    assert code == 1
    assert "LLM_TIMEOUT must be from 0.1 to 600 (it is -1.0)." in said.splitlines()[-1]


def test_the_server_starts_with_models_switched_off(settings):
    settings.LLM_PROVIDER = "none"
    refuse_unsafe_settings()
