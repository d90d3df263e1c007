"""The fake model server, over HTTP as any client uses it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tools.fake_llm import KNOWN, FakeLLM
from tools.fake_llm.faults import PARAMETER_FAULTS, REPLY_FAULTS, STATUS_FAULTS

ROOT = Path(__file__).resolve().parents[2]
USER = [{"role": "user", "content": "hello"}]
ANTHROPIC = "/v1/messages"
GEMINI = "/v1beta/models/any-model:generateContent"
CHAT = "/v1/chat/completions"
PROPERTIES = {
    "category": {"type": "string", "enum": ["billing", "technical", "account", "general"]},
    "priority": {"type": "string", "enum": ["low", "medium", "high", "critical"]},
}
GEMINI_SCHEMA = {"type": "object", "properties": PROPERTIES}
SCHEMA = GEMINI_SCHEMA | {"required": ["category", "priority"], "additionalProperties": False}


@pytest.fixture
def fake():
    with FakeLLM(hang_seconds=20) as server:
        yield server


def call(url, body=None, method=None, headers=None, timeout=30):
    """Send one request. Return its status and JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or {}, method=method)
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def gemini(fake, text, headers=None, **settings):
    body = {
        "contents": [{"role": "user", "parts": [{"text": text}]}],
        "generationConfig": {"responseSchema": GEMINI_SCHEMA} | settings,
    }
    return call(fake.url + GEMINI, body, headers={"x-goog-api-key": "k"} | (headers or {}))


def chat(fake, text, headers=None, path=CHAT, **parameters):
    body = {
        "model": "any-model",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": text}],
        "response_format": strict_format(SCHEMA),
    }
    return call(fake.url + path, body | parameters, headers=headers)


def strict_format(schema, name="ticket"):
    json_schema = {"name": name, "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": json_schema}


def strict_schema(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def gemini_text(answer):
    parts = answer["candidates"][0]["content"]["parts"]
    return "".join(part["text"] for part in parts)


def chat_text(answer):
    return answer["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("ticket", "category", "priority"),
    [
        ("Please refund this invoice, I was charged twice", "billing", "high"),
        ("I forgot my password and the login fails", "account", "medium"),
        ("The app shows an error and crashes, everyone is affected", "technical", "critical"),
        ("Danke, eine Frage zu den Öffnungszeiten", "general", "low"),
    ],
)
def test_both_protocols_classify_the_ticket(fake, ticket, category, priority):
    expected = {"category": category, "priority": priority}
    prompt = "Ticket: " + json.dumps({"description": ticket})
    status, answer = gemini(fake, prompt)
    assert status == 200
    assert json.loads(gemini_text(answer)) == expected
    usage = answer["usageMetadata"]
    counts = [usage[f"{what}TokenCount"] for what in ("prompt", "candidates", "thoughts")]
    assert min(counts) > 0
    assert usage["totalTokenCount"] == sum(counts)
    status, answer = chat(fake, ticket)
    assert status == 200
    assert json.loads(chat_text(answer)) == expected
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < reasoning < usage["completion_tokens"]


def test_the_answer_has_the_shape_of_the_schema(fake):
    schema = {
        "properties": {
            "sentiment": {"enum": ["calm", "neutral", "frustrated", "angry"]},
            "urgency_score": {"type": "integer"},
            "title": {"type": "string"},
        }
    }
    _status, answer = gemini(fake, "I am furious, this is urgent!", responseSchema=schema)
    assert json.loads(gemini_text(answer)) == {
        "sentiment": "angry",
        "urgency_score": 71,
        "title": "I am furious, this is urgent",
    }


def test_without_a_schema_the_answer_is_plain_text(fake):
    body = {"model": "m", "messages": [{"role": "user", "content": "The printer is on fire."}]}
    _status, answer = call(fake.url + CHAT, body)
    assert chat_text(answer) == "The printer is on fire"


def test_a_schema_in_the_system_message_is_used(fake):
    messages = [
        {
            "role": "system",
            "content": f"Answer by this JSON Schema: {json.dumps(SCHEMA)} Be brief.",
        },
        {"role": "user", "content": "Refund my invoice"},
    ]
    for parameters in ({}, {"response_format": {"type": "json_object"}}):
        _status, answer = call(fake.url + CHAT, {"model": "m", "messages": messages} | parameters)
        assert json.loads(chat_text(answer)) == {"category": "billing", "priority": "medium"}


@pytest.mark.parametrize("base", ["", "/openai", "/a/b"])
def test_chat_answers_under_any_base_path_that_ends_in_v1(fake, base):
    assert chat(fake, "hello", path=base + CHAT)[0] == 200
    assert chat(fake, "hello", path=f"{base}/chat/completions")[0] == 404


# --- As strict as the real services ---------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "named", "message"),
    [
        ({"model": ""}, "model", "Missing required"),
        ({"messages": []}, "messages", "Missing required"),
        ({"max_output_tokens": 5}, "max_output_tokens", "Unrecognized"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "not supported"),
        ({"temperature": 2.5}, "temperature", "Invalid"),
        ({"temperature": "0"}, "temperature", "Invalid"),
        ({"response_format": {"type": "json_object"}}, "messages", "'json'"),
        (
            {"response_format": strict_format(SCHEMA, "")},
            "response_format.json_schema.name",
            "name",
        ),
        (
            {"response_format": strict_format(SCHEMA, "a b")},
            "response_format.json_schema.name",
            "name",
        ),
        (
            {"response_format": strict_format(GEMINI_SCHEMA)},
            "response_format",
            "additionalProperties",
        ),
        (
            {"response_format": strict_format(SCHEMA | {"required": ["category"]})},
            "response_format",
            "Missing 'priority'",
        ),
        (
            {"response_format": strict_format(strict_schema(n={"type": "integer", "minimum": 0}))},
            "response_format",
            "'minimum' is not permitted",
        ),
        (
            {
                "response_format": strict_format(
                    strict_schema(n={"type": "array", "items": GEMINI_SCHEMA})
                )
            },
            "response_format",
            "additionalProperties",
        ),
    ],
)
def test_chat_rejects_what_openai_rejects(fake, parameters, named, message):
    status, answer = chat(fake, "hello", **parameters)
    assert status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["param"] == named
    assert message in answer["error"]["message"]


