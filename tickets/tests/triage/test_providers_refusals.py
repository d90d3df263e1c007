"""Refusals of each service in its own wording, and how long it asks us to wait."""

import dataclasses
import json
import threading
import time
from email.utils import formatdate

import pytest

from tickets.triage.providers import table
from tickets.triage.providers.base import Endpoint

from .canned import Canned, answer, answer_of, chat, gemini, refusal, wait_until
from .test_providers import ENDPOINTS, KEY, ask, build, failure


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected"),
    [
        ("400 x", "invalid_request_error", "max_tokens: Field required", "bad_request"),
        ("400 x", "invalid_request_error", "Your credit balance is too low", "no_credit"),
        ("400 x", "invalid_request_error", "You have reached your specified API usage limits.",
         "no_credit"),
        ("401 x", "authentication_error", "invalid x-api-key", "bad_key"),
        ("402 x", "billing_error", "Check your payment details", "no_credit"),
        ("403 x", "permission_error", "Not this model", "bad_key"),
        ("404 x", "not_found_error", "model: claude-x", "missing_model"),
        ("413 x", "request_too_large", "Too large", "bad_request"),
        ("429 x", "rate_limit_error", "Slow down", "rate_limited"),
        ("504 x", "timeout_error", "Timed out", "server_error"),
        ("529 x", "overloaded_error", "Overloaded", "server_error"),
        ("529 x", None, None, "server_error"),
    ],
)  # fmt: skip
def test_refusals_of_anthropic_are_read(status, kind, message, expected):
    body = {"type": "error", "error": {"type": kind, "message": message}}
    with Canned(answer(body, status)) as server:
        assert failure(build("anthropic", server)).reason == expected


def test_a_monthly_limit_of_anthropic_is_no_rate_limit():
    details = {"error_code": "enforced_spend_limit_reached"}
    error = {"type": "rate_limit_error", "message": "x", "details": details}
    with Canned(answer({"type": "error", "error": error}, "429 x")) as server:
        assert failure(build("anthropic", server)).reason == "no_credit"


# --- How long a service asks us to wait ------------------------------------------------

NOW = "Date: Sun, 06 Nov 2033 08:49:37 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], 0),
        (["Retry-After: 120"], 120),
        (["retry-after: 0"], 0),
        (["Retry-After: 1.5"], 1.5),
        (["Retry-After: Sun, 06 Nov 2033 08:51:37 GMT", NOW], 120),
        (["Retry-After: Sunday, 06-Nov-33 08:51:37 GMT", NOW], 120),
        (["Retry-After: Sun, 06 Nov 2033 08:40:00 GMT", NOW], 0),
        (["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"], 0),
        (["Retry-After: soon"], 0),
        (["Retry-After: -5"], 0),
        (["Retry-After: Sun, 99 Nov 2033 08:51:37 GMT", NOW], 0),
        (["Retry-After: "], 0),
    ],
)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_header_of_a_refusal_says_how_long_to_wait(name, headers, seconds):
    with Canned(answer({}, "503 Service Unavailable", *headers)) as server:
        assert failure(build(name, server)).retry_after == seconds


def test_a_time_without_a_date_beside_it_is_compared_to_our_clock():
    soon = formatdate(time.time() + 100, usegmt=True)
    with Canned(answer({}, "429 x", f"Retry-After: {soon}")) as server:
        assert 80 < failure(build("groq", server)).retry_after <= 100


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("37s", 37), ("3.5s", 3.5), ("35225.7s", 35225.7), ("37", 0), ("1h", 0), (37, 0), (None, 0)],
)
@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_the_details_of_googles_refusal_say_how_long_to_wait(name, delay, seconds):
    kind = "type.googleapis.com/google.rpc.RetryInfo"
    error = {"code": 429, "details": [{"@type": kind, "retryDelay": delay}, "x", {}]}
    with Canned(answer({"error": error}, "429 x")) as server:
        assert failure(build(name, server)).retry_after == seconds


