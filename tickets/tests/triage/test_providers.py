"""The contract of all providers, each through its real client, against the fake model server."""

import dataclasses
import json
import logging
import threading
import time
import traceback

import pytest

from tickets.triage import parse, prompts
from tickets.triage.providers import table
from tickets.triage.providers.adaptive import strict
from tickets.triage.providers.base import FAILURE_REASONS, Endpoint, ProviderError
from tools.fake_llm import FakeLLM
from tools.fake_llm.faults import (
    FAULTS,
    PARAMETER_FAULTS,
    RETRY_AFTER_SECONDS,
    TRANSPORT_FAULTS,
    spoil,
)
from tools.fake_llm.protocols import THINKING_TOKENS

from .conftest import FAULT_REASONS, TICKET

KEY = "key-that-nobody-may-see"
GEMINI = {"gemini-sdk", "gemini-rest"}
CHAT = {
    "openai": Endpoint("openai", "any-model", KEY, reasoning_effort="none"),
    "groq": Endpoint("groq", "openai/any-model", KEY, reasoning_effort="low"),
    "local": Endpoint("local", "any-model", needs_key=False),
    "local-with-key": Endpoint("local", "any-model", KEY, needs_key=False),
}
ENDPOINTS = CHAT | {
    "anthropic": Endpoint("anthropic", "any-model", KEY, reasoning_effort="none"),
    "gemini-sdk": Endpoint("gemini", "any-model", KEY, backend="sdk"),
    "gemini-rest": Endpoint("gemini", "any-model", KEY, backend="rest"),
}
WITH_KEY = sorted(name for name, endpoint in ENDPOINTS.items() if endpoint.api_key)
SLOW = ("hang", "drip")
CHARGED = {"empty", "only_thoughts", "safety"}  # without a usable reply
LOST = {"cut_body", "huge"}


@pytest.fixture(scope="module")
def server():
    with FakeLLM(hang_seconds=60) as fake:
        yield fake


@pytest.fixture
def fake(server):
    server.clear_log()
    return server


def build(name, fake, path="", **changes):
    """Build the provider as the gateway does."""
    version = "" if name in GEMINI or name == "anthropic" else "/v1"
    endpoint = dataclasses.replace(
        ENDPOINTS[name], base_url=f"{fake.url}{path}{version}", **changes
    )
    return table.build(endpoint)


def ask(provider, fault=None, timeout=30.0, ticket=TICKET):
    marker = f" [[fault:{fault}]]" if fault else ""
    return provider.complete(prompts.about(prompts.CLASSIFY, "", ticket + marker), timeout)


def failure(provider, fault=None, timeout=30.0):
    with pytest.raises(ProviderError) as caught:
        ask(provider, fault, timeout)
    return caught.value


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_good_answer_comes_with_its_tokens(fake, name):
    reply = ask(build(name, fake))
    answer = parse.classification(reply.text)
    assert (answer.category, answer.priority) == ("billing", "high")
    assert reply.usage.input_tokens == -(-len(fake.log[0]["message"]) // 4)
    assert reply.usage.output_tokens > THINKING_TOKENS  # thinking costs money too


@pytest.mark.parametrize("task", [prompts.CLASSIFY, prompts.SUGGEST_TITLE, prompts.SCORE_SENTIMENT])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_each_question_is_answered_in_its_own_shape(fake, name, task):
    reply = build(name, fake).complete(prompts.about(task, "Title", TICKET), 30.0)
    assert json.loads(reply.text).keys() == task.schema["properties"].keys()
    assert json.loads(fake.log[0]["message"]) == {"title": "Title", "description": TICKET}


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - set(SLOW)))
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_fault_is_a_reason_or_returns_the_text_unchanged(fake, name, fault):
    provider = build(name, fake)
    if fault in FAULT_REASONS:
        error = failure(provider, fault)
        assert error.reason == FAULT_REASONS[fault]
        assert any(error.usage) == (fault in CHARGED)
        assert error.answer_lost == (fault in LOST)
        assert error.retry_after == (RETRY_AFTER_SECONDS if fault == "retry_after" else 0)
    else:
        good = ask(provider).text
        reply = ask(provider, fault)
        assert reply.text == spoil(fault, good) != good
        assert reply.usage.output_tokens > THINKING_TOKENS
        assert reply.cut_off == (fault == "truncated")
    assert len(fake.log) == 1 + (fault not in FAULT_REASONS)  # there are no retries


