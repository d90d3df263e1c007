"""Take mail from a mail server by LMTP (RFC 2033): one answer per recipient.

A recipient gets 250 only once the message is committed. Until then the mail server keeps it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import defaultdict
from collections.abc import Awaitable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from ipaddress import ip_address
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session, syntax
from django.conf import settings
from django.db import connection as database

from ...models.incoming import Mailbox
from ...vocabulary import MAX_DELIVERED_BYTES, MAX_EMAIL_CHARS
from .incoming.receive import receive
from .mailboxes import mailbox_of

logger = logging.getLogger(__name__)

READ_BYTES = 1024 * 1024  # of a line at a time; a line of a message may be longer
MAX_RECIPIENTS = 5000
NULL_PATH = "<>"  # as aiosmtpd names it
STORED = "250 2.0.0 Stored"
TRY_AGAIN = "451 4.3.0 The message could not be stored. Try again later."
TOO_MANY = "452 4.5.3 Too many recipients"
TOO_LARGE = "552 5.3.4 The message is too large"
BAD_ADDRESS = "553 5.1.3 The address is not valid"
NOT_LOCAL = "550 5.7.1 Only a mail server of this network may deliver here"


class Server(LMTP):
    """aiosmtpd's LMTP, which itself gives one answer for all recipients to a bad message.

    It also keeps an object for each line, so that 25 MB of empty lines would take more than 1 GB,
    and refuses long lines.
    """

    line_length_limit = READ_BYTES

    async def push(self, status: Any) -> None:
        is_bad_message = isinstance(status, str) and status.startswith("552 ")
        if is_bad_message and self.envelope is not None and self.envelope.rcpt_tos:
            status = "\r\n".join([str(status)] * len(self.envelope.rcpt_tos))
        await super().push(status)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
        elif arg:
            await self.push("501 Syntax: DATA")
        else:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            content = await self._read_content()
            status = TOO_LARGE
            if len(content) <= MAX_DELIVERED_BYTES:
                self.envelope.content = self.envelope.original_content = bytes(content)
                status = await self._call_handler_hook("DATA")
            await self.push(status)  # it counts the recipients
            self._set_post_data_state()  # type: ignore[no-untyped-call]

    async def _read_content(self) -> bytearray:
        """Return the message. Of one past the limit only the first byte past it is kept."""
        content = bytearray()
        is_at_start = True  # of a line
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
                is_end = True
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.read(error.consumed)
                is_end = False
            except asyncio.CancelledError:  # the connection is gone
                self._writer.close()
                raise
            if is_at_start and piece == b".\r\n":
                return content
            if is_at_start:
                piece = piece.removeprefix(b".")
            is_at_start = is_end
            content += piece[: MAX_DELIVERED_BYTES + 1 - len(content)]


class Handler:
    """What aiosmtpd calls. Storing happens in threads, since the database blocks."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="lmtp")

    async def handle_RCPT(  # noqa: N802
        self, server: Server, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if not is_local(session.peer):
            return NOT_LOCAL
        if len(address) > MAX_EMAIL_CHARS or not address.isprintable():
            return BAD_ADDRESS
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Server, session: Session, envelope: Envelope
    ) -> str:
        raw, sender = envelope.original_content or b"", envelope.mail_from or ""
        sender = "" if sender == NULL_PATH else sender
        answers = await asyncio.get_running_loop().run_in_executor(
            self._threads, store, raw, sender[:MAX_EMAIL_CHARS], list(envelope.rcpt_tos)
        )
        return "\r\n".join(answers)

    async def handle_exception(self, error: Exception) -> str:
        logger.error("LMTP: %r", error, exc_info=error)
        return TRY_AGAIN

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def is_local(peer: Any) -> bool:
    """Return whether a socket's other end is on this machine or in a private network."""
    address = ip_address(str(peer[0]).partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_private


def store(raw: bytes, sender: str, recipients: Sequence[str]) -> list[str]:
    """Store the message in the mailbox of each recipient, and return an answer to each.

    Recipients of one mailbox, such as its plus-addresses, share a copy.
    """
    try:
        by_mailbox: dict[Mailbox | None, list[str]] = defaultdict(list)
        for recipient in recipients:
            by_mailbox[mailbox_of(recipient)].append(recipient)
        answers: dict[str, str] = {}
        for mailbox, addresses in by_mailbox.items():
            answers |= dict.fromkeys(addresses, _store(raw, mailbox, sender, addresses))
    except Exception:
        logger.exception("LMTP: the mailboxes cannot be looked up.")
        return [TRY_AGAIN] * len(recipients)
    finally:
        database.close()
    return [answers[recipient] for recipient in recipients]


def _store(raw: bytes, mailbox: Mailbox | None, sender: str, recipients: Sequence[str]) -> str:
    try:
        receive(raw, mailbox, sender, recipients)
    except Exception:
        logger.exception("LMTP: a message could not be stored.")
        return TRY_AGAIN
    return STORED


def listening() -> AbstractContextManager[Any]:
    """Listen at LMTP_ADDRESS, if it is set, until the context ends."""
    address = settings.LMTP_ADDRESS
    return _listening(address.host, address.port) if address else nullcontext()


@contextmanager
def _listening(host: str, port: int) -> Iterator[Controller | None]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except OSError as error:  # perhaps another worker of this machine listens
        logger.error("LMTP: cannot listen on %s:%s: %s", host, port, error.strerror)
        yield None
        return
    handler = Handler()
    controller = _Controller(handler, listener, hostname=host, port=port)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()
        handler.close()


class _Controller(Controller):
    """Runs the server in a thread, on a socket that listens already."""

    def __init__(self, handler: Handler, listener: socket.socket, **options: Any) -> None:
        super().__init__(
            handler,
            data_size_limit=MAX_DELIVERED_BYTES,
            enable_SMTPUTF8=True,
            ident="LMTP",
            **options,
        )
        self._listener = listener

    def factory(self) -> Server:
        return Server(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)
