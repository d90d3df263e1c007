"""nginx with our configuration: what it refuses, hides and withstands. Its web servers are away."""

import contextlib
import json
import logging
import re
import shutil
import socket
from datetime import datetime, timedelta

import pytest

from config.logs import Formatter

from ..mail_server import free_port
from .echo import start_echo
from .servers import Nginx, temporary_root

BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
HALF_OPEN = 3000
LIMIT = 64  # requests of one address under way
SLOW_MS = 1050


@pytest.fixture(scope="module")
def servers(require_servers):
    root = temporary_root()
    web = start_echo()
    behind = Nginx(root, [web.server_port, web.server_port], "behind")
    alone = Nginx(root, [free_port(), free_port()], "alone")
    try:
        yield behind.start(), alone.start()
    finally:
        behind.kill()
        alone.kill()
        web.shutdown()
        web.server_close()
        shutil.rmtree(root)


@pytest.fixture
def nginx(servers):
    """Return one whose web server answers."""
    return servers[0]


@pytest.fixture
def alone(servers):
    """Return one whose web servers are away."""
    return servers[1]


def connect(server, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", server.port), 30, (source, 0))


def send(server, head, source="127.0.0.1"):
    """Send the head of a request; return the status, the headers and the body of the answer."""
    with connect(server, source) as connection:
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET /?q={'x' * 9000} HTTP/1.1\r\nHost: desk\r\n", 400),
        ("GET /%00 HTTP/1.1\r\nHost: desk\r\n", 400),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: desk\r\n", 400),
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: desk\r\nHost: other\r\n", 400),
        (f"GET / HTTP/1.1\r\nHost: desk\r\nX-Long: {'x' * 40000}\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: many\r\n", 400),
        (f"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: {10**20}\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: gzip\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: xchunked\r\n", 400),
        ("TRACE / HTTP/1.1\r\nHost: desk\r\n", 405),
        (f"TRACE / HTTP/1.1\r\nHost: desk\r\n{BROWSER}", 405),
        (f"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: {10**9}\r\n", 413),
    ],
)
def test_what_it_refuses_is_a_problem_document(nginx, head, status):
    answered, headers, body = send(nginx, head)
    assert (answered, headers["content-type"]) == (status, "application/problem+json")
    assert json.loads(body)["status"] == status
    assert headers["x-content-type-options"] == "nosniff"
    assert "nginx" not in body


def test_programs_are_told_that_the_desk_is_away(alone):
    for head in ("GET /api/tickets/", "POST /api/tickets/", "GET /readyz", "GET /"):
        for accept in ("", "Accept: */*\r\n") if head == "GET /" else ("", BROWSER):
            status, headers, body = send(alone, f"{head} HTTP/1.1\r\nHost: desk\r\n{accept}")
            assert (status, headers["retry-after"]) == (503, "5")
            assert headers["x-content-type-options"] == "nosniff"
            assert json.loads(body)["code"] == "unavailable"


@pytest.mark.parametrize(
    ("languages", "language", "headline"),
    [
        ("", "en", "We&#39;ll be back in a moment"),
        ("fr-CH,fr;q=0.9,en;q=0.8", "fr", "Nous revenons dans un instant"),
        ("de", "de", "Wir sind gleich wieder da"),
        ("nl", "en", "We&#39;ll be back in a moment"),
    ],
)
def test_people_get_a_page_in_their_language_that_tries_again(alone, languages, language, headline):
    head = f"GET /tickets/ HTTP/1.1\r\nHost: desk\r\n{BROWSER}Accept-Language: {languages}\r\n"
    status, headers, body = send(alone, head)
    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (headers["retry-after"], headers["cache-control"]) == ("5", "no-store")
    assert f'<html lang="{language}">' in body
    assert f"<h1>{headline}</h1>" in body
    assert 'http-equiv="refresh"' in body


def test_a_form_is_not_asked_for_again(alone):
    """That would be a page without what the person wrote."""
    head = f"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 0\r\n{BROWSER}"
    status, _headers, body = send(alone, head)
    assert status == 503
    assert "Go back to what you wrote" in body
    assert "refresh" not in body


