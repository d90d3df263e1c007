"""Try a mailbox step by step, and say in plain words what works and what does not."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection as database
from django.utils import timezone

from ...models.incoming import InboundMessage, Mailbox
from ...vocabulary import AfterFetch, MailSecurity
from .check_ids import new_check_id
from .composition import OutgoingMessage, mail_address
from .imap.connection import Connection, close, open_connection, open_folder, sign_in
from .imap.problems import CONNECTION_ERRORS, MailboxProblem, explained, quoted
from .smtp import error_text, is_set_up

CHECK_SECONDS = 40
ARRIVAL_SECONDS = 10
TEST_TEXT = "This message was sent by “Test this mailbox” in the back office."
MAX_FOLDERS = 12  # that are named

Result = Literal["works", "fails", "note"]


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    result: Result
    text: str


def check_mailbox(
    mailbox: Mailbox, seconds: float = CHECK_SECONDS, *, sends: bool = True
) -> list[Step]:
    """Try everything that the mailbox needs, and return the steps, within `seconds`.

    If it `sends`, a real message goes to the mailbox's own address. The test's thread is left
    behind if a server does not answer in time.
    """
    check = _Check(mailbox, sends)
    thread = threading.Thread(target=check.run, daemon=True)
    thread.start()
    thread.join(seconds)
    steps = list(check.steps)
    if thread.is_alive():
        check.abort()
        steps.append(Step(check.current, "fails", f"No answer within {seconds:g} seconds."))
    return steps


class _Failed(Exception):
    """The steps that follow need this one."""


class _Check:
    def __init__(self, mailbox: Mailbox, sends: bool) -> None:
        self.mailbox, self.sends = mailbox, sends
        self.steps: list[Step] = []
        self.current = ""
        self._connection: Connection | None = None
        self._is_open = False
        self._started_at = timezone.now()

    def run(self) -> None:
        try:
            self._receive()
            message_id = self._send() if self.sends else ""
            if message_id and self._is_open:
                self._await(message_id)
        except Exception as error:
            text = quoted(f"{type(error).__name__}: {error}", self.mailbox)
            self._add("fails", f"An unexpected error: {text}")
        finally:
            if self._connection:
                close(self._connection)
            database.close()

    def abort(self) -> None:
        if connection := self._connection:
            connection.abort()

    def _receive(self) -> None:
        if not self.mailbox.host:
            self.current = "Fetching"
            self._add("note", "No server is set: its mail comes by a pipe, the API or LMTP.")
            return
        steps: dict[str, Callable[[], str]] = {
            "Server name": self._look_up,
            "Connection": self._connect,
            "Sign-in": self._sign_in,
            "Folder": self._open,
        }
        try:
            for name, step in steps.items():
                self._try(name, step)
        except _Failed:
            return
        self._look_at_what_follows()

    def _try(self, name: str, step: Callable[[], str]) -> None:
        self.current = name
        try:
            self._add("works", step())
        except (MailboxProblem, *CONNECTION_ERRORS) as error:
            self._add("fails", str(explained(error, self.mailbox)))
            raise _Failed from error

    def _add(self, result: Result, text: str) -> None:
        self.steps.append(Step(self.current, result, text))

    # --- receiving ---

    def _look_up(self) -> str:
        host = self.mailbox.host
        addresses = socket.getaddrinfo(host, self.mailbox.port, type=socket.SOCK_STREAM)
        return f"{host} is {addresses[0][4][0]}."

    def _connect(self) -> str:
        self._connection = open_connection(self.mailbox)
        if self.mailbox.security == MailSecurity.NONE:
            return "Connected, without encryption."
        return f"Connected with {self._connection.socket().version()}. The certificate is valid."

    def _sign_in(self) -> str:
        sign_in(self._opened, self.mailbox)
        return f"Signed in as {self.mailbox.username}."

    def _open(self) -> str:
        try:
            open_folder(self._opened, self.mailbox)
        except MailboxProblem as problem:
            names = [name for _, _, name in self._opened.list_folders()]
            more = ", …" if len(names) > MAX_FOLDERS else ""
            raise MailboxProblem(
                f"{problem} The folders are {', '.join(names[:MAX_FOLDERS])}{more}."
            ) from problem
        self._is_open = True
        count = len(self._opened.search("ALL"))
        return f"{self.mailbox.folder} can be opened. Messages in it: {count:,}."

    def _look_at_what_follows(self) -> None:
        if self.mailbox.after_fetch == AfterFetch.MOVE:
            self.current = "Moving"
            target = self.mailbox.move_to
            if self._opened.folder_exists(target):
                self._add("works", f"Fetched messages are moved to {target}.")
            else:
                self._add("fails", f"There is no folder {target} to move fetched messages to.")
        self.current = "New mail"
        if self._opened.has_capability("IDLE"):
            self._add("works", "The server tells the desk at once (IDLE).")
        else:
            self._add("note", "The server has no IDLE. The desk looks every 20 seconds.")

    @property
    def _opened(self) -> Connection:
        assert self._connection is not None
        return self._connection

    # --- sending ---

    def _send(self) -> str:
        """Send a message to the mailbox's own address. Return its Message-ID; "" if it failed."""
        self.current = "Sending"
        address = self.mailbox.address
        if not is_set_up():
            self._add("note", "No mail server is set up: EMAIL_URL is not set.")
            return ""
        message_id = new_check_id(address.rpartition("@")[2])
        try:
            message = OutgoingMessage(
                f"Test of the mailbox {self.mailbox}",
                TEST_TEXT,
                f"<p>{TEST_TEXT}</p>",
                sender=mail_address(address, settings.DESK_NAME),
                to=address,
                headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            )
            get_connection().send_messages([message])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            text = quoted(error_text(error), self.mailbox)
            self._add("fails", f"{settings.EMAIL_HOST} did not take the message: {text}")
            return ""
        self._add("works", f"{settings.EMAIL_HOST} took a message to {address}.")
        return message_id

    def _await(self, message_id: str) -> None:
        self.current = "Arrival"
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            if self._has_arrived(message_id):
                self._add("works", "The message has arrived.")
                return
            time.sleep(0.5)
        text = f"The message has not arrived within {ARRIVAL_SECONDS} seconds."
        self._add("note", f"{text} It may be late, or in the folder for spam.")

    def _has_arrived(self, message_id: str) -> bool:
        """Look into the folder, and at what a worker has fetched of it meanwhile."""
        self._opened.noop()
        if self._opened.search(["HEADER", "Message-ID", message_id]):
            return True
        since = {"mailbox": self.mailbox, "received_at__gte": self._started_at}
        rows = InboundMessage.objects.filter(**since).iterator(chunk_size=10)
        return any(message_id.encode() in bytes(row.raw) for row in rows)