@pytest.mark.parametrize("fault", SLOW)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_slow_server_ends_at_the_deadline(fake, name, fault):
    provider = build(name, fake)
    ask(provider)
    started = time.monotonic()
    assert failure(provider, fault, timeout=0.4).reason == "deadline"
    assert 0.3 < time.monotonic() - started < fake.hang_seconds / 4


@pytest.mark.parametrize("name", ENDPOINTS)
def test_no_time_left_is_a_deadline_and_no_request(fake, name):
    assert failure(build(name, fake), timeout=0.0).reason == "deadline"
    assert fake.log == []


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_provider_works_after_a_fault(fake, name):
    provider = build(name, fake)
    for fault in ("500", *TRANSPORT_FAULTS):
        failure(provider, fault, timeout=0.4 if fault in SLOW else 30.0)
        assert parse.classification(ask(provider).text).category == "billing"


def test_every_reason_is_on_the_list():
    assert set(FAULT_REASONS.values()) | {"no_key", "no_model", "proxy"} == set(FAILURE_REASONS)


@pytest.mark.parametrize("name", CHAT)
def test_chat_sends_the_parameters_that_its_service_accepts(fake, name):
    ask(build(name, fake))
    (entry,) = fake.log
    task = prompts.CLASSIFY
    schema = {"name": task.name, "strict": True, "schema": strict(task.schema)}
    effort = {"openai": {"reasoning_effort": "none"}, "groq": {"reasoning_effort": "low"}}
    limit = "max_tokens" if name.startswith("local") else "max_completion_tokens"
    assert entry["parameters"] == {
        "model": ENDPOINTS[name].model,
        "response_format": {"type": "json_schema", "json_schema": schema},
        limit: 512,
        **effort.get(name, {}),
    }
    assert entry["has_key"] is bool(ENDPOINTS[name].api_key)


@pytest.mark.parametrize("name", sorted(GEMINI))
def test_gemini_gets_the_schema_in_its_dialect(fake, name):
    ask(build(name, fake))
    (entry,) = fake.log
    config = dict(entry["parameters"])
    schema = config.pop("responseSchema")
    assert config == {"responseMimeType": "application/json", "maxOutputTokens": 512}
    properties = prompts.CLASSIFY.schema["properties"]
    assert schema["required"] == list(properties)
    priority, quotes = schema["properties"]["priority"], schema["properties"]["category_words"]
    # The package sends types as numbers and counts as text. Google accepts both.
    assert priority.pop("type") in ("STRING", 1)
    assert priority == {"format": "enum", "enum": properties["priority"]["enum"]}
    assert (quotes["type"], quotes["items"]["type"]) in (("ARRAY", "STRING"), (5, 1))
    assert int(quotes["maxItems"]) == 3


def test_anthropic_gets_schema_system_prompt_and_no_thinking(fake):
    provider = build("anthropic", fake)
    ask(provider)
    (entry,) = fake.log
    task = prompts.CLASSIFY
    assert entry["body"]["system"] == task.instructions
    assert [message["role"] for message in entry["body"]["messages"]] == ["user"]
    assert entry["parameters"] == {
        "model": "any-model",
        "max_tokens": 512,
        "output_config": {"format": {"type": "json_schema", "schema": strict(task.schema)}},
        "thinking": {"type": "disabled"},
    }


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_address_of_anthropic_may_end_with_its_version(fake, ending):
    endpoint = dataclasses.replace(ENDPOINTS["anthropic"], base_url=f"{fake.url}/gateway{ending}")
    ask(table.build(endpoint))
    assert fake.log[0]["path"] == "/gateway/v1/messages"


