"""Send the outbox: each email once, and never twice."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.mail import get_connection
from django.db import connection as database
from django.utils import timezone
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from ...circuit_breaker import CircuitBreaker
from ...models.mail import Email
from ...vocabulary import MailState
from ..jobs import RetryLater
from . import rendering
from .server import note_problem
from .smtp import EmailBackend, error_text, is_set_up, reply_of

# A mail server that accepts connections but never answers is left alone for a while. Otherwise
# each email would hold up the worker's other jobs until it times out.
SLOW_SECONDS, PAUSE_SECONDS = 2, 60
breaker = CircuitBreaker(failures=1, pause=PAUSE_SECONDS)


def deliver(email_id: int, *, is_last_attempt: bool = False) -> bool:
    """Send a waiting email. Return False if it must be tried again later.

    The row is `sending` from before the email is handed over until the mail server has answered.
    Whoever finds it so afterwards cannot know whether it was sent, and leaves it.
    """
    with _exclusive(email_id) as is_ours:
        if not is_ours:
            return False  # another worker is sending it, and its result is not known yet
        email = rendering.load(email_id)
        if email is None:
            return True
        if email.state == MailState.SENDING:
            email.move_state(
                [MailState.SENDING], MailState.UNCERTAIN, "The worker ended while sending."
            )
        elif email.state == MailState.WAITING and not _drop_if_obsolete(email):
            return _connect_and_send(email, is_last_attempt)
        return True


@contextmanager
def _exclusive(email_id: int) -> Iterator[bool]:
    """Tell whether no other process sends this email. A dead worker's lock is free at once."""
    key = [f"email {email_id}"]
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)
        [is_ours] = cursor.fetchone() or [False]
    try:
        yield is_ours
    finally:
        if is_ours:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def _drop_if_obsolete(email: Email) -> bool:
    """Drop the email if it should no longer be sent. The row says why."""
    reason = rendering.obsolete_because(email)
    return bool(reason) and email.move_state([MailState.WAITING], MailState.DROPPED, reason)


def _connect_and_send(email: Email, is_last_attempt: bool) -> bool:
    if not is_last_attempt and not breaker.allows():
        return _retry_later(email, MailState.WAITING, "The mail server did not answer.", False)
    server = get_connection()
    started = time.monotonic()
    try:
        server.open()
    except (smtplib.SMTPException, OSError) as error:
        if time.monotonic() - started > SLOW_SECONDS:
            breaker.failed()
        else:  # a quick refusal holds up no other job
            breaker.succeeded()
        note_problem(error)
        message = f"The mail server cannot be reached: {error_text(error)}"
        return _retry_later(email, MailState.WAITING, message, is_last_attempt)
    breaker.succeeded()
    try:
        current = rendering.load(email.pk)  # connecting may have taken a while
        return (
            current is None
            or _drop_if_obsolete(current)
            or _hand_over(server, current, is_last_attempt)
        )
    finally:
        with suppress(smtplib.SMTPException, OSError):  # the email was sent or not, regardless
            server.close()


def _hand_over(server: Any, email: Email, is_last_attempt: bool) -> bool:
    try:
        rendered = rendering.render(email)
    except ValueError as error:
        return email.move_state([MailState.WAITING], MailState.FAILED, error_text(error))
    values = {"address": email.current_address, "message_id": rendered.extra_headers["Message-ID"]}
    if not email.move_state([MailState.WAITING], MailState.SENDING, **values):
        return True
    try:
        server.send_messages([rendered])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        code, message = reply_of(error)[0], error_text(error)
        if 400 <= code < 500:
            return _retry_later(email, MailState.SENDING, message, is_last_attempt)
        is_refused = code >= 500 or isinstance(error, smtplib.SMTPNotSupportedError | ValueError)
        if not is_refused and isinstance(server, EmailBackend) and not server.handed_over:
            return _retry_later(email, MailState.SENDING, message, is_last_attempt)
        state = MailState.FAILED if is_refused else MailState.UNCERTAIN
        email.move_state([MailState.SENDING], state, message)
        return True
    # It is `uncertain` if another worker has since taken this one for dead.
    state, sent_at = (MailState.SENT, timezone.now()) if is_set_up() else (MailState.PRINTED, None)
    email.move_state([MailState.SENDING, MailState.UNCERTAIN], state, sent_at=sent_at)
    return True


def _retry_later(email: Email, state: str, message: str, is_last_attempt: bool) -> bool:
    """Note that the email was certainly not sent. After the last attempt it has failed."""
    if is_last_attempt:
        message = f"Gave up after many attempts. {message}"
    new_state = MailState.FAILED if is_last_attempt else MailState.WAITING
    email.move_state([state], new_state, message)
    return is_last_attempt


# --- job --------------------------------------------------------------------------------


class MailRetry(BaseRetryStrategy):
    """Retry soon at first, in case a mail server only restarts; then for some hours."""

    waits = (15, 60, 300, 900, 1800, 3600, 7200, 14_400)  # seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= len(self.waits):
            return None
        return RetryDecision(retry_in={"seconds": self.waits[job.attempts]})


@app.task(aliases=["tickets.tasks.send_email"], queue="mail", retry=MailRetry(), pass_context=True)
def send_email(context: JobContext, email_id: int, ticket_id: int | None) -> None:
    """Send one email. Run again while it is known not to be sent."""
    is_last_attempt = context.job.attempts >= len(MailRetry.waits)
    if not deliver(email_id, is_last_attempt=is_last_attempt):
        raise RetryLater(f"Email {email_id} about ticket {ticket_id} could not be sent yet.")
