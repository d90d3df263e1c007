"""The settings decide which model is asked."""

import dataclasses

import pytest

from config.environment import read
from tickets.triage import engine
from tickets.triage.config import Config, from_settings
from tickets.triage.providers.base import Endpoint
from tickets.triage.providers.table import PROVIDERS

OPENAI_URL = "https://api.openai.com/v1"
GROQ_URL = "https://api.groq.com/openai/v1"
KEYS = {
    "gemini_api_key": "g",
    "openai_api_key": "o",
    "groq_api_key": "q",
    "anthropic_api_key": "a",
}
ANTHROPIC_URL = "https://api.anthropic.com"
LOCAL = "http://127.0.0.1:11434/v1"


def configure(**changes):
    """Return the configuration of an empty environment, with these changes."""
    defaults = read({})
    names = [entry.name for entry in dataclasses.fields(Config)]
    return Config(**{name: defaults[name.upper()] for name in names} | changes)


@pytest.mark.parametrize(
    ("values", "provider"),
    [
        ({}, "none"),
        (KEYS, "gemini"),
        ({"openai_api_key": "o", "groq_api_key": "q"}, "openai"),
        ({"groq_api_key": "q", "llm_base_url": LOCAL}, "groq"),
        ({"llm_base_url": LOCAL}, "local"),
        ({"llm_base_url": LOCAL, "llm_api_key": "k"}, "local"),
        ({"anthropic_api_key": "a", "llm_base_url": LOCAL}, "anthropic"),
        ({"groq_api_key": "q", "anthropic_api_key": "a"}, "groq"),
        ({"llm_api_key": "k"}, "none"),  # nobody knows whose key it is
        ({"llm_api_key": "k", "llm_provider": "gemini"}, "gemini"),
        ({**KEYS, "llm_provider": "groq"}, "groq"),
        ({**KEYS, "llm_provider": "none"}, "none"),
        ({**KEYS, "llm_enabled": False}, "none"),
        ({**KEYS, "llm_enabled": False, "llm_provider": "groq"}, "none"),
        ({"llm_provider": "openai"}, "openai"),  # without a key, which is reported at the call
    ],
)
def test_the_provider_is_the_configured_one_or_the_first_with_a_key(values, provider):
    config = configure(**values)
    assert config.provider == provider
    endpoint = config.endpoint()
    assert (endpoint.provider if endpoint else "none") == provider


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("gemini", Endpoint("gemini", "gemini-3.5-flash-lite", "g", backend="sdk")),
        ("openai", Endpoint("openai", "gpt-6-luna", "o", OPENAI_URL, reasoning_effort="none")),
        ("groq", Endpoint("groq", "openai/gpt-oss-20b", "q", GROQ_URL, reasoning_effort="low")),
        (
            "anthropic",
            Endpoint("anthropic", "claude-haiku-5-5", "a", ANTHROPIC_URL, reasoning_effort="none"),
        ),
        ("local", Endpoint("local", "qwen", "", LOCAL, needs_key=False, timeout=15.0)),
    ],
)
def test_an_endpoint_holds_everything_its_provider_needs(provider, expected):
    config = configure(llm_provider=provider, llm_base_url=LOCAL, llm_model="qwen", **KEYS)
    endpoint = config.endpoint()
    assert dataclasses.replace(endpoint, input_price=0.0, output_price=0.0) == expected
    assert endpoint.needs_key is (provider != "local")
    assert (endpoint.input_price > 0) is (provider != "local")


def test_the_common_settings_reach_every_endpoint():
    common = {
        "llm_api_key": "common",
        "llm_timeout": 2.5,
        "llm_temperature": 0.0,
        "llm_max_output_tokens": 64,
        "llm_price_input": 0.0,
        "llm_price_output": 3.0,
    }
    for provider in PROVIDERS:
        endpoint = configure(llm_provider=provider, llm_base_url=LOCAL, **common).endpoint()
        assert endpoint.api_key == "common"
        assert (endpoint.timeout, endpoint.temperature, endpoint.max_output_tokens) == (2.5, 0, 64)
        assert (endpoint.input_price, endpoint.output_price) == (0.0, 3.0)


