"""The settings of gunicorn. It uses threads, so that one slow request does not block others."""

import gc
import json
import os
import socket
import sys
from http import HTTPStatus
from typing import Any

import psutil
from django.core.exceptions import ImproperlyConfigured
from gunicorn import util

from config import shared_counts
from config.environment import read
from config.environment.declarations.server import WEB_TIMEOUT_MS
from config.logs import configuration, refusal

try:
    env = read(os.environ)
except ImproperlyConfigured as error:
    sys.exit(refusal(str(error), os.environ))
host = f"[{env['HOST']}]" if ":" in env["HOST"] else env["HOST"]
bind = f"{host}:{env['PORT']}"
# Requests reach PostgreSQL through PgBouncer, if there is one. Commands and workers do not: they
# need sessions of their own.
raw_env = ["POOLED=1"] if env["DATABASE_POOL_URL"] else []
# Somebody waits for each answer. Commands and workers may take longer.
raw_env += [
    f"{variable}={WEB_TIMEOUT_MS}"
    for variable in ("DB_STATEMENT_TIMEOUT_MS", "DB_LOCK_TIMEOUT_MS")
    if not os.environ.get(variable)
]
worker_class = "config.web_worker.Worker"
workers = env["WEB_WORKERS"]
threads = env["WEB_THREADS"]
# Import once, then fork: this halves the start time. Nothing connects before the fork.
preload_app = True
timeout = 60
graceful_timeout = 30
MAX_OWN_MEMORY = env["WEB_WORKER_MB"] * 1024 * 1024  # bytes
REQUESTS_BETWEEN_LOOKS = 200
limit_request_line = 8190
# Keep heartbeats in memory: with a slow disk, a busy worker would look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # nosec B108  # in memory
shared_counts.prepare(worker_tmp_dir)
accesslog = None  # `tickets.web.request_log` writes a line for each request
logconfig_dict = configuration(env)
# Trust no header for paths: gunicorn would take SCRIPT_NAME from any client on loopback.
forwarder_headers = ""
# Accept nothing but HTTP.
control_socket_disable = True


def write_problem(sock: socket.socket, status: int, reason: str, message: str) -> None:
    """Answer a request that is not valid HTTP with a problem document instead of HTML.

    An unsupported transfer coding is the client's fault as well, so 501 becomes 400.
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


# gunicorn has no setting for its error responses.
util.write_error = write_problem


def when_ready(server: Any) -> None:
    """Load the offline classifier before the fork, so that the workers share its memory."""
    from tickets.triage import engine

    engine.load_offline()
    gc.collect()
    gc.freeze()  # or the collector would write into the shared pages, and copy them


def pre_fork(server: Any, worker: Any) -> None:
    worker.slot = shared_counts.free_slot(server.WORKERS.values())


def post_fork(_server: Any, worker: Any) -> None:
    shared_counts.take(worker.slot)


def child_exit(_server: Any, worker: Any) -> None:
    shared_counts.forget_gauges(worker.slot)


def on_exit(_server: Any) -> None:
    shared_counts.remove()


def pre_request(worker: Any, _request: Any) -> None:
    """Replace a worker whose memory has grown, as by a leak, once it has answered its requests.

    What it shares with the others, such as the encoder, does not count.
    """
    if worker.alive and worker.nr % REQUESTS_BETWEEN_LOOKS == 0:
        own = psutil.Process().memory_full_info().uss
        if own > MAX_OWN_MEMORY:
            worker.log.info("Worker %s uses %d MB, and is replaced.", worker.pid, own >> 20)
            worker.alive = False


def post_worker_init(worker: Any) -> None:
    """Start to import the model's package, which takes seconds, and to watch the conditions."""
    from tickets.services.conditions.watch import ConditionWatch
    from tickets.triage import engine

    engine.warm_up()
    ConditionWatch().start()