@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_a_used_up_balance_at_google_is_no_rate_limit(name):
    for status, message in (("402 x", ""), ("429 x", "Your prepayment credits are depleted.")):
        with Canned(answer({"error": {"message": message}}, status)) as server:
            assert failure(build(name, server)).reason == "no_credit"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect"])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_redirect_is_not_followed(name, status):
    with Canned(answer({})) as elsewhere:
        with Canned(answer({}, status, f"Location: {elsewhere.url}/v1")) as server:
            assert failure(build(name, server)).reason == "bad_response"
        assert elsewhere.requests == []


@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_the_reason_of_a_refusal_without_a_body_is_that_of_its_status(name):
    for body in (b"", b"<html>", {"error": "x"}, {"error": {"details": "x", "message": None}}):
        with Canned(answer(body, "429 Too Many Requests")) as server:
            assert failure(build(name, server)).reason == "rate_limited"


# --- Refusals of chat completions, in the wording of each server ----------------------


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (refusal("Incorrect API key provided", code="invalid_api_key"), "bad_key"),
        (refusal("The model `x` does not exist or you lack access", "model"), "missing_model"),
        (refusal("The model `x` has been decommissioned", code="model_decommissioned"),
         "missing_model"),
        (refusal("invalid model ID"), "missing_model"),
        (answer({"error": 'model "x" not found, try pulling it first'}, "404 Not Found"),
         "missing_model"),
        (answer({"object": "error", "message": "x"}, "404 Not Found"), "missing_model"),
        (refusal("Quota", code="insufficient_quota"), "no_credit"),
        (answer({"error": {"message": "Insufficient Balance"}}, "402 Payment Required"),
         "no_credit"),
        (answer({}, "410 Gone"), "missing_model"),
        (refusal("Request too large", code="rate_limit_exceeded"), "rate_limited"),
        (refusal("The response was filtered", "prompt", "content_filter"), "blocked"),
        (refusal("Failed to generate JSON for response_format", code="json_validate_failed"),
         "bad_response"),
        (refusal("Something else"), "bad_request"),
        (refusal("'messages' is not good", "messages"), "bad_request"),
        (answer(b"<html>Bad Request</html>", "400 Bad Request"), "bad_request"),
        (answer([1], "400 Bad Request"), "bad_request"),
        (answer({"error": None}, "400 Bad Request"), "bad_request"),
        (answer({"error": {"message": 7, "code": 400}}, "400 Bad Request"), "bad_request"),
    ],
)  # fmt: skip
def test_refusals_of_all_shapes_are_read(response, expected):
    with Canned(response) as server:
        assert failure(build("local", server)).reason == expected
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("response", "gone"),
    [
        (refusal("`reasoning_effort` must be one of `none` or `default`"), "reasoning_effort"),
        (refusal("Model x does not support parameter reasoningEffort."), "reasoning_effort"),
        (answer({"error": "reasoning_effort is unknown"}, "400 Bad Request"), "reasoning_effort"),
        (answer({"detail": [{"loc": ["body", "temperature"], "msg": "extra"}]}, "422 x"),
         "temperature"),
        (answer({"object": "error", "message": "temperature: no"}, "400 x"), "temperature"),
        (refusal("Only the default (1) value is supported.", "temperature"), "temperature"),
        (refusal("Use 'max_tokens' instead.", "max_completion_tokens"), "max_completion_tokens"),
        (refusal("Unknown field: max_completion_tokens. Use max_tokens."),
         "max_completion_tokens"),
        (refusal("This model does not support response format `json_schema`."), "json_schema"),
        (refusal('response_format type must be "text" or "json_object"'), "json_schema"),
        (refusal("Invalid schema", "response_format.json_schema.schema"), "json_schema"),
    ],
)  # fmt: skip
def test_refused_parameters_are_recognised_in_all_wordings(response, gone):
    with Canned(response, answer(chat("{}"))) as server:
        provider = build("openai", server, temperature=0.3)
        assert ask(provider).text == "{}"
        first, second = (request.partition(b"\r\n\r\n")[2] for request in server.requests)
        assert f'"{gone}"'.encode() in first
        assert f'"{gone}"'.encode() not in second


