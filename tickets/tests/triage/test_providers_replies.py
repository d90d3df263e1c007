"""Responses that the fake model server never sends, read by each provider."""

import dataclasses
import gzip
import json
import threading
import time
from email.utils import formatdate

import pytest

from tickets.triage.providers import table
from tickets.triage.providers.base import Endpoint

from .canned import (
    Canned,
    answer,
    answer_of,
    anthropic,
    chat,
    chunked,
    gemini,
    refusal,
    wait_until,
)
from .test_providers import ENDPOINTS, KEY, ask, build, failure

# --- Valid responses in unusual forms -------------------------------------------------


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_answer_in_packed_chunks_is_read(name):
    packed = gzip.compress(answer_of(name).partition(b"\r\n\r\n")[2])
    with Canned(chunked(packed, "Content-Encoding: gzip")) as server:
        assert ask(build(name, server)).text == "{}"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (None, (0, 0)),
        ({"prompt_tokens": 7, "completion_tokens": 9}, (7, 9)),
        ({"prompt_tokens": 7, "completion_tokens": 9, "total_tokens": 56}, (7, 49)),
        ("many", (0, 0)),
        ({"prompt_tokens": "7", "completion_tokens": None}, (0, 0)),
        ({"prompt_tokens": -7, "completion_tokens": 1.5}, (0, 0)),
    ],
)
def test_chat_reads_the_token_counts_of_the_service(usage, tokens):
    with Canned(answer(chat("{}", usage=usage))) as server:
        reply = ask(build("openai", server))
    assert reply.usage == tokens


@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_gemini_reads_the_thinking_tokens_of_the_service(name):
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 3}
    thinking = usage | {"thoughtsTokenCount": 20, "totalTokenCount": 28}
    bodies = [gemini([{"text": "{}"}], usageMetadata=counts) for counts in (usage, thinking, {})]
    with Canned(*map(answer, bodies)) as server:
        provider = build(name, server)
        replies = [ask(provider) for _ in bodies]
    assert [reply.usage for reply in replies] == [(5, 3), (5, 23), (0, 0)]


def test_thoughts_of_gemini_are_left_out_of_the_reply():
    parts = [{"text": "Let me see.", "thought": True}, {"text": '{"a":'}, {"text": "1}"}]
    with Canned(answer(gemini(parts))) as server:
        assert ask(build("gemini-rest", server)).text == '{"a":1}'


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_answer_cut_short_keeps_its_text(name):
    bodies = {
        "gemini-sdk": gemini([{"text": '{"cat'}], "MAX_TOKENS"),
        "gemini-rest": gemini([{"text": '{"cat'}], "MAX_TOKENS"),
        "anthropic": anthropic('{"cat', "max_tokens"),
    }
    with Canned(answer(bodies.get(name) or chat('{"cat', "length"))) as server:
        reply = ask(build(name, server))
    assert (reply.text, reply.cut_off) == ('{"cat', True)


# --- Invalid responses ----------------------------------------------------------------

NOT_AN_ANSWER = [b"", b"null", b"[]", b'"text"', b"NaN", b"[" * 100_000, b"\xff\xfe{}", b"{}"]


