"""gunicorn's settings: threads, so that one slow request does not hold up the others."""

import json
import os
import socket
from http import HTTPStatus
from typing import Any

from gunicorn import util

_host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
# Imported once and forked: a start takes half the time. Nothing connects before the fork.
preload_app = True
timeout = 60
graceful_timeout = 30
# A worker is replaced now and then, each at its own moment, so that a leak cannot grow for ever.
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190
# Heartbeats in memory: on a slow disk they would make a worker look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
accesslog = None
# No header of a client moves the paths: gunicorn would take SCRIPT_NAME from one on loopback.
forwarder_headers = ""
# No way in but HTTP.
control_socket_disable = True


def write_problem(sock: socket.socket, status: int, reason: str, message: str) -> None:
    """gunicorn's own answer to what is not HTTP, as a problem document instead of HTML.

    A transfer coding that is not supported is the client's fault as well: 400, not 501.
    """
    status = 400 if status == 501 else status
    too_large = status in (413, 414, 431)
    code = "payload_too_large" if too_large else "validation_error"
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message or reason,
        "code": code if status < 500 else "server_error",
        "errors": {},
    }
    body = json.dumps(problem).encode()
    head = (
        f"HTTP/1.1 {status} {problem['title']}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode() + body)


# gunicorn has no setting for this.
util.write_error = write_problem


def post_worker_init(worker: Any) -> None:
    """After the fork: a model's package takes seconds to import, so begin before the first call."""
    from tickets.triage import engine

    engine.warm_up()
