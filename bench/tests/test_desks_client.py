"""The clients of the benchmark send what they should and count what comes back."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.desks.client import Request, load, read_wrk, send, send_in_threads


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer(b"")

        def do_PATCH(self):
            self.answer(self.rfile.read(int(self.headers["Content-Length"])))

        def answer(self, body):
            with self.server.guard:
                self.server.seen.append((self.command, self.path, self.headers["X-Name"], body))
            self.send_response(500 if self.path == "/broken" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.seen, server.guard = [], threading.Lock()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


REQUESTS = [
    Request("GET", "/one", {"X-Name": "a"}),
    Request("PATCH", "/two", {"X-Name": "b"}, '{"text": "a\\\\b\\n"}'),
]
SEEN = {("GET", "/one", "a", b""), ("PATCH", "/two", "b", b'{"text": "a\\\\b\\n"}')}


@pytest.mark.parametrize("threads", [False, True])
def test_both_clients_send_all_requests_in_turn(server, threads):
    if not threads and not shutil.which("wrk"):
        pytest.skip("wrk is not installed")
    client = (lambda *args: send_in_threads(*args[:2], 2, args[2])) if threads else load
    timing = client(server.server_port, REQUESTS, 1)
    assert set(server.seen) == SEEN
    assert timing.errors == 0
    assert timing.requests > 4
    assert timing.rate > 0
    assert 0 < timing.p50 <= timing.p99


def test_answers_that_are_errors_count_as_none(server):
    timing = send_in_threads(server.server_port, [Request("GET", "/broken")], 3, count=2)
    assert (timing.requests, timing.errors, timing.rate) == (6, 6, 0)


def test_a_server_that_is_gone_is_an_error(server):
    server.shutdown()
    server.server_close()
    timing = send_in_threads(server.server_port, [Request("GET", "/one")], 1, count=1)
    assert (timing.requests, timing.errors) == (1, 1)


def test_one_request(server):
    answer = send(server.server_port, REQUESTS[1])
    assert (answer.status, answer.json()) == (200, {"text": "a\\b\n"})


def test_the_output_of_wrk():
    output = (
        'Running 2s test\nRESULT {"requests": 110, "microseconds": 2000000, "p50": 1500.0,'
        ' "p99": 2500.0, "errors": 10}\n'
    )
    timing = read_wrk(output)
    assert (timing.rate, timing.p50, timing.p99, timing.errors) == (50, 1.5, 2.5, 10)


def test_output_of_a_wrk_that_failed():
    with pytest.raises(ValueError, match="unable to connect"):
        read_wrk("unable to connect to 127.0.0.1:1")
