"""Malformed HTTP, sent to the real server as it runs in production.

The server has no database: none of these requests may need one, and those that do are told.
"""

import html
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from .client import NEW, SUGGEST_TITLE, TICKETS

TEXT = b'{"description": "The printer burns."}'
JSON = b"Content-Type: application/json\r\n"
START = 120  # seconds that a slow machine may take


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "ACCESS_MODE": "open",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SECRET_KEY": "for this test only",
        "WEB_WORKERS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        wait_for(server, port)
        yield "127.0.0.1", port
    finally:
        server.terminate()
        server.wait(60)


def wait_for(server, port):
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        assert server.poll() is None, "gunicorn ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("gunicorn does not answer")


def exchange(address, request):
    """Send raw bytes and the end of the stream; return status, headers and body of the answer."""
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.headers, response.read()


def post(*headers, body=b"", path=SUGGEST_TITLE):
    lines = [
        b"POST " + path.encode() + b" HTTP/1.1",
        b"Host: localhost",
        b"Connection: close",
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n" + JSON + b"\r\n" + body


def get(path, *headers):
    lines = [b"GET " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def chunked(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


CHUNKED = b"Transfer-Encoding: chunked"
MEBIBYTE = b" " * 1024 * 1024
BAD = {
    "both lengths": (post(CHUNKED, b"Content-Length: 5", body=chunked(TEXT)), 400),
    "two lengths": (post(b"Content-Length: 5", b"Content-Length: 6", body=TEXT), 400),
    "a length that is not a number": (post(b"Content-Length: x", body=TEXT), 400),
    "a negative length": (post(b"Content-Length: -5", body=TEXT), 400),
    "a body that ends early": (post(b"Content-Length: 100", body=TEXT), 400),
    "no length": (post(body=TEXT), 400),
    "a length over the limit": (post(b"Content-Length: 1048577", body=MEBIBYTE + b" "), 413),
    "a length without end": (post(b"Content-Length: 20000000000", body=TEXT), 413),
    "ten times the limit": (post(b"Content-Length: 10485760", body=MEBIBYTE * 10), 413),
    "chunks over the limit": (post(CHUNKED, body=chunked(MEBIBYTE, TEXT)), 413),
    "chunks ten times the limit": (post(CHUNKED, body=chunked(*[MEBIBYTE] * 10)), 413),
    "a chunk of no size": (post(CHUNKED, body=b"zz\r\n" + TEXT + b"\r\n0\r\n\r\n"), 400),
    "a chunk cut off": (post(CHUNKED, body=b"ff\r\n" + TEXT), 400),
    "chunks without an end": (post(CHUNKED, body=chunked(TEXT)[:-5]), 400),
    "an unknown coding": (post(b"Transfer-Encoding: rot13", body=TEXT), 400),
    "a coding of a coding": (post(b"Transfer-Encoding: gzip, chunked", body=chunked(TEXT)), 415),
    "a coding after chunks": (post(b"Transfer-Encoding: chunked, gzip", body=chunked(TEXT)), 400),
    "an expectation": (post(b"Expect: the impossible", body=TEXT), 417),
    "a URL of 9 kB": (get(b"/api/tickets/?search=" + b"x" * 9000), 414),
    "a header of 9 kB": (get(b"/healthz", b"X-Filler: " + b"x" * 9000), 431),
    "two hundred headers": (get(b"/healthz", *[b"X-%d: x" % n for n in range(200)]), 431),
    "a header without a colon": (get(b"/healthz", b"nonsense"), 400),
    "a folded header": (get(b"/healthz", b"X-A: b\r\n c"), 400),
    "NUL in a header": (get(b"/healthz", b"X-A: \x00"), 400),
    "a foreign host": (get(b"/healthz").replace(b"localhost", b"evil.example"), 400),
    "no host": (get(b"/healthz").replace(b"Host: localhost\r\n", b""), 400),
    "an address of a foreign host": (get(b"http://evil.example/healthz"), 400),
    "an address with an account": (get(b"http://me@localhost/healthz"), 400),
    "an address without a host": (get(b"http:///healthz"), 400),
    "a host with a path": (get(b"/healthz").replace(b"localhost", b"localhost/x"), 400),
    "HTTP/9": (get(b"/healthz").replace(b"HTTP/1.1", b"HTTP/9.1"), 400),
    "two spaces": (get(b" /healthz"), 400),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    "a path upwards": (get(b"/api/../admin/"), 404),
    "an escaped path upwards": (get(b"/api/%2e%2e/admin/"), 404),
    "a path of NUL": (get(b"/api/%00"), 404),
    "a path that is not UTF-8": (get(b"/api/%ff"), 404),
    "a line end in a path": (get(b"/api/tickets/%0d%0aSet-Cookie:x=y"), 404),
    "an unknown method": (get(b"/healthz").replace(b"GET", b"BREW"), 405),
    "TRACE": (get(b"/healthz").replace(b"GET", b"TRACE"), 405),
}


@pytest.mark.parametrize(("request_bytes", "expected"), BAD.values(), ids=BAD.keys())
def test_malformed_http_is_answered_with_a_problem_document(address, request_bytes, expected):
    status, headers, body = exchange(address, request_bytes)
    assert status == expected
    assert headers["Content-Type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["detail"]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(b"Content-Length: %d" % len(TEXT), body=TEXT),
        post(CHUNKED, body=chunked(TEXT)),
        post(CHUNKED, body=chunked(TEXT[:1], TEXT[1:20], TEXT[20:])),
        post(CHUNKED, body=chunked(TEXT), path=SUGGEST_TITLE.rstrip("/")),
    ],
)
def test_a_body_may_come_in_chunks(address, request_bytes):
    status, _, body = exchange(address, request_bytes)
    assert (status, json.loads(body)["suggested_title"]) == (200, "The printer burns")


def test_the_host_of_an_address_overrules_the_header(address):
    request_bytes = get(b"http://localhost/healthz").replace(b"Host: localhost", b"Host: evil.test")
    assert exchange(address, request_bytes)[0] == 200


def test_an_old_client_need_not_name_a_host(address):
    assert exchange(address, b"GET /healthz HTTP/1.0\r\n\r\n")[0] == 200


@pytest.mark.parametrize("length", [2 * 1024 * 1024, 10**20])
def test_a_body_that_is_only_announced_is_refused_at_once(address, length):
    """The client may wait for the answer before it sends anything."""
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(post(b"Content-Length: %d" % length))
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, json.loads(response.read())["status"]) == (413, 413)


@pytest.mark.parametrize("charset", [b"zip", b"idna", b"undefined", b"utf-16", b"x" * 4000])
def test_the_charset_of_a_body_does_not_decide_how_the_query_is_read(address, charset):
    kind = b"Content-Type: application/json; charset=" + charset
    status, _, _ = exchange(address, get(b"/api/openapi.json", kind))
    assert status == 200
    status, _, body = exchange(address, get(b"/api/openapi.json?%C3%A4=x", kind))
    assert (status, list(json.loads(body)["errors"])) == (400, ["ä"])
    request_bytes = post(b"Content-Length: %d" % len(TEXT), body=TEXT).replace(JSON.strip(), kind)
    assert exchange(address, request_bytes)[0] == 415


@pytest.mark.parametrize("path", ["/", "/admin/login/"])
def test_a_form_that_is_too_large_is_refused_by_a_page(address, path):
    body = b"description=" + MEBIBYTE * 10
    request_bytes = post(b"Content-Length: %d" % len(body), body=body, path=path)
    form = request_bytes.replace(JSON, b"Content-Type: application/x-www-form-urlencoded\r\n")
    status, headers, page = exchange(address, form)
    assert (status, headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert "That's too large" in html.unescape(page.decode())


def test_a_form_that_ended_too_early_is_refused(address):
    request_bytes = post(
        b"Content-Length: 100", body=b"title=abc&description=A+text+that", path="/t/x/"
    )
    form = request_bytes.replace(JSON, b"Content-Type: application/x-www-form-urlencoded\r\n")
    status, _, page = exchange(address, form)
    assert status == 400
    assert b"This form is incomplete." in page


FORM = b"Content-Type: multipart/form-data; boundary=limit\r\n"
FILE = (
    b'--limit\r\nContent-Disposition: form-data; name="files"; filename="log.txt"\r\n'
    b"Content-Length: 3\r\n\r\n" + MEBIBYTE * 5 + b"\r\n--limit--\r\n"
)


def form_with_a_file(length, body):
    return post(b"Content-Length: %d" % length, body=body, path="/t/x/").replace(JSON, FORM)


def stored():
    return {path for path in (settings.DATA_DIR / "attachments").rglob("*") if path.is_file()}


@pytest.mark.parametrize("share", [50, 99])
def test_an_upload_that_breaks_off_leaves_nothing(address, share):
    body = FILE[: len(FILE) * share // 100]
    before = stored()
    status, _, page = exchange(address, form_with_a_file(len(FILE), body))
    assert (status, b"This form is incomplete." in page) == (400, True)
    assert stored() == before


def test_an_upload_past_the_limit_is_refused_before_it_is_read(address):
    status, headers, page = exchange(address, form_with_a_file(60 * 1024 * 1024, FILE))
    assert (status, headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert "larger than the limit of 50 MB" in html.unescape(page.decode())


def test_the_body_of_a_refused_request_is_not_read_as_the_next_request(address):
    refused = post(b"Content-Length: 40", body=b"GET /api/tickets/1/ HTTP/1.1\r\nX: aaaaaaa\r\n")
    request_bytes = refused.replace(b"Connection: close\r\n", b"") + get(b"/healthz")
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(request_bytes)
        answers = b""
        while part := connection.recv(65536):
            answers += part
    assert answers.startswith(b"HTTP/1.1 400 ")
    assert answers.count(b"HTTP/1.1 ") == 2
    assert answers.endswith(b'{"status": "ok"}')


def test_without_its_database_it_answers_503_and_when_to_retry(address):
    body = json.dumps(NEW).encode()
    length = b"Content-Length: %d" % len(body)
    requests = [
        get(TICKETS.encode()),
        post(length, body=body, path=TICKETS),
        get(b"/readyz"),
        get(TICKETS.encode(), b"Authorization: Bearer desk_x"),
    ]
    with ThreadPoolExecutor(len(requests)) as pool:
        for status, headers, answer in pool.map(lambda bytes_: exchange(address, bytes_), requests):
            assert status == 503
            assert json.loads(answer)["code"] == "unavailable"
            assert int(headers["Retry-After"]) > 0
    assert exchange(address, get(b"/healthz"))[0] == 200
