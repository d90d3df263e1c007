"""A proxy in front of the desk that does to a request what its test says."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tools.loopback import HOST, LoopbackServer

Headers = dict[str, str]


def add_client(headers: Headers) -> None:
    """Do what nginx calls proxy_add_x_forwarded_for."""
    headers["X-Forwarded-For"] += ", 198.51.100.9"


class Proxy(LoopbackServer):
    """Passes requests on to `target` after `change`; or answers by itself, if it has no target."""

    def __init__(
        self,
        target: str = "",
        change: Callable[[Headers], None] = add_client,
        *,
        status: int = 200,
        headers: Headers | None = None,
        body: bytes = b"",
    ) -> None:
        answer = status, headers or {}, body

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                passed = dict(self.headers.items())
                change(passed)
                status, headers, body = _ask(target, self.path, passed) if target else answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer((HOST, 0), Handler)


def _ask(target: str, path: str, headers: Headers) -> tuple[int, Headers, bytes]:
    connection = http.client.HTTPConnection(urlsplit(target).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    try:
        return response.status, {"Content-Type": response.headers["Content-Type"]}, response.read()
    finally:
        connection.close()