@pytest.mark.parametrize("body", NOT_AN_ANSWER, ids=range(len(NOT_AN_ANSWER)))
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_body_without_a_reply_is_a_bad_response(name, body):
    with Canned(answer(body)) as server:
        assert failure(build(name, server)).reason == "bad_response"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (chat("half", "content_filter"), "blocked"),
        (chat(None, refusal="I cannot help with that."), "blocked"),
        (chat("Sorry, no", refusal="I cannot help with that."), "blocked"),
        (chat(None), "empty"),
        (chat(""), "empty"),
        (chat(" \n"), "empty"),
        (chat("", reasoning_content="Let me see."), "empty"),
        (chat("", "length", reasoning="Let me see."), "cut_off"),
        (chat(None, "length"), "cut_off"),
        (chat([{"type": "thinking", "thinking": []}]), "empty"),
        (chat([{"type": "text", "text": 7}]), "bad_response"),
        (chat(7), "bad_response"),
        (chat(["{}"]), "bad_response"),
        ({"choices": []}, "bad_response"),
        ({"choices": None}, "bad_response"),
        ({"choices": ["x"]}, "bad_response"),
        ({"choices": [{"message": "x"}]}, "bad_response"),
        ({"error": {"message": "No credit", "code": 402}}, "no_credit"),
        ({"error": {"message": "Slow down", "code": 429}}, "rate_limited"),
        ({"error": {"message": "?", "code": "402"}}, "bad_response"),
        ({"error": {"message": "?", "code": 200}}, "bad_response"),
    ],
)
def test_chat_gives_the_reason_for_a_missing_reply(body, expected):
    with Canned(answer(body)) as server:
        assert failure(build("openai", server)).reason == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (anthropic("half", "refusal"), "blocked"),
        (anthropic("", "refusal"), "blocked"),
        (anthropic("", "max_tokens"), "cut_off"),
        (anthropic("", "model_context_window_exceeded"), "cut_off"),
        (anthropic("", "end_turn"), "empty"),
        (anthropic("", "pause_turn"), "empty"),
        ({"content": [{"type": "thinking", "thinking": "Hm."}]}, "empty"),
        ({"content": None}, "bad_response"),
        ({"content": "x"}, "bad_response"),
        ({"content": ["x"]}, "bad_response"),
        ({"content": [{"type": "text"}]}, "bad_response"),
        ({"content": [{"type": "text", "text": 7}]}, "bad_response"),
        ({"content": {}}, "bad_response"),
    ],
)
def test_anthropic_gives_the_reason_for_a_missing_reply(body, expected):
    with Canned(answer(body)) as server:
        assert failure(build("anthropic", server)).reason == expected


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


def test_anthropic_charges_for_what_it_takes_from_a_cache_too():
    usage = {"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 3}
    with Canned(answer(anthropic("{}", usage=usage))) as server:
        assert ask(build("anthropic", server)).usage == (12, 3)


def test_the_text_of_a_message_in_parts_is_read():
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "{}"}]
    with Canned(answer(chat(parts))) as server:
        assert ask(build("openai", server)).text == "{}"


@pytest.mark.parametrize(
    "body",
    [
        chat("", "length", {"prompt_tokens": 7, "completion_tokens": 9}),
        chat("no", "content_filter", {"prompt_tokens": 7, "completion_tokens": 9}),
        {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 9}},
        {"error": {"code": 402}, "usage": {"prompt_tokens": 7, "completion_tokens": 9}},
    ],
)
def test_a_chat_server_charges_without_a_reply_too(body):
    with Canned(answer(body)) as server:
        assert failure(build("openai", server)).usage == (7, 9)


@pytest.mark.parametrize(
    "body",
    [
        gemini([], "MAX_TOKENS"),
        gemini([], "SAFETY"),
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"candidates": []},
    ],
)
@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_gemini_charges_without_a_reply_too(name, body):
    usage = {"promptTokenCount": 5, "thoughtsTokenCount": 20, "totalTokenCount": 25}
    with Canned(answer(body | {"usageMetadata": usage})) as server:
        assert failure(build(name, server)).usage == (5, 20)


# --- How long a service wants to be left alone -----------------------------------------

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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "blocked"),
        (gemini([], "SAFETY"), "blocked"),
        (gemini([{"text": "half"}], "RECITATION"), "blocked"),
        (gemini([], "PROHIBITED_CONTENT"), "blocked"),
        (gemini([], "OTHER"), "empty"),
        (gemini([], "STOP"), "empty"),
        (gemini([], "MAX_TOKENS"), "cut_off"),
        (gemini([], None), "bad_response"),
        ({"candidates": [{"finishReason": "MAX_TOKENS"}]}, "cut_off"),
        ({"candidates": []}, "bad_response"),
        ({"candidates": [{"finishReason": "STOP"}]}, "empty"),
        ({"candidates": "x"}, "bad_response"),
        ({"candidates": ["x"]}, "bad_response"),
        (gemini("x"), "bad_response"),
    ],
)
@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_gemini_gives_the_reason_for_a_missing_reply(name, body, expected):
    with Canned(answer(body)) as server:
        assert failure(build(name, server)).reason == expected


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