@pytest.mark.parametrize(
    ("fault", "gone"),
    [
        ("no_temperature", "temperature"),
        ("no_reasoning_effort", "thinking"),
        ("no_json_schema", "output_config"),
    ],
)
def test_what_a_model_of_anthropic_refuses_is_left_out_from_then_on(fake, fault, gone):
    provider = build("anthropic", fake, temperature=1.5)
    replies = [ask(provider, fault) for _ in range(2)]
    assert [parse.classification(reply.text).category for reply in replies] == ["billing"] * 2
    sent = [entry["parameters"] for entry in fake.log]
    assert [gone in parameters for parameters in sent] == [True, False, False]
    untouched = {"temperature", "thinking", "output_config"} - {gone}
    assert all(untouched <= parameters.keys() for parameters in sent)
    assert sent[0]["temperature"] == 1.0  # its highest
    has_schema = '"category_confidence"' in fake.log[-1]["body"]["system"]
    assert has_schema == (gone == "output_config")


@pytest.mark.parametrize("temperature", [0.0, 0.5])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_temperature_is_sent_if_it_is_set(fake, name, temperature):
    ask(build(name, fake, temperature=temperature, max_output_tokens=99))
    (entry,) = fake.log
    assert entry["parameters"]["temperature"] == temperature
    assert 99 in entry["parameters"].values()


PATHS = dict.fromkeys(GEMINI, "/v1beta/models/any-model:generateContent")
PATHS["anthropic"] = "/v1/messages"