def test_a_schema_is_not_checked_for_strictness_unless_it_says_strict(fake):
    loose = {"type": "json_schema", "json_schema": {"name": "x", "schema": GEMINI_SCHEMA}}
    assert chat(fake, "hello", response_format=loose)[0] == 200


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"reasoningEffort": "low"}, "reasoningEffort"),
        ({"max_tokens": 5}, "maxTokens"),
        ({"responseSchema": SCHEMA}, "additionalProperties"),
        ({"responseSchema": {"type": "array", "items": SCHEMA}}, "additionalProperties"),
    ],
)
def test_gemini_rejects_unknown_names(fake, config, name):
    status, answer = gemini(fake, "hello", **config)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert f'Unknown name "{name}"' in answer["error"]["message"]


def test_gemini_accepts_names_in_both_spellings(fake):
    body = {
        "contents": [{"parts": [{"text": "hello"}]}],
        "generation_config": {"max_output_tokens": 5, "topP": 0.5},
    }
    assert call(fake.url + GEMINI, body, headers={"x-goog-api-key": "k"})[0] == 200


@pytest.mark.parametrize("fault", PARAMETER_FAULTS)
def test_a_parameter_fault_rejects_only_that_parameter(fake, fault):
    unsupported = PARAMETER_FAULTS[fault]
    values = {"temperature": 0.5, "reasoning_effort": "low"}
    limits = {"max_tokens": 5, "max_completion_tokens": 5}
    sent = {name: value for name, value in (values | limits).items() if name == unsupported}
    text = f"hello [[fault:{fault}]]"
    status, answer = chat(fake, text, **sent)
    assert status == 400
    name = "response_format" if unsupported == "json_schema" else unsupported
    if fault.endswith("_unnamed"):
        assert answer["error"]["param"] is None
        assert name.replace("_", " ") in answer["error"]["message"].replace("_", " ")
    else:
        assert answer["error"]["param"] == name
        assert answer["error"]["code"] == "unsupported_parameter"
    limits.pop("max_tokens" if unsupported != "max_completion_tokens" else unsupported)
    supported = {name: value for name, value in (values | limits).items() if name != unsupported}
    messages = [{"role": "user", "content": text}]
    assert call(fake.url + CHAT, {"model": "m", "messages": messages} | supported)[0] == 200


