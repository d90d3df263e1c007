"""Whether the mail server takes mail: what the last attempt met, for all processes."""

from __future__ import annotations

import smtplib
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.core.mail import get_connection
from django.utils import timezone

from ...models.housekeeping import Counter
from .smtp import error_text, is_set_up

KEY = "mail-server"
TRY_SECONDS = 30
# A server that refuses the password is not asked so often: it may lock the account.
SIGN_IN_SECONDS = 120
ANSWER_SECONDS = 5


class ServerProblem(NamedTuple):
    """What is wrong with the mail server of EMAIL_URL, since when."""

    server: str
    since: datetime
    text: str
    is_refused: bool  # the sign-in was


def server_problem() -> ServerProblem | None:
    """Return what is wrong; None if nothing is, or if no mail server is set up. One query."""
    if not is_set_up():
        return None
    noted = caches["desk"].get(KEY)
    problem = ServerProblem(*noted) if noted else None
    return problem if problem and problem.server == _server() else None


def note_problem(error: Exception) -> None:
    """Note that the server could not be reached, or refused the sign-in."""
    before = server_problem()
    since = before.since if before else timezone.now()
    refusals = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError)
    is_refused = isinstance(error, refusals)
    caches["desk"].set(KEY, (_server(), since, error_text(error), is_refused))


def look_at_server() -> None:
    """Connect to the mail server from time to time, and note whether that works.

    Without signing in, unless a refused sign-in is the problem. Nothing is sent.
    """
    if not is_set_up():
        return
    problem = server_problem()
    signs_in = problem is not None and problem.is_refused
    seconds = SIGN_IN_SECONDS if signs_in else TRY_SECONDS
    if Counter.objects.hit(f"{KEY} {signs_in}", limit=1, seconds=seconds):
        return
    try:
        connect(signs_in=signs_in)
    except (smtplib.SMTPException, OSError) as error:
        note_problem(error)
    else:
        if problem:
            caches["desk"].delete(KEY)


def connect(*, signs_in: bool, seconds: float = ANSWER_SECONDS) -> None:
    """Connect, with TLS if EMAIL_URL says so. Raise as smtplib does."""
    account: dict[str, Any] = {} if signs_in else {"username": "", "password": ""}  # nosec B105  # there is none
    server = get_connection(timeout=seconds, **account)
    try:
        server.open()
    finally:
        server.close()


def _server() -> str:
    return f"{settings.EMAIL_HOST_USER}@{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
