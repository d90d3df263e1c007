"""Database connections that were lost, as by a restart of the database.

No request asks the database whether its connection works: that would be a round trip each. It asks
its own socket: one whose other end is closed can be read. What is lost later is only noticed by a
statement: a read is repeated once, a write is answered with 503, because it may have been stored.
"""

from __future__ import annotations

import logging
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from bounded_postgres.connection import NoAnswer

logger = logging.getLogger(__name__)
# An administrator or a crash ended the connection, or the server is starting or stopping.
LOST_STATES = ("08", "57P0")
TOO_LONG = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
# There was no connection that could be lost, or nobody answers: asking again would take as long.
NOT_LOST = (NoAnswer, PoolClosed, PoolTimeout, TooManyRequests)


def repeat_reads(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., Any]:
    """Repeat a read once if its database connection was lost, from the beginning."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(response, "lost_connection", False):
            replace_connections()
            if request.method in ("GET", "HEAD"):
                logger.warning("repeating %s %s", request.method, request.path)
                # A new one: the first has loaded parts of a session and an actor.
                return get_response(type(request)(request.environ))  # type: ignore[attr-defined,call-arg]
        return response

    return middleware


def is_lost(error: BaseException | None) -> bool:
    """Return whether a database error means that the connection was lost."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    if isinstance(error, InterfaceError):  # used after it was lost
        return True
    state = getattr(cause, "sqlstate", None)
    if state is None:  # the client found out, not the server
        return isinstance(cause, psycopg.OperationalError) and not isinstance(cause, NOT_LOST)
    return bool(state.startswith(LOST_STATES))


def took_too_long(error: BaseException | None) -> bool:
    """Return whether the database has ended a statement for its time, or for a lock it waited for.

    The connection works, and the database is not to blame.
    """
    return isinstance(getattr(error, "__cause__", None), TOO_LONG)


def replace_connections() -> None:
    """Give up this thread's connection, and replace those of the pool that do not work either."""
    connection.close()
    # If the database does not answer at all, the next statement says so.
    with suppress(OperationalError):
        connection.get_connection_params()  # starts the embedded server
        pool = connection.pool  # type: ignore[attr-defined]
        if pool and not pool.closed:  # one that nobody has opened yet has no connections
            pool.check()


@receiver(connection_created)
def replace_if_lost(connection: DatabaseWrapper, **_signal: Any) -> None:
    """Replace a connection that Django has just taken from its pool, if the server has ended it."""
    if connection.pool and _can_be_read(connection.connection):
        replace_connections()
        connection.connection = connection.get_new_connection({})


def _can_be_read(idle: psycopg.Connection[Any]) -> bool:
    """Return whether the server has sent an idle connection something, such as its end."""
    socket = select.poll()
    socket.register(idle.pgconn.socket, select.POLLIN)
    return bool(socket.poll(0))