def test_the_log_has_neither_private_links_nor_search_terms(nginx, alone):
    paths = ["/t/secret1/close/", "/confirm/secret2/", "/invitation/MQ/secret3/", "/t/secret4?a=b"]
    for server in (nginx, alone):
        for path in [*paths, "/tickets/?search=secret5", "//t//secret6/"]:
            send(server, f"GET {path} HTTP/1.1\r\nHost: desk\r\nReferer: /t/secret7/\r\n")
        written = (server.directory / "access").read_text() + server.log.read_text()
        assert "/t/***" in written
        assert "/tickets/" in written
        assert not re.search("secret.", written)


def test_a_line_of_the_log_belongs_to_a_request(nginx):
    send(nginx, "GET /one HTTP/1.1\r\nHost: desk\r\n")
    nginx.wait_until(lambda: any(line["path"] == "/one" for line in nginx.requests()), 30)
    [line] = [line for line in nginx.requests() if line["path"] == "/one"]
    assert line["request_id"] == "abc123"
    assert (line["method"], line["status"], line["client"]) == ("GET", 200, "127.0.0.1")


def test_its_log_has_the_names_and_units_of_the_desks_own(nginx):
    """A line of a request that took a while, and one that the desk writes."""
    send(nginx, f"GET /slow/{SLOW_MS} HTTP/1.1\r\nHost: desk\r\n")
    send(nginx, "GET /fast HTTP/1.1\r\nHost: desk\r\n")
    nginx.wait_until(lambda: any(line["path"] == "/fast" for line in nginx.requests()), 30)
    [slow] = [line for line in nginx.requests() if line["path"].startswith("/slow")]
    [fast] = [line for line in nginx.requests() if line["path"] == "/fast"]
    event = logging.LogRecord("x", logging.INFO, "x.py", 1, "answered", (), None)
    event.__dict__.update(request_id="ab12", method="GET", route="x", status=200, ms=1.5)
    ours = json.loads(Formatter(is_json=True).format(event))
    assert set(ours) - {"route"} == set(slow) - {"path", "bytes", "client", "upstream"}
    for line in (slow, fast):
        for name in set(ours) & set(line):
            numbers = isinstance(ours[name], int | float), isinstance(line[name], int | float)
            assert numbers[0] == numbers[1], name
        moments = [datetime.fromisoformat(each["time"]) for each in (ours, line)]
        assert abs(moments[0] - moments[1]) < timedelta(minutes=5)
        assert len(line["time"]) == len(ours["time"])
        assert (line["level"], line["message"]) == (ours["level"], ours["message"])
    assert SLOW_MS <= slow["ms"] < 60_000
    assert 0 <= fast["ms"] < 60_000


def test_it_says_from_whom_a_request_is(nginx):
    head = "GET / HTTP/1.1\r\nHost: desk.example\r\nX-Forwarded-For: 203.0.113.7\r\n"
    _path, headers = json.loads(send(nginx, head)[2])
    assert headers["Host"] == "desk.example"
    assert headers["X-Forwarded-For"] == "203.0.113.7, 127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"


def test_connections_that_send_nothing_or_half_a_request_keep_nobody_out(nginx):
    with contextlib.ExitStack() as held:
        for number in range(HALF_OPEN):
            connection = held.enter_context(connect(nginx, "127.0.0.2"))
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: desk\r\nX-Half: ")
        for source in ("127.0.0.1", "127.0.0.2") * 50:
            assert send(nginx, "GET / HTTP/1.1\r\nHost: desk\r\n", source)[0] == 200


def test_one_address_cannot_hold_every_place(nginx):
    """Bodies that never end are requests under way. Others are served meanwhile."""
    head = b"POST / HTTP/1.1\r\nHost: desk\r\nContent-Length: 9\r\n\r\n"
    get = "GET / HTTP/1.1\r\nHost: desk\r\n"
    with contextlib.ExitStack() as held:

        def is_refused():
            """Hold them anew each time: nginx gives up a body after ten seconds."""
            held.close()
            for _ in range(LIMIT):
                held.enter_context(connect(nginx, "127.0.0.3")).sendall(head)
            return send(nginx, get, "127.0.0.3")[0] == 429

        nginx.wait_until(is_refused, 60)
        status, headers, body = send(nginx, get, "127.0.0.3")
        assert (status, headers["retry-after"]) == (429, "5")
        assert json.loads(body)["code"] == "rate_limited"
        assert send(nginx, get, "127.0.0.4")[0] == 200
    nginx.wait_until(lambda: send(nginx, get, "127.0.0.3")[0] == 200, 30)
