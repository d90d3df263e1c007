"""Why a mailbox does not work, in plain words."""

from __future__ import annotations

import re
import socket
import ssl

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from ....models.incoming import Mailbox
from ....vocabulary import MailSecurity
from ..mailboxes import secrets_of

# What a connection raises: imaplib's own errors, and those of sockets and TLS.
CONNECTION_ERRORS = (IMAPClientError, OSError, UnicodeError)
# OpenSSL's codes for a certificate that is self-signed, or whose authority nobody knows.
UNKNOWN_ISSUERS = (18, 19, 20, 21)
MAX_QUOTED_CHARS = 200  # of what a server said


class MailboxProblem(Exception):
    """Something about a mailbox does not work. The text is for people and has no secret."""

    def __init__(self, text: str, *, is_refused: bool = False) -> None:
        super().__init__(text)
        self.is_refused = is_refused  # trying again soon may lock the account


def explained(error: Exception, mailbox: Mailbox) -> MailboxProblem:
    """Return what an error of a connection means."""
    return error if isinstance(error, MailboxProblem) else MailboxProblem(_meaning(error, mailbox))


def quoted(text: str, mailbox: Mailbox) -> str:
    """Return what a server said, on one line, short, and without the mailbox's secrets."""
    line = " ".join(re.sub(r"^[\w ]+ failed: ", "", text).split())  # IMAPClient's own words
    for secret in secrets_of(mailbox):
        line = line.replace(secret, "…")
    return line if len(line) <= MAX_QUOTED_CHARS else f"{line[:MAX_QUOTED_CHARS]}…"


def _meaning(error: Exception, mailbox: Mailbox) -> str:
    host, port = mailbox.host, mailbox.port
    match error:
        case socket.gaierror() | UnicodeError():
            return f"There is no server named {host}: the name was not found."
        case ConnectionRefusedError():
            return f"{host} refuses connections on port {port}."
        case TimeoutError():
            return f"{host} does not answer on port {port}."
        case ssl.SSLEOFError() | IMAPClientAbortError() | ConnectionError():
            return f"{host} closed the connection."
        case ssl.SSLError():
            return _meaning_of_tls(error, mailbox)
        case OSError():
            return f"The connection to {host} failed: {error.strerror or error}."
    return f"{host} answered: {quoted(str(error), mailbox)}"


def _meaning_of_tls(error: ssl.SSLError, mailbox: Mailbox) -> str:
    host, port = mailbox.host, mailbox.port
    if isinstance(error, ssl.SSLCertVerificationError):
        meaning = f"The certificate of {host} is not valid: {error.verify_message.rstrip('.')}."
        if error.verify_code in UNKNOWN_ISSUERS:
            meaning += " If it is your own, set SSL_CERT_FILE to it."
        return meaning
    if error.reason == "WRONG_VERSION_NUMBER" and mailbox.security == MailSecurity.TLS:
        return f"{host} does not speak TLS on port {port}. Port 993 does, or choose STARTTLS."
    return f"TLS with {host} failed: {error.reason or error}."
