"""A read replica answers lists, searches and figures, and nobody misses what they have written.

A position is a place in PostgreSQL's log of changes, in bytes. A browser keeps the position of its
last request that may have changed something in a cookie: the replica answers it once it has come
that far. A program has no such memory, so the replica answers it only if its token cannot write.
Nobody gets an answer from a replica that is late by more than REPLICA_MAX_LAG. Without
DATABASE_REPLICA_URL no statement and no cookie is added.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connections,
)
from django.http import HttpRequest, HttpResponse
from psycopg.errors import QueryCanceled

from ..access.actors import Actor
from ..circuit_breaker import CircuitBreaker
from ..vocabulary import Scope

Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)

ALIAS = "replica"
COOKIE = "position"
COOKIE_SECONDS = 600  # far more than a replica that answers may be late
ASK_SECONDS = 1  # how often a process asks how far the replica is
PAUSE_SECONDS = 5  # how long a process leaves a replica alone that has failed
# What happens if the replica is gone, cancels a query that is in the way of its replay, has not
# replayed a migration yet, or is asked to write.
FAILURES = (OperationalError, InterfaceError, InternalError, ProgrammingError)
PRIMARY_POSITION = "SELECT pg_current_wal_lsn() - '0/0'"
# A promoted replica has nothing to replay, but its log goes on.
REPLICA_POSITION = """
SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
    - '0/0'
"""


class Seen(NamedTuple):
    """A position of the primary, and when this process read it."""

    position: int
    at: float


class Replica:
    """What this process knows of the replica.

    Threads use it without a lock: each value only grows, and an older one sends a read to the
    primary, which is never wrong.
    """

    def __init__(self) -> None:
        self._breaker = CircuitBreaker(failures=1, pause=PAUSE_SECONDS)
        self._replayed = 0
        self._level_at = self._asked_at = float("-inf")
        self._ahead: Seen | None = None  # what the replica has still to reach

    def may_answer(self, position: int) -> bool:
        """Return whether the replica answers, is not late, and has come to the position."""
        if not self._breaker.allows():
            return False
        now = time.monotonic()
        if position > self._replayed or now - self._asked_at >= ASK_SECONDS:
            self._asked_at = now
            try:
                self._ask(now)
            except FAILURES as error:
                self.failed(error)
                return False
        self._breaker.succeeded()
        return position <= self._replayed and now - self._level_at <= settings.REPLICA_MAX_LAG

    def failed(self, error: Exception) -> None:
        if self._breaker.failed():
            logger.warning("the replica fails, so the primary answers: %s", str(error).strip())

    def _ask(self, now: float) -> None:
        """Two short statements. All that was committed before `_level_at` is on the replica."""
        ahead = self._ahead or Seen(_position(DEFAULT_DB_ALIAS, PRIMARY_POSITION), now)
        replayed = _position(ALIAS, REPLICA_POSITION)
        self._replayed = max(self._replayed, replayed)
        is_reached = replayed >= ahead.position
        if is_reached:
            self._level_at = max(self._level_at, ahead.at)
        self._ahead = None if is_reached else ahead


replica = Replica()


def _position(alias: str, query: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        [position] = cursor.fetchone() or [0]
    return int(position)


def read(request: HttpRequest, actor: Actor, answer: Callable[[], Answer]) -> Answer:
    """Return the answer, read from the replica if it has all that the caller has written.

    The answer only reads. If the replica fails, it is made again, from the primary.
    """
    if ALIAS not in settings.DATABASES:
        return answer()
    request.only_reads = True  # type: ignore[attr-defined]
    position = _needed_position(request, actor)
    if position is None or not replica.may_answer(position):
        return answer()
    try:
        with _on_replica():
            return answer()
    except FAILURES as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise  # the primary would take as long
        replica.failed(error)
        return answer()


def _needed_position(request: HttpRequest, actor: Actor) -> int | None:
    """Return how far the replica must have come; None if only the primary may answer."""
    if actor.user is None or actor.token is not None:
        return None if actor.can(Scope.WRITE) else 0
    position = request.COOKIES.get(COOKIE, "0")
    return int(position) if position.isdecimal() and len(position) < 20 else None


@contextmanager
def _on_replica() -> Iterator[None]:
    """Let this thread's statements go to the replica, those without a model too."""
    primary = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections[ALIAS]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = primary


def note_position(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Give a browser that is signed in the position after each request that does not only read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not hasattr(request, "only_reads"):
            position = "unknown"  # until the next request, the primary answers
            with suppress(*FAILURES):
                position = str(_position(DEFAULT_DB_ALIAS, PRIMARY_POSITION))
            response.set_cookie(
                COOKIE,
                position,
                max_age=COOKIE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware
