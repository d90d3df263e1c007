"""Count requests, and look at the pool of connections after each of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.signals import request_finished
from django.db import connection
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from ..instruments import DURATIONS, REQUESTS, pool_counts

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., Any]:
    """Count each request once, also one that is repeated, with the time until its response."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        route = getattr(response, "route", "-")
        method = request.method if request.method in METHODS else "other"
        with suppress(OSError):  # the files of the counts are gone; the request is not
            REQUESTS.labels(route, method, f"{response.status_code // 100}xx").inc()
            DURATIONS.labels(route).observe(time.perf_counter() - started)
        return response

    return middleware


@receiver(request_finished)
def note_pool(**_signal: Any) -> None:
    """Look at the pool once the request has returned its connection."""
    with suppress(OSError):
        pool_counts.note(connection.pool_stats())  # type: ignore[attr-defined]
