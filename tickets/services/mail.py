"""Messages to requesters: which event makes one, and how it goes out once and not twice.

A message is a row and a job, both stored in the transaction of their event. What it says is read
anew when it is sent, see `letters.py`.
"""

from __future__ import annotations

import secrets
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import get_connection
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from ..models import Comment, Counter, Email, Mail, MailState, Status, Ticket, deliverable, digest
from . import letters
from .smtp import EmailBackend

# How long a resolved ticket may be opened again, by Undo for example, before anybody is told.
RESOLVED_GRACE = timedelta(seconds=10)
# Two clicks on "Send the link" are one wish.
LINK_SENT_ONCE_IN = timedelta(seconds=10)
# Confirmations an hour for one address, since strangers choose it.
MOST_RECEIVED = 5

# --- events, in their own transaction ----------------------------------------------


def ticket_created(ticket: Ticket) -> None:
    """The requester is told that the ticket arrived."""
    if not _can_be_told(ticket):
        return
    name = f"received:{digest(_mailbox(ticket.requester_email))}"
    if Counter.objects.hit(name, limit=MOST_RECEIVED, seconds=3600):
        Email.objects.create(
            ticket=ticket,
            kind=Mail.RECEIVED,
            event=f"received {ticket.pk}",
            state=MailState.DROPPED,
            error="This address was told of several new tickets within the hour.",
        )
    else:
        _announce(ticket, Mail.RECEIVED, f"received {ticket.pk}")


def comment_added(comment: Comment) -> None:
    """The requester is told of an agent's public reply."""
    if comment.public and _can_be_told(comment.ticket):
        _announce(comment.ticket, Mail.REPLY, f"reply {comment.pk}", comment=comment)


def status_changed(ticket: Ticket, before: str) -> None:
    """The requester is told that the ticket is resolved, if it still is in a moment."""
    if ticket.status == Status.RESOLVED != before and _can_be_told(ticket):
        event = f"resolved {ticket.pk} v{ticket.version}"
        _announce(ticket, Mail.RESOLVED, event, wait=RESOLVED_GRACE)


def status_restored(ticket: Ticket, before: str) -> None:
    """As `status_changed` where the message about what is restored was dropped meanwhile; else it
    has gone out, or will, or there never was one."""
    last = ticket.emails.filter(kind=Mail.RESOLVED).order_by("-pk").first()
    if last is not None and last.state == MailState.DROPPED:
        status_changed(ticket, before)


def link_asked_for(ticket: Ticket, *, new: bool) -> bool:
    """An agent sends the private link; False when it is on its way already and is not `new`."""
    since = timezone.now() - LINK_SENT_ONCE_IN
    going = (MailState.WAITING, MailState.SENDING, MailState.SENT)
    sent = ticket.emails.filter(kind=Mail.LINK, created_at__gt=since, state__in=going)
    if not new and sent.exists():
        return False
    _announce(ticket, Mail.LINK, f"link {ticket.pk} {secrets.token_hex(8)}")
    return True


def _announce(
    ticket: Ticket, kind: str, event: str, wait: timedelta = timedelta(0), **values: Any
) -> None:
    email, new = Email.objects.get_or_create(
        event=event, defaults={"ticket": ticket, "kind": kind, **values}
    )
    if new:
        _send_later(email, wait)


def _send_later(email: Email, wait: timedelta = timedelta(0)) -> None:
    due: datetime | None = timezone.now() + wait if wait else None
    job = app.configure_task("tickets.tasks.send_email", queue="mail", schedule_at=due)
    job.defer(email_id=email.pk, ticket_id=email.ticket_id)


def _can_be_told(ticket: Ticket) -> bool:
    return bool(ticket.requester_email and ticket.link_digest)


def _mailbox(address: str) -> str:
    """One name for the ways to write an address that reach the same mailbox."""
    name, _, domain = deliverable(address).casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def send_again(email: Email) -> bool:
    """An admin sends once more what was refused or perhaps lost; False when it is neither."""
    with transaction.atomic():
        again = email.move((MailState.FAILED, MailState.UNCERTAIN), MailState.WAITING)
        if again:
            _send_later(email)
    return again


def call_off_email(email_id: int) -> None:
    """The job of a message was cancelled: it does not go out, unless an admin sends it again."""
    for email in Email.objects.filter(pk=email_id):
        email.move([MailState.WAITING], MailState.FAILED, "Its job was cancelled.")


