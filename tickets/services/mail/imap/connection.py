"""Connections to mailboxes: open, sign in, open the folder, and wait for mail."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from ....models.incoming import Mailbox
from ....vocabulary import MailSecurity, MailSignIn
from ..mailboxes import password_of
from .oauth import access_token
from .problems import CONNECTION_ERRORS, MailboxProblem, explained, quoted

CONNECT_SECONDS, ANSWER_SECONDS = 15, 60
# How often the desk looks by itself: so it notices a server that is gone without a word.
LOOK_SECONDS = 20
AWAITED_SECONDS = 10  # how long the answer may take that ends the waiting
TIMING = re.compile(r"[ ]?\([\d.]+ \+ [\d.+ ]+ secs\)\.?$")
TICK_SECONDS = 1  # how soon a waiting connection notices that it has to end
# The numbers of all messages of a folder come in one line. imaplib's own limit is a million bytes.
imaplib._MAXLINE = 20_000_000  # type: ignore[attr-defined]


class Connection(IMAPClient):  # type: ignore[misc]
    """IMAPClient, which here also notices a dead connection and mail that came with an answer."""

    _may_have_buffered = _is_readable = False

    def has_change(self, seconds: float) -> bool:
        """Wait in IDLE mode. Return True if the folder may have changed or the connection died."""
        responses = self.idle_check(timeout=seconds)
        has_news = any(response[-1] in (b"EXISTS", b"RECENT") for response in responses)
        # Readable without a response is a connection that has ended, or half a line.
        return has_news or (self._is_readable and not responses)

    def has_told_of_mail(self) -> bool:
        """Return whether the server has told of mail with any answer since the last call.

        It tells each change once. What it told with the answer to another command it does not
        repeat in IDLE mode.
        """
        _, counts = self._imap.response("EXISTS")
        return bool(counts != [None])

    def idle(self) -> None:
        super().idle()
        self._may_have_buffered = True

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> Any:
        """Look once at what imaplib has read together with the answer to IDLE: poll cannot."""
        self._is_readable = False
        if self._may_have_buffered:
            self._may_have_buffered = False
            return [sock]
        events = super()._poll_socket(sock, timeout)
        self._is_readable = bool(events)
        return events

    def keep_alive(self) -> None:
        """Have the system notice within two minutes that the other side is gone without a word."""
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
            if option := getattr(socket, name, None):  # not on every system
                sock.setsockopt(socket.IPPROTO_TCP, option, value)

    def abort(self) -> None:
        """End the connection from another thread. Whoever reads from it gets an error."""
        with suppress(OSError):
            # Not TLS's own shutdown: the other thread may be inside of it.
            socket.socket.shutdown(self.socket(), socket.SHUT_RDWR)


@contextmanager
def connected(mailbox: Mailbox) -> Iterator[Connection]:
    """Yield a connection that is signed in. Raise MailboxProblem if that does not work."""
    connection = open_connection(mailbox)
    try:
        sign_in(connection, mailbox)
        yield connection
    finally:
        close(connection)


def close(connection: Connection) -> None:
    with suppress(*CONNECTION_ERRORS):
        connection.socket().settimeout(2)
        connection.logout()
    with suppress(*CONNECTION_ERRORS):
        connection.shutdown()


def open_connection(mailbox: Mailbox) -> Connection:
    """Connect, with TLS unless the mailbox says otherwise. The certificate is checked.

    SSL_CERT_FILE names the certificates of an authority of one's own, as for all of OpenSSL.
    """
    context = ssl.create_default_context()
    try:
        connection = Connection(
            mailbox.host,
            mailbox.port,
            ssl=mailbox.security == MailSecurity.TLS,
            ssl_context=context,
            timeout=SocketTimeout(CONNECT_SECONDS, ANSWER_SECONDS),
        )
    except CONNECTION_ERRORS as error:
        raise explained(error, mailbox) from error
    try:
        connection.normalise_times = False  # times with their zone
        connection.keep_alive()
        if mailbox.security == MailSecurity.STARTTLS:
            connection.starttls(context)
    except CapabilityError:
        close(connection)
        raise MailboxProblem(
            f"{mailbox.host} does not offer STARTTLS on port {mailbox.port}."
        ) from None
    except CONNECTION_ERRORS as error:
        close(connection)
        raise explained(error, mailbox) from error
    return connection


def sign_in(connection: Connection, mailbox: Mailbox) -> None:
    """Sign in as the mailbox says. Raise MailboxProblem if the server refuses."""
    is_oauth = mailbox.sign_in == MailSignIn.OAUTH
    token = access_token(mailbox) if is_oauth else ""
    try:
        if is_oauth:
            connection.sasl_login("XOAUTH2", _xoauth2(mailbox.username, token))
        else:
            _sign_in_by_password(connection, mailbox)
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise explained(error.__context__, mailbox) from error
        text = quoted(_server_words(error), mailbox)
        if token:
            text = text.replace(token, "…")
        raise MailboxProblem(
            f"{mailbox.host} refused to sign in {mailbox.username}: {text}", is_refused=True
        ) from error
    except CONNECTION_ERRORS as error:
        raise explained(error, mailbox) from error


def _server_words(error: Exception) -> str:
    """Return what the server said. imaplib repeats it as a literal of bytes.

    Dovecot ends with the time that the command took, which helps nobody.
    """
    text = str(error)
    is_literal = text.startswith(("b'", 'b"'))
    return TIMING.sub("", text[2:-1] if is_literal else text)


def _sign_in_by_password(connection: Connection, mailbox: Mailbox) -> None:
    password = password_of(mailbox)
    if not password:
        raise MailboxProblem("The password is missing: enter it again.", is_refused=True)
    if (mailbox.username + password).isascii():
        connection.login(mailbox.username, password)
    else:  # LOGIN knows no other characters
        connection.plain_login(mailbox.username, password)


def _xoauth2(username: str, token: str) -> Callable[[bytes], bytes]:
    """Return the answers to the server's challenges: the token, then nothing.

    A server that refuses the token explains it in a second challenge, which wants an empty answer.
    """
    answers = iter([f"user={username}\1auth=Bearer {token}\1\1".encode()])
    return lambda _challenge: next(answers, b"")


def wait_for_mail(connection: Connection, is_stopping: Callable[[], bool]) -> None:
    """Return once there may be new mail, after a while, or when it has to stop.

    With IDLE the server says when something changes; without, the desk asks every 20 seconds.
    """
    has_idle = connection.has_capability("IDLE")
    deadline = time.monotonic() + LOOK_SECONDS
    if has_idle:
        connection.idle()
    while not is_stopping() and time.monotonic() < deadline:
        if not has_idle:
            time.sleep(TICK_SECONDS)
        elif connection.has_change(TICK_SECONDS):
            break
    connection.socket().settimeout(AWAITED_SECONDS)
    if has_idle:
        connection.idle_done()
    else:
        connection.noop()
    connection.socket().settimeout(ANSWER_SECONDS)


def open_folder(connection: Connection, mailbox: Mailbox) -> int:
    """Open the mailbox's folder and return its UIDVALIDITY. MailboxProblem if there is none."""
    try:
        selected = connection.select_folder(mailbox.folder)
    except IMAPClientAbortError as error:
        raise explained(error, mailbox) from error
    except IMAPClientError as error:
        text = quoted(_server_words(error), mailbox)
        raise MailboxProblem(f"The folder {mailbox.folder} cannot be opened: {text}") from error
    return int(selected.get(b"UIDVALIDITY", 0))