@pytest.mark.parametrize("path", ["", "/a/b", "/a/"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_base_address_may_have_a_path(fake, name, path):
    ask(build(name, fake, path=path))
    tail = PATHS.get(name, "/v1/chat/completions")
    assert fake.log[0]["path"].partition("?")[0].replace("//", "/") == path.rstrip("/") + tail


@pytest.mark.parametrize("model", ["models/any-model", "tunedModels/a b"])
def test_a_gemini_model_may_name_its_collection(fake, model):
    provider = build("gemini-rest", fake, model=model)
    if model.startswith("models/"):
        ask(provider)
    else:
        failure(provider)  # the fake server does not know this collection
    assert all("/v1beta/models/any-model:" in entry["path"] for entry in fake.log)


@pytest.mark.parametrize("fault", PARAMETER_FAULTS)
@pytest.mark.parametrize("name", CHAT)
def test_a_refused_parameter_is_left_out_from_then_on(fake, name, fault):
    refused = PARAMETER_FAULTS[fault]
    provider = build(name, fake, temperature=0.2, reasoning_effort="low")
    replies = [ask(provider, fault) for _ in range(2)]
    assert [parse.classification(reply.text).category for reply in replies] == ["billing"] * 2
    sent = [entry["parameters"] for entry in fake.log]
    kinds = [parameters.get("response_format", {}).get("type") for parameters in sent]
    if refused == "response_format":
        assert kinds == ["json_schema", "json_object", None, None]
    elif refused == "json_schema":
        assert kinds == ["json_schema", "json_object", "json_object"]
    elif refused in sent[0]:
        assert [refused in parameters for parameters in sent] == [True, False, False]
        limits = [p.get("max_tokens") or p.get("max_completion_tokens") for p in sent]
        assert limits == [512] * 3  # under the other name
    else:
        assert len(sent) == 2
    untouched = {"temperature", "reasoning_effort"} - {refused}
    assert all(untouched <= parameters.keys() for parameters in sent)


@pytest.mark.parametrize("name", CHAT)
def test_several_refused_parameters_are_all_remembered(fake, name):
    provider = build(name, fake, temperature=0.2, reasoning_effort="low")
    faults = ("no_temperature", "no_reasoning_effort_unnamed", "no_json_schema")
    for fault in faults:
        ask(provider, fault)
    fake.clear_log()
    for fault in faults:
        ask(provider, fault)
    assert len(fake.log) == 3
    assert not {"temperature", "reasoning_effort"} & fake.log[0]["parameters"].keys()


def test_what_was_refused_is_forgotten_with_the_provider(fake):
    ask(build("openai", fake, temperature=0.2), "no_temperature")
    fake.clear_log()
    ask(build("openai", fake, temperature=0.2))
    assert fake.log[0]["parameters"]["temperature"] == 0.2


@pytest.mark.parametrize("name", sorted(GEMINI))
def test_a_parameter_that_gemini_refuses_is_a_bad_request(fake, name):
    assert failure(build(name, fake, temperature=0.2), "no_temperature").reason == "bad_request"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_many_threads_get_their_own_answers(fake, name):
    provider = build(name, fake, temperature=0.2)
    fault = "think" if name in GEMINI else "no_temperature"
    tickets = {"My invoice was charged wrongly": "billing", "The login page fails": "account"}
    seen = []

    def work(ticket):
        reply = ask(provider, fault, ticket=ticket)
        seen.append((ticket, parse.classification(reply.text).category))

    threads = [threading.Thread(target=work, args=(ticket,)) for ticket in [*tickets] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert dict(seen) == tickets
    assert set(seen) == set(tickets.items())
    fake.clear_log()
    ask(provider, fault)
    assert len(fake.log) == 1


@pytest.mark.parametrize("fault", ["401", "bad_key", "500", "close", "html", "huge"])
@pytest.mark.parametrize("name", WITH_KEY)
def test_the_key_does_not_leak(fake, name, fault, caplog):
    caplog.set_level(logging.DEBUG)
    provider = build(name, fake)
    error = failure(provider, fault)
    text = "".join(traceback.format_exception(error))
    assert KEY not in text + caplog.text + repr(provider) + repr(ENDPOINTS[name])
    assert all(entry["has_key"] and KEY not in json.dumps(entry) for entry in fake.log)


@pytest.mark.parametrize("key", ["a\nb-secret", "schlüssel-secret", "a\x00secret"])
@pytest.mark.parametrize("name", WITH_KEY)
def test_a_key_that_no_header_can_carry_is_a_bad_key(fake, name, key):
    with pytest.raises(ProviderError) as caught:
        ask(build(name, fake, api_key=key))
    assert caught.value.reason == "bad_key"
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert fake.log == []


@pytest.mark.parametrize("name", WITH_KEY)
def test_a_key_may_have_spaces_around_it(fake, name):
    ask(build(name, fake, api_key=f" {KEY}\n"))
    assert fake.log[0]["has_key"]


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(("change", "reason"), [("api_key", "no_key"), ("model", "no_model")])
def test_missing_settings_are_reported_before_anything_is_sent(fake, name, change, reason):
    if change == "api_key" and name.startswith("local"):
        assert ask(build(name, fake, api_key=""))
        return
    with pytest.raises(ProviderError) as caught:
        build(name, fake, **{change: " "})
    assert caught.value.reason == reason
    assert fake.log == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:1/v1",
        "localhost:11434",
        "ftp://127.0.0.1/v1",
        "http://",
        "http://:80/v1",
        "http://[::1",
        "http://127.0.0.1:99999/v1",
        "http://two words/v1",
        f"http://{'a' * 70}.example/v1",
        "https//127.0.0.1",
        "/v1",
    ],
)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_invalid_address_is_unreachable(name, address):
    with pytest.raises(ProviderError) as caught:
        ask(table.build(dataclasses.replace(ENDPOINTS[name], base_url=address)))
    assert caught.value.reason == "unreachable"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_address_without_a_server_is_unreachable(name):
    with FakeLLM() as gone:
        provider = build(name, gone)
        ask(provider)
    fresh = build(name, gone)
    assert failure(fresh).reason == "unreachable"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_no_library_takes_a_proxy_from_the_environment(fake, name, monkeypatch):
    """Proxies come with the endpoint only, so that exceptions are decided in one place."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    assert ask(build(name, fake)).text
