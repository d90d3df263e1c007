"""Responses that the fake model server never sends, read by each provider."""

import gzip

import pytest

from .canned import (
    Canned,
    answer,
    answer_of,
    anthropic,
    chat,
    chunked,
    gemini,
)
from .test_providers import ENDPOINTS, ask, build, failure

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
        ({"prompt_tokens": 10**30, "completion_tokens": 10**400}, (0, 0)),
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