# --- sending -------------------------------------------------------------------------


def send_email(email_id: int, *, last_try: bool = False) -> bool:
    """Send a message that waits. False when it has to be tried again later.

    The row says `sending` from before the message is handed over until the mail server has
    answered: whoever finds it so afterwards cannot know whether it was sent, and leaves it.
    """
    with _alone(email_id) as alone:
        if not alone:
            return False  # another worker is at it; its result is not known yet
        email = letters.find(email_id)
        if email is None:
            return True
        if email.state == MailState.SENDING:
            email.move([MailState.SENDING], MailState.UNCERTAIN, "The worker ended meanwhile.")
        elif email.state == MailState.WAITING and not _dropped(email):
            return _connect_and_send(email, last_try)
        return True


class Rest:
    """For a while nobody asks a mail server that swallowed a connection: the worker's other jobs
    would wait as long as it does, once for every message."""

    SLOW, PAUSE = 2, 60  # seconds

    def __init__(self) -> None:
        self.until = 0.0

    def resting(self) -> bool:
        return time.monotonic() < self.until

    @contextmanager
    def where_slow(self) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except (smtplib.SMTPException, OSError):
            if time.monotonic() - started > self.SLOW:
                self.until = time.monotonic() + self.PAUSE
            raise


rest = Rest()


@contextmanager
def _alone(email_id: int) -> Iterator[bool]:
    """Whether nobody else sends this message; the lock of a worker that died is free at once."""
    key = [f"email {email_id}"]
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)
        [alone] = cursor.fetchone() or [False]
    try:
        yield alone
    finally:
        if alone:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def _dropped(email: Email) -> bool:
    """Whether the message should not go out any more, as things stand now; the row says why."""
    reason = letters.no_longer_called_for(email)
    return bool(reason) and email.move([MailState.WAITING], MailState.DROPPED, reason)


def _connect_and_send(email: Email, last_try: bool) -> bool:
    if rest.resting() and not last_try:
        return _not_yet(email, MailState.WAITING, "The mail server did not answer.", last_try)
    server = get_connection()
    try:
        with rest.where_slow():
            server.open()
    except (smtplib.SMTPException, OSError) as error:
        words = f"The mail server cannot be used: {_said(error)}"
        return _not_yet(email, MailState.WAITING, words, last_try)
    try:
        fresh = letters.find(email.pk)  # read anew: the server may have let us wait
        return fresh is None or _dropped(fresh) or _hand_over(server, fresh, last_try)
    finally:
        with suppress(smtplib.SMTPException, OSError):  # the message is gone or not, whatever
            server.close()  # becomes of the parting


def _hand_over(server: Any, email: Email, last_try: bool) -> bool:
    try:
        message = letters.compose(email)
    except ValueError as error:
        return email.move([MailState.WAITING], MailState.FAILED, _said(error))
    if not email.move([MailState.WAITING], MailState.SENDING, address=email.ticket.requester_email):
        return True
    try:
        server.send_messages([message])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        code = _code(error)
        if 400 <= code < 500:
            return _not_yet(email, MailState.SENDING, _said(error), last_try)
        refused = code >= 500 or isinstance(error, smtplib.SMTPNotSupportedError | ValueError)
        if not refused and isinstance(server, EmailBackend) and not server.handed_over:
            return _not_yet(email, MailState.SENDING, _said(error), last_try)
        state = MailState.FAILED if refused else MailState.UNCERTAIN
        email.move([MailState.SENDING], state, _said(error))
        return True
    # `uncertain` where another took this worker for dead meanwhile.
    email.move([MailState.SENDING, MailState.UNCERTAIN], MailState.SENT, sent_at=timezone.now())
    return True


def _not_yet(email: Email, state: str, words: str, last_try: bool) -> bool:
    """It was certainly not sent, so that it can be tried again; in the end it has failed."""
    if last_try:
        words = f"Given up after many tries. {words}"
    email.move([state], MailState.FAILED if last_try else MailState.WAITING, words)
    return last_try


def _code(error: Exception) -> int:
    """The mail server's reply; 0 where it gave none."""
    return _reply(error)[0]


def _said(error: Exception) -> str:
    code, words = _reply(error)
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return " ".join(f"{code or ''} {text}".split()) or type(error).__name__


def _reply(error: Exception) -> tuple[int, bytes | str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return 0, str(error)
