"""Network failures, and responses that the fake model server never sends."""

import dataclasses
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from tickets.triage.providers import table
from tickets.triage.providers.base import Endpoint, ProviderError
from tickets.triage.providers.transport import MAX_RESPONSE_BYTES, Transport

from .canned import Canned, answer, chunked, wait_until
from .test_providers import ENDPOINTS, KEY, ask, build, failure

PATIENCE = 30.0


def post(server, timeout=PATIENCE, url=None):
    return Transport().post(url or server.url, {}, b"{}", timeout)


def reason(*arguments, **options):
    with pytest.raises(ProviderError) as caught:
        post(*arguments, **options)
    return caught.value.reason


def chat(content, finish="stop", usage=None, **message):
    choice = {"message": {"role": "assistant", "content": content, **message}}
    return {"choices": [choice | {"finish_reason": finish}], "usage": usage}


def gemini(parts, finish="STOP", **more):
    content = {"content": {"parts": parts, "role": "model"}}
    return {"candidates": [content | ({"finishReason": finish} if finish else {})], **more}


def refusal(message, parameter=None, code=None):
    return answer(
        {"error": {"message": message, "param": parameter, "code": code}}, "400 Bad Request"
    )


# --- The transport --------------------------------------------------------------------


def test_a_response_of_any_status_is_returned():
    with Canned(answer({"x": 1}, "418 I'm a teapot")) as server:
        got = post(server)
    assert (got.status, got.json()) == (418, {"x": 1})


def test_one_connection_serves_many_calls():
    transport = Transport()
    with Canned(answer({})) as server:
        for _ in range(5):
            transport.post(server.url, {}, b"{}", PATIENCE)
        assert (len(server.requests), server.connections) == (5, 1)


def test_a_connection_with_half_a_response_is_not_used_again():
    transport = Transport()
    slow = [answer({"x": "late"})[:-3], b"   ", b"   "]
    with Canned(slow, answer({"x": "right"}), pause=5) as server:
        with pytest.raises(ProviderError, match="deadline"):
            transport.post(server.url, {}, b"{}", 0.3)
        assert transport.post(server.url, {}, b"{}", PATIENCE).json() == {"x": "right"}
        assert server.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_replaced():
    transport = Transport()
    with Canned(answer({}, "200 OK", "Connection: close")) as server:
        for _ in range(3):
            transport.post(server.url, {}, b"{}", PATIENCE)
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "drip",
    [
        [b"H", b"T", b"T", b"P"] + [b"/"] * 400,
        [b"HTTP/1.1 200 OK\r\n"] + [b"X-Slow: 1\r\n"] * 90 + [b"x"] * 400,
        [b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"] + [b" "] * 400,
        [b"HTTP/1.1 200 OK\r\n\r\n"] + [b" "] * 400,
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] + [b"1\r\n \r\n"] * 400,
    ],
    ids=["status", "headers", "body", "endless body", "chunks"],
)
def test_a_drip_ends_at_the_deadline_wherever_it_drips(drip):
    with Canned(drip, pause=0.1) as server:
        started = time.monotonic()
        assert reason(server, 0.5) == "deadline"
        assert time.monotonic() - started < 8  # the drip would last four times as long


def test_late_data_does_not_extend_the_deadline():
    late = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b" ", *[b""] * 30]
    with Canned(late, pause=1.8) as server:
        started = time.monotonic()
        assert reason(server, 2.0) == "deadline"
        assert time.monotonic() - started < 3.6


def test_a_silent_tls_server_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        started = time.monotonic()
        assert reason(None, 0.5, url) == "deadline"
        assert time.monotonic() - started < 8


@pytest.fixture
def hang():
    """Return a function that creates an address where connecting hangs.

    It is a listening socket whose queue is full.
    """
    opened = []

    def listen(host, port=0):
        listener = socket.create_server((host, port), backlog=0)
        opened.append(listener)
        for _ in range(4):
            caller = socket.socket()
            opened.append(caller)
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        return f"{host}:{listener.getsockname()[1]}"

    yield listen
    for one in opened:
        one.close()


def test_connecting_ends_at_the_deadline(hang):
    started = time.monotonic()
    assert reason(None, 0.5, f"http://{hang('127.0.0.1')}/") == "deadline"
    assert time.monotonic() - started < 8