def test_the_schema_goes_into_the_message_if_it_is_refused_elsewhere():
    with Canned(refusal("response_format"), answer(chat("{}"))) as server:
        ask(build("local", server))
    body = json.loads(server.requests[1].partition(b"\r\n\r\n")[2])
    assert body["response_format"] == {"type": "json_object"}
    assert '"category_confidence"' in body["messages"][0]["content"]


def test_omissions_that_did_not_help_are_not_remembered():
    response = refusal("The text says temperature, and is too long.")
    with Canned(response, response, answer(chat("{}"))) as server:
        provider = build("openai", server, temperature=0.3)
        assert failure(provider).reason == "bad_request"
        ask(provider)
        assert b'"temperature"' not in server.requests[1]
        assert b'"temperature"' in server.requests[2]


def test_repeated_refusals_end():
    with Canned(*(refusal(f"{name}") for name in ("temperature",) * 2)) as server:
        assert failure(build("openai", server, temperature=0.3)).reason == "bad_request"
        assert len(server.requests) == 2


def test_all_refusals_together_have_one_deadline():
    response = refusal(
        "temperature reasoning_effort response_format max_completion_tokens max_tokens"
    )
    slow = [response[:5], response[5:]]
    with Canned(slow, pause=0.4) as server:
        started = time.monotonic()
        provider = build("openai", server, temperature=0.3)
        assert failure(provider, timeout=1.0).reason == "deadline"
        assert time.monotonic() - started < 8
        assert len(server.requests) < 5


def test_threads_share_what_was_refused():
    """Two threads are refused different parameters at the same time; both are remembered."""
    refusals = [refusal("x", "temperature"), refusal("x", "reasoning_effort")]
    with Canned(*refusals, answer(chat("{}"))) as server:
        provider = build("openai", server, temperature=0.3)
        threads = [threading.Thread(target=ask, args=(provider,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: len(server.requests) >= 4)
        ask(provider)
    assert b'"temperature"' not in server.requests[-1]
    assert b'"reasoning_effort"' not in server.requests[-1]


@pytest.mark.parametrize("name", ["openai", "local"])
def test_the_key_travels_in_one_header_only(name):
    with Canned(answer(chat("{}"))) as server:
        ask(build(name, server))
    head = server.requests[0].partition(b"\r\n\r\n")[0]
    sent = [line for line in head.split(b"\r\n") if KEY.encode() in line]
    assert sent == ([b"Authorization: Bearer " + KEY.encode()] if name == "openai" else [])
    assert (b"Authorization" in head) is (name == "openai")


def test_anthropics_key_travels_in_one_header_only():
    with Canned(answer_of("anthropic")) as server:
        ask(build("anthropic", server))
    head = server.requests[0].partition(b"\r\n\r\n")[0].lower()
    sent = [line for line in head.split(b"\r\n") if KEY.encode() in line]
    assert sent == [b"x-api-key: " + KEY.encode()]
    assert b"\r\nanthropic-version: 2023-06-01" in head


@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_geminis_key_travels_in_one_header_only(name):
    with Canned(answer(gemini([{"text": "{}"}]))) as server:
        ask(build(name, server))
    head = server.requests[0].partition(b"\r\n\r\n")[0].lower()
    sent = [line for line in head.split(b"\r\n") if KEY.encode() in line]
    assert sent == [b"x-goog-api-key: " + KEY.encode()]


def test_a_base_address_keeps_its_query_and_loses_its_credentials():
    endpoint = Endpoint("local", "any-model", needs_key=False)
    with Canned(answer(chat("{}"))) as server:
        address = f"http://user:word@{server.address}/v1/?version=1#part"
        ask(table.build(dataclasses.replace(endpoint, base_url=address)))
    head = server.requests[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /v1/chat/completions?version=1 HTTP/1.1\r\n")
    assert b"word" not in head
    assert b"Authorization" not in head