def test_a_key_of_its_own_comes_before_the_common_one():
    config = configure(llm_api_key="common", llm_base_url=LOCAL, **KEYS)
    keys = [config.with_provider(provider).endpoint().api_key for provider in PROVIDERS]
    assert keys == ["g", "o", "q", "a", "common"]


def test_openai_may_classify_with_another_model():
    config = configure(openai_api_key="o", openai_model="large", openai_classify_model="small")
    assert config.endpoint("classify").model == "small"
    assert config.endpoint("suggest_title").model == "large"
    assert config.with_provider("openai", "other").endpoint("classify").model == "other"


def test_prices_are_per_million_tokens():
    endpoint = Endpoint("openai", "x", input_price=2.0, output_price=10.0)
    assert endpoint.cost(500_000, 100_000) == pytest.approx(2.0)
    assert endpoint.cost(0, 0) == 0


@pytest.mark.parametrize(
    ("shadow", "provider", "model"),
    [
        ("openai:gpt-x", "openai", "gpt-x"),
        ("groq:openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        (" local:qwen3:4b ", "local", "qwen3:4b"),
    ],
)
def test_the_shadow_is_another_model_with_the_same_settings(shadow, provider, model):
    config = configure(llm_provider="gemini", triage_shadow=shadow, llm_base_url=LOCAL, **KEYS)
    endpoint = config.shadow().endpoint()
    assert (endpoint.provider, endpoint.model) == (provider, model)
    assert config.endpoint().provider == "gemini"


def test_without_a_shadow_there_is_none():
    assert configure(triage_shadow=" ").shadow() is None


def test_the_offline_shadow_asks_no_model():
    assert configure(triage_shadow="offline", **KEYS).shadow().endpoint() is None


def test_keys_are_not_shown():
    config = configure(llm_api_key="secret", **dict.fromkeys(KEYS, "secret"))
    assert "secret" not in repr(config) + repr(config.endpoint())


def test_every_field_is_a_setting(settings):
    for entry in dataclasses.fields(Config):
        assert hasattr(settings, entry.name.upper()), entry.name


def test_settings_are_read_at_each_call(settings):
    settings.LLM_PROVIDER, settings.GROQ_MODEL = "groq", "one"
    assert from_settings().endpoint().model == "one"
    settings.GROQ_MODEL = "two"
    assert from_settings().endpoint().model == "two"


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=PROVIDERS)
def test_the_settings_of_each_provider_exist(settings, row):
    names = [row.key_setting, row.model_setting, row.address_setting, row.classify_model_setting]
    assert all(hasattr(settings, name) for name in names if name)
    assert all(name.lower() in Config.__dataclass_fields__ for name in names if name)


def test_the_proxies_reach_every_endpoint():
    addresses = {"https_proxy": "http://kim:secret@p:1", "http_proxy": "q:1", "all_proxy": "r:1"}
    config = configure(no_proxy="localhost", llm_base_url=LOCAL, **addresses, **KEYS)
    for provider in PROVIDERS:
        proxies = config.with_provider(provider).endpoint().proxies
        assert (proxies.https, proxies.http, proxies.fallback) == tuple(addresses.values())
        assert proxies.exceptions == "localhost"
    assert "secret" not in repr(config) + repr(config.endpoint())


def test_a_key_that_is_nobodys_is_a_reason_of_its_own():
    assert engine.why_unusable(configure(llm_api_key="k")) == "no_provider"
    assert engine.why_unusable(configure()) == "no_key"
    assert engine.why_unusable(configure(llm_api_key="k", llm_enabled=False)) == "disabled"
    assert engine.why_unusable(configure(llm_api_key="k", llm_provider="none")) == "disabled"
    assert engine.why_unusable(configure(llm_api_key="k", llm_provider="groq")) == ""


def test_a_shadow_does_not_receive_a_key_that_is_nobodys():
    config = configure(llm_api_key="k", triage_shadow="groq:m")
    assert config.shadow().endpoint().missing == "no_key"