@pytest.fixture
def two_addresses(monkeypatch):
    """Resolve two.example to two loopback addresses."""
    lookup = socket.getaddrinfo

    def answer_two(host, port, *args, **options):
        hosts = ["127.0.0.2", "127.0.0.1"] if host == "two.example" else [host]
        return [entry for one in hosts for entry in lookup(one, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", answer_two)


def test_the_next_address_of_a_host_has_its_share_of_the_time(hang, two_addresses):
    with Canned(answer({"x": 1})) as server:
        port = int(server.address.rpartition(":")[2])
        hang("127.0.0.2", port)
        assert post(None, 4.0, f"http://two.example:{port}/").json() == {"x": 1}
        assert b"\r\nHost: two.example:" in server.requests[0]


def test_all_addresses_of_a_host_have_one_deadline(hang, two_addresses):
    port = int(hang("127.0.0.1").rpartition(":")[2])
    hang("127.0.0.2", port)
    started = time.monotonic()
    assert reason(None, 3.0, f"http://two.example:{port}/") == "deadline"
    assert 2.0 < time.monotonic() - started < 5.8


def test_a_server_without_tls_is_unreachable_by_https():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _address = listener.accept()
            with connection:
                connection.sendall(answer({}, "400 Bad Request"))

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        assert reason(None, url=f"https://127.0.0.1:{port}/") == "unreachable"
        thread.join()


@pytest.fixture
def certificate(tmp_path):
    """Return a self-signed certificate of localhost, and a server's context that uses it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, path = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    options = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(path)]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return path, context


@pytest.mark.parametrize(
    ("host", "vouched_for", "status"),
    [("localhost", True, 200), ("localhost", False, None), ("127.0.0.1", True, None)],
)
def test_nothing_is_sent_to_a_server_without_a_valid_certificate(
    certificate, monkeypatch, host, vouched_for, status
):
    path, context = certificate
    if vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with Canned(answer({}), tls=context) as server:
        url = f"https://{host}:{server.address.rpartition(':')[2]}/"
        if status:
            assert post(None, url=url).status == status
        else:
            assert reason(None, url=url) == "unreachable"
        assert len(server.requests) == bool(status)


@pytest.mark.parametrize(
    "head",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        answer(b"no gzip", "200 OK", "Content-Encoding: gzip"),
    ],
)
def test_what_is_not_http_is_a_bad_response(head):
    with Canned(head) as server:
        assert reason(server) == "bad_response"


@pytest.mark.parametrize("size", [MAX_RESPONSE_BYTES - 20, MAX_RESPONSE_BYTES + 1])
@pytest.mark.parametrize("send", [answer, chunked])
def test_a_body_has_at_most_a_megabyte(size, send):
    with Canned(send(b"x" * size)) as server:
        if size > MAX_RESPONSE_BYTES:
            assert reason(server) == "bad_response"
        else:
            assert len(post(server).body) == size


def test_the_limit_applies_to_the_unpacked_body():
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    with Canned(answer(bomb, "200 OK", "Content-Encoding: gzip")) as server:
        assert reason(server) == "bad_response"


# --- Valid responses in unusual forms -------------------------------------------------


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_answer_in_packed_chunks_is_read(name):
    body = gemini([{"text": "{}"}]) if name.startswith("gemini") else chat("{}")
    packed = gzip.compress(json.dumps(body).encode())
    with Canned(chunked(packed, "Content-Encoding: gzip")) as server:
        assert ask(build(name, server)).text == "{}"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (None, (0, 0)),
        ({"prompt_tokens": 7, "completion_tokens": 9}, (7, 9)),
        ({"prompt_tokens": "7", "completion_tokens": None}, (0, 0)),
        ({"prompt_tokens": -7, "completion_tokens": 1.5}, (0, 0)),
    ],
)
def test_chat_reads_the_token_counts_of_the_service(usage, tokens):
    with Canned(answer(chat("{}", usage=usage))) as server:
        reply = ask(build("openai", server))
    assert (reply.input_tokens, reply.output_tokens) == tokens


@pytest.mark.parametrize("name", ["gemini-sdk", "gemini-rest"])
def test_gemini_reads_the_thinking_tokens_of_the_service(name):
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 3}
    thinking = usage | {"thoughtsTokenCount": 20, "totalTokenCount": 28}
    bodies = [gemini([{"text": "{}"}], usageMetadata=counts) for counts in (usage, thinking, {})]
    with Canned(*map(answer, bodies)) as server:
        provider = build(name, server)
        replies = [ask(provider) for _ in bodies]
    assert [(r.input_tokens, r.output_tokens) for r in replies] == [(5, 3), (5, 23), (0, 0)]


def test_thoughts_of_gemini_are_left_out_of_the_reply():
    parts = [{"text": "Let me see.", "thought": True}, {"text": '{"a":'}, {"text": "1}"}]
    with Canned(answer(gemini(parts))) as server:
        assert ask(build("gemini-rest", server)).text == '{"a":1}'


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_answer_cut_short_keeps_its_text(name):
    body = (
        gemini([{"text": '{"cat'}], "MAX_TOKENS")
        if name.startswith("gemini")
        else chat('{"cat', "length")
    )
    with Canned(answer(body)) as server:
        assert ask(build(name, server)).text == '{"cat'


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
        (chat(None), "bad_response"),
        (chat(""), "bad_response"),
        (chat(["{}"]), "bad_response"),
        ({"choices": []}, "bad_response"),
        ({"choices": None}, "bad_response"),
        ({"choices": ["x"]}, "bad_response"),
        ({"choices": [{"message": "x"}]}, "bad_response"),
        (chat("{}", usage="many"), "bad_response"),
        ({"error": {"message": "No credit", "code": 402}}, "bad_response"),
    ],
)
def test_chat_gives_the_reason_for_a_missing_reply(body, expected):
    with Canned(answer(body)) as server:
        assert failure(build("openai", server)).reason == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "blocked"),
        (gemini([], "SAFETY"), "blocked"),
        (gemini([{"text": "half"}], "RECITATION"), "blocked"),
        (gemini([], "STOP"), "bad_response"),
        (gemini([], "MAX_TOKENS"), "bad_response"),
        (gemini([], None), "bad_response"),
        ({"candidates": []}, "bad_response"),
        ({"candidates": [{"finishReason": "STOP"}]}, "bad_response"),
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
        (refusal("Quota", code="insufficient_quota"), "rate_limited"),
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
