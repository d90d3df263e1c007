"""Handle stored messages: each once, in the order in which they came.

Messages are handled one after the other, whichever worker does it. So an answer never comes before
the message that it answers, and a copy in another mailbox never beside its original. A message
that could not be handled, since its job was lost, is handled with the next one, or by a job that
looks for such messages each minute.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from ....exceptions import StorageUnavailable
from ....models.incoming import InboundMessage
from ....models.mail import MAX_ERROR_CHARS
from ....vocabulary import InboundState
from ...jobs import defer
from .filing import file_message, storing_contents
from .verdict import JOINING, Envelope, judge, read_message

logger = logging.getLogger(__name__)

# A message that ends the worker each time, by its memory for example, must not do so for ever. That
# takes a minute or two. With fewer attempts, a worker that is restarted again and again for other
# reasons would condemn the message that waits first.
MAX_ATTEMPTS = 20
# Until then a message's own job is expected to handle it.
LEFT_OVER_AFTER = timedelta(minutes=2)


def handle(message_id: int) -> None:
    """Handle what is stored up to this message, oldest first. Twice does no harm.

    A message that raises is marked as failed, and the next one is handled.
    Raise OperationalError or InterfaceError if the database is not available, and
    StorageUnavailable if files cannot be stored: the message then waits, and those after it.
    """
    waiting = InboundMessage.objects.filter(state=InboundState.STORED, pk__lte=message_id)
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        _handle_one(pk)


def try_again(message_id: int) -> bool:
    """Handle a failed message again. Return False if it has not failed."""
    with transaction.atomic():
        failed = InboundMessage.objects.filter(pk=message_id, state=InboundState.FAILED)
        is_waiting = bool(failed.update(state=InboundState.STORED, error="", attempts=0))
        if is_waiting:
            defer(handle_message, message_id=message_id)
    return is_waiting


def _handle_one(pk: int) -> None:
    waiting = InboundMessage.objects.filter(pk=pk, state=InboundState.STORED)
    # Committed first, so that a worker that dies of the message has counted.
    if not waiting.update(attempts=F("attempts") + 1):
        return
    if waiting.filter(attempts__gt=MAX_ATTEMPTS).exists():
        _fail(pk, "The worker ended each time that it read this message.")
        return
    try:
        _read_and_file(pk)
    except (OperationalError, InterfaceError, StorageUnavailable):
        # The message is not at fault. Those that follow wait too, for they may answer it.
        with suppress(Error):
            InboundMessage.objects.filter(pk=pk).update(attempts=F("attempts") - 1)
        raise
    except Exception as error:
        logger.exception("Message %s could not be handled", pk)
        _fail(pk, f"{type(error).__name__}: {error}")


def _read_and_file(pk: int) -> None:
    """Read a message and store its files first: other workers do not wait for that."""
    row = InboundMessage.objects.defer("raw").select_related("mailbox").get(pk=pk)
    envelope = envelope_of(row)
    message = read_message(raw_of(row), envelope)
    # Whoever handles a message before this one may change the verdict.
    expected = judge(message, envelope, pk) if message.attachments else None
    ticket = expected.ticket if expected else None
    is_joining = expected is not None and expected.outcome in JOINING
    with (
        storing_contents(message, ticket, is_joining=is_joining) as contents,
        transaction.atomic(),
    ):
        _lock()
        if locked := _locked(pk):
            file_message(locked, contents, judge(message, envelope, pk))


def _lock() -> None:
    """Let no other worker handle a message until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('incoming mail', 0))")


def _locked(pk: int) -> InboundMessage | None:
    """Return the message without its bytes, unless somebody else has handled it."""
    rows = InboundMessage.objects.filter(state=InboundState.STORED).defer("raw")
    return rows.select_for_update(of=("self",)).select_related("mailbox").filter(pk=pk).first()


def envelope_of(row: InboundMessage) -> Envelope:
    return Envelope(row.mailbox, row.envelope_from, row.envelope_to)


def raw_of(row: InboundMessage) -> bytes:
    """Return the message as it came. One query."""
    stored: Any = InboundMessage.objects.values_list("raw", flat=True).get(pk=row.pk)
    return bytes(stored)


def _fail(pk: int, error: str) -> None:
    failed = InboundMessage.objects.filter(pk=pk, state=InboundState.STORED)
    failed.update(state=InboundState.FAILED, error=error.replace("\0", "")[:MAX_ERROR_CHARS])


# --- job --------------------------------------------------------------------------------


@app.task(queue="incoming", retry=RetryStrategy(max_attempts=12, exponential_wait=2))
def handle_message(message_id: int) -> None:
    """Handle a message, and those before it that wait."""
    handle(message_id)


@app.periodic(cron="* * * * *")
@app.task(queue="incoming", queueing_lock="handle_leftovers")
def handle_leftovers(timestamp: int) -> None:
    """Handle messages whose job was lost, or gave up while the database was away."""
    oldest = timezone.now() - LEFT_OVER_AFTER
    left = InboundMessage.objects.filter(state=InboundState.STORED, received_at__lt=oldest)
    last = left.order_by("-pk").values_list("pk", flat=True).first()
    if last is not None:
        handle(last)