@pytest.mark.parametrize(
    ("fault", "config", "status"),
    [
        ("no_temperature", {"temperature": 0.5}, 400),
        ("no_temperature", {}, 200),
        ("no_max_tokens", {"maxOutputTokens": 5}, 400),
        ("no_response_format", {}, 400),
        ("no_reasoning_effort", {"temperature": 0.5}, 200),
    ],
)
def test_geminis_parameters_are_rejected_by_their_own_names(fake, fault, config, status):
    assert gemini(fake, f"hello [[fault:{fault}]]", **config)[0] == status


# --- Models, faults, log ------------------------------------------------------------------------


def test_it_lists_its_models(fake):
    status, answer = call(fake.url + "/v1/models")
    assert status == 200
    assert [model["object"] for model in answer["data"]] == ["model"]


@pytest.mark.parametrize("name", sorted(STATUS_FAULTS))
@pytest.mark.parametrize("ask", [gemini, chat])
def test_a_status_fault_has_the_protocols_error_body(fake, name, ask):
    fake.control(name)
    status, answer = ask(fake, "hello")
    assert status == STATUS_FAULTS[name]
    assert answer["error"]["message"]
    if ask is gemini:
        assert answer["error"]["code"] == status
        assert answer["error"]["status"].isupper()


def test_gemini_requires_a_key_and_chat_does_not(fake):
    status, answer = call(fake.url + GEMINI, {"contents": []})
    assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert chat(fake, "hello")[0] == 200


@pytest.mark.parametrize("name", REPLY_FAULTS)
def test_a_reply_fault_changes_only_the_text(fake, name):
    good = gemini_text(gemini(fake, "hello")[1])
    status, answer = gemini(fake, f"hello [[fault:{name}]]")
    assert status == 200
    if name == "safety":
        assert answer["promptFeedback"]["blockReason"] == "SAFETY"
        assert "candidates" not in answer
    else:
        assert gemini_text(answer) != good
    assert chat(fake, f"hello [[fault:{name}]]")[0] == 200


def test_a_fault_is_set_by_header_marker_or_control(fake):
    assert gemini(fake, "hello", {"X-Fake-Fault": "503"})[0] == 503
    assert gemini(fake, "hello [[fault:429]]")[0] == 429
    assert call(fake.url + "/control", {"fault": "500", "times": 2})[0] == 200
    assert [gemini(fake, "hello")[0] for _ in range(3)] == [500, 500, 200]
    call(fake.url + "/control", {"fault": "404"})
    assert [gemini(fake, "hello")[0] for _ in range(3)] == [404, 404, 404]
    call(fake.url + "/control", {"fault": None})
    assert gemini(fake, "hello")[0] == 200


def test_an_unknown_fault_is_rejected_with_a_list_of_the_known_ones(fake):
    status, answer = call(fake.url + "/control", {"fault": "earthquake"})
    assert status == 400
    assert all(name in answer["error"] for name in KNOWN)


def test_control_sets_the_reply_verbatim(fake):
    call(fake.url + "/control", {"reply": "just this"})
    assert gemini_text(gemini(fake, "hello")[1]) == "just this"


def test_the_log_lists_requests_and_can_be_cleared(fake):
    gemini(fake, "hello [[fault:503]]")
    chat(fake, "good bye")
    _status, log = call(fake.url + "/log")
    assert [(entry["message"], entry["fault"]) for entry in log] == [
        ("hello [[fault:503]]", "503"),
        ("good bye", None),
    ]
    assert [entry["has_key"] for entry in log] == [True, False]
    assert call(fake.url + "/log", method="DELETE")[0] == 200
    assert call(fake.url + "/log")[1] == []


def test_the_log_contains_the_parameters_as_sent(fake):
    gemini(fake, "hello", temperature=0.5)
    chat(fake, "hello", temperature=3)  # rejected, but still logged
    first, second = fake.log
    assert first["parameters"] == {"responseSchema": GEMINI_SCHEMA, "temperature": 0.5}
    assert second["parameters"] == {
        "model": "any-model",
        "response_format": strict_format(SCHEMA),
        "temperature": 3,
    }


def test_a_missing_model_is_reported_as_each_service_words_it(fake):
    _status, answer = gemini(fake, "hello [[fault:missing_model]]")
    assert "model" in answer["error"]["message"]
    _status, answer = chat(fake, "hello [[fault:missing_model]]")
    assert "does not exist" in answer["error"]["message"]
    _status, answer = chat(fake, "hello [[fault:404]]")
    assert answer["error"]["code"] == "model_not_found"


