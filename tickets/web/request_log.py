"""One line in the log for each request, and the request in each other line of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ..access.client_addresses import client_address

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from ..access.actors import Actor

logger = logging.getLogger(__name__)
_current: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def logged_as(request: HttpRequest) -> Iterator[None]:
    """Name this request in what is logged during the block."""
    token = _current.set(request)
    try:
        yield
    finally:
        _current.reset(token)


def note_actor(request: HttpRequest, actor: Actor) -> None:
    """Name the actor of a request that has found it by other means than its session."""
    request.logged_actor = actor  # type: ignore[attr-defined]


def write_line(request: HttpRequest, response: HttpResponse, started: float) -> None:
    """Log how a request was answered that began at `started`, a time of `perf_counter`.

    The response remembers the name of the address, by which it is counted (`counting.py`).
    """
    route = response.route = _route(request)  # type: ignore[attr-defined]
    details = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000, 1),
    }
    logger.info("answered", extra=details)


def _route(request: HttpRequest) -> str:
    """Return the name of the address: the address itself may be a private link."""
    match = getattr(request, "resolver_match", None)
    return match.view_name or match.route if match else "-"


class AddRequest(logging.Filter):
    """Add the id, the actor and the route of the current request to an event."""

    def filter(self, event: logging.LogRecord) -> bool:
        if request := _current.get():
            event.request_id = getattr(request, "id", "")
            actor = getattr(request, "logged_actor", None) or getattr(request, "_actor", None)
            event.actor = actor.name if actor else ""
            event.route = _route(request)
            if hasattr(event, "event"):  # of the security log
                event.client = client_address(request)
        if event.name.startswith("django.security"):
            # Anybody can send what Django suspects. It is answered with 400 and no fault of ours.
            event.levelno, event.levelname = logging.WARNING, "WARNING"
            event.exc_info = None
        return True
