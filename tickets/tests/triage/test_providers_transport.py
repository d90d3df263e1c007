"""The transport: network failures, and what is not HTTP."""

import gzip
import socket
import threading
import time

import pytest

from tickets.triage.providers.base import ProviderError
from tickets.triage.providers.transport import MAX_RESPONSE_BYTES, Transport

from .canned import Canned, answer, chunked

PATIENCE = 30.0


def post(server, timeout=PATIENCE, url=None):
    return Transport().post(url or server.url, {}, b"{}", timeout)


def reason(*arguments, **options):
    with pytest.raises(ProviderError) as caught:
        post(*arguments, **options)
    return caught.value.reason


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
