"""Requests to an OpenID Connect provider, bounded so that one that hangs stops no other page."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import urllib3
from django.conf import settings

from ...access.publication import is_loopback
from ...circuit_breaker import CircuitBreaker
from ...exceptions import ProviderRefused
from ...triage.providers.base import ProviderError
from ...triage.workers import Workers

logger = logging.getLogger(__name__)
SECONDS = 5  # for each answer
PAUSE = 10  # seconds without a request after one that got no answer
MAX_BYTES = 1_000_000
http = urllib3.PoolManager(timeout=SECONDS, retries=False, maxsize=2)

Claims = dict[str, Any]
T = TypeVar("T")


class Connection:
    """What one process knows of a provider, and how many of its threads wait for it."""

    def __init__(self, size: int) -> None:
        self._workers = Workers(size)
        self._breaker = CircuitBreaker(failures=1, pause=PAUSE)
        self._known: dict[str, tuple[float, Any]] = {}  # by address: when it was asked, and what

    def get(self, address: str, read: Callable[[Claims], T], max_age: float) -> T:
        """Return what `read` makes of an answer that is at most `max_age` seconds old.

        What it raises for is not kept, so that a mistake which is mended counts at once. Raise
        ProviderRefused.
        """
        asked_at, value = self._known.get(address, (-math.inf, None))
        now = time.monotonic()
        if now - asked_at >= max_age:
            value = read(self.ask("GET", address))
            self._known[address] = (now, value)
        result: T = value
        return result

    def ask(
        self,
        method: str,
        address: str,
        headers: dict[str, str] | None = None,
        form: Claims | None = None,
    ) -> Claims:
        """Return what the provider answers within SECONDS. Raise ProviderRefused.

        Refuse at once while as many threads wait as may, and for a while after no answer came.
        """
        if not _is_secure(address):
            raise refused("no TLS")
        try:
            self._workers.take()
        except ProviderError as error:
            raise refused(error.reason) from None
        if not self._breaker.allows():
            self._workers.release()
            raise refused("paused")
        try:
            # The timeout of a socket is for each read, so it never ends an answer that trickles.
            send = partial(_send, method, address, headers or {}, form)
            status, content = self._workers.run(send, SECONDS)
        except (ProviderError, urllib3.exceptions.HTTPError, OSError) as error:
            self._breaker.failed()
            raise refused(f"no answer: {type(error).__name__}") from None
        except ValueError as error:  # what it said before cannot be sent
            self._breaker.not_tried()
            raise refused(f"no request: {type(error).__name__}") from None
        self._breaker.succeeded()
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if status != 200 or not isinstance(answer, dict):
            raise refused(f"status {status}")
        return answer


@lru_cache(maxsize=4)
def connection_to(issuer: str) -> Connection:
    """Return this process's connection. Half of its threads may wait, the others have pages."""
    return Connection(max(1, settings.WEB_THREADS // 2))


def refused(reason: str) -> ProviderRefused:
    """Return the error to raise, and log why."""
    logger.warning("the provider of accounts was not believed: %s", reason)
    return ProviderRefused()


def _is_secure(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return address.startswith("https://") or is_loopback(host)


def _send(
    method: str, address: str, headers: dict[str, str], form: Claims | None
) -> tuple[int, bytes]:
    headers = {"Accept": "application/json", **headers}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    response = http.request(
        method,
        address,
        body=urlencode(form) if form else None,
        headers=headers,
        redirect=False,
        preload_content=False,
    )
    content = response.read(MAX_BYTES)
    response.release_conn()
    return response.status, content