def test_a_hanging_request_ends_when_the_server_closes():
    with FakeLLM(hang_seconds=1000) as fake:
        fake.control("hang")
        host, port = fake.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            body = json.dumps({"model": "m", "messages": USER}).encode()
            connection.sendall(
                f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            while not fake.log:
                time.sleep(0.02)
            fake.close()
            assert connection.recv(100) == b""


def test_it_listens_on_loopback_only(fake):
    assert fake.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_and_stops_cleanly(stop):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_fake_llm", "--port", "0"],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip(":")
        assert call(url + "/v1/models")[0] == 200
        process.send_signal(stop)
        _out, errors = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


def test_the_command_says_that_triage_asks_it():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_fake_llm", "--port", port],
        cwd=ROOT,
        env=os.environ | {"GEMINI_API_KEY": "fake", "GEMINI_BASE_URL": f"http://127.0.0.1:{port}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"Fake model on http://127.0.0.1:{port}: triage asks it now.\n"
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_the_command_reports_a_used_port_in_one_line(fake):
    port = fake.url.rpartition(":")[2]
    completed = subprocess.run(
        [sys.executable, "manage.py", "run_fake_llm", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert completed.returncode == 1
    assert len(completed.stderr.strip().splitlines()) == 1
    assert port in completed.stderr


def test_the_command_reports_in_one_line_that_there_is_no_fake_model(tmp_path):
    """A deployed package has `config/` and `tickets/` and no `tools/`."""
    for name in ("bounded_postgres", "config", "embedded_postgres", "tickets"):
        (tmp_path / name).symlink_to(ROOT / name)
    completed = subprocess.run(
        [sys.executable, "-m", "django", "run_fake_llm", "--port", "0"],
        cwd=tmp_path,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert completed.returncode == 1
    assert len(completed.stderr.strip().splitlines()) == 1
    assert "tools/fake_llm/" in completed.stderr


# --- Anthropic's Messages API ---------------------------------------------------------


def anthropic(fake, text, headers=None, **parameters):
    body = {
        "model": "any-model",
        "max_tokens": 64,
        "system": "s",
        "messages": [{"role": "user", "content": text}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }
    own = {"x-api-key": "k", "anthropic-version": "2023-06-01"} if headers is None else headers
    return call(fake.url + ANTHROPIC, body | parameters, headers=own)


def test_anthropic_thinks_answers_and_counts(fake):
    status, answer = anthropic(fake, "I was charged twice, refund me")
    assert status == 200
    thoughts, text = answer["content"]
    assert (thoughts["type"], text["type"]) == ("thinking", "text")
    assert json.loads(text["text"]) == {"category": "billing", "priority": "high"}
    assert answer["stop_reason"] == "end_turn"
    assert answer["usage"]["output_tokens"] > 40


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"anthropic-version": "2023-06-01"}, 401, "authentication_error"),
        ({"x-api-key": "k"}, 400, "invalid_request_error"),
    ],
)
def test_anthropic_wants_a_key_and_a_version(fake, headers, status, kind):
    got, answer = anthropic(fake, "hello", headers)
    assert (got, answer["error"]["type"]) == (status, kind)


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_tokens": None},
        {"response_format": {"type": "json_object"}},
        {"temperature": 1.5},
        {"messages": [{"role": "system", "content": "s"}]},
        {"output_config": {"format": {"schema": {"type": "number", "minimum": 0}}}},
    ],
)
def test_anthropic_rejects_what_it_does_not_know(fake, parameters):
    assert anthropic(fake, "hello", **parameters)[0] == 400


@pytest.mark.parametrize("name", REPLY_FAULTS)
def test_a_reply_fault_of_anthropic_is_an_answer(fake, name):
    status, answer = anthropic(fake, f"hello [[fault:{name}]]")
    assert status == 200
    stop_reasons = {"safety": "refusal", "truncated": "max_tokens", "only_thoughts": "max_tokens"}
    assert answer["stop_reason"] == stop_reasons.get(name, "end_turn")


@pytest.mark.parametrize(("name", "status"), STATUS_FAULTS.items())
def test_a_status_fault_of_anthropic_has_its_shape(fake, name, status):
    got, answer = anthropic(fake, f"hello [[fault:{name}]]")
    assert (got, answer["type"]) == (status, "error")
    assert answer["error"]["type"].endswith("_error")
