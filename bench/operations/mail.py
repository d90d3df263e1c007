"""A mail server: SMTP with STARTTLS and a password, and Dovecot for the mailbox."""

from __future__ import annotations

import email
import email.policy
import logging
import shutil
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tickets.tests.imap_server import Dovecot

from .authority import Authority

# As docs/operations.md has them.
SMTP_PORT, IMAP_PORT = 587, 993
USER, PASSWORD = "support@example.org", "password"


@dataclass
class MailServer:
    """Keeps what the desk sends, and delivers to the desk's mailbox."""

    mailbox: Dovecot
    sent: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.sent.append(parsed)
        return "250 OK"

    def message_to(self, address: str, seconds: float = 120) -> EmailMessage:
        """Wait for a message to an address. Raise TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.sent:
                if address in message["To"]:
                    return message
            time.sleep(0.5)
        raise TimeoutError(f"no email to {address}; sent: {[m['To'] for m in self.sent]}")

    def answer(self, message: EmailMessage, text: str) -> None:
        """Put an answer to a message into the desk's mailbox, as a mail program would."""
        answer = EmailMessage()
        answer["From"] = message["To"]
        answer["To"] = message["Reply-To"] or message["From"]
        answer["Subject"] = f"Re: {message['Subject']}"
        answer["Message-ID"] = f"<{time.time_ns()}@example.com>"
        answer["In-Reply-To"] = message["Message-ID"]
        answer.set_content(text)
        self.mailbox.deliver(USER, answer.as_bytes())


@contextmanager
def running_mail_server(authority: Authority, host: str, directory: Path) -> Iterator[MailServer]:
    """Run both on all addresses of this machine, so that containers reach them."""
    chain, key = directory / "mail.pem", directory / "mail.key"
    authority.certify(host, chain, key)
    mailbox = Dovecot(listen="*", port=IMAP_PORT, password=PASSWORD)
    shutil.copy(chain, mailbox.root / "certificate.pem")
    shutil.copy(key, mailbox.root / "key.pem")
    server = MailServer(mailbox)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of itself at each sign-in
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    controller = Controller(
        server,
        hostname="0.0.0.0",
        port=SMTP_PORT,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_authenticate,
    )
    try:
        mailbox.start()
        controller.start()
        yield server
    finally:
        controller.stop(no_assert=True)
        mailbox.remove()


def _authenticate(
    _server: Any, _session: Any, _envelope: Any, _mechanism: str, credentials: Any
) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=credentials == known)
