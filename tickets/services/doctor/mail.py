"""Mail in and out: it signs in everywhere, and sends nothing."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator

from django.conf import settings

from ..mail import server
from ..mail.mailbox_check import check_mailbox
from ..mail.mailboxes import fetchable
from ..mail.smtp import error_text, is_set_up
from .finding import Finding, ok, wrong

SECONDS = 8
GREETING_SECONDS = 5
# Where the worker listens on all addresses: which to ask.
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104  # where it listens is where to connect
CHECK = "Check EMAIL_URL."


def look_at_mail_out() -> Iterator[Finding]:
    if not is_set_up():
        yield ok("mail out", "No mail server is set up (EMAIL_URL), so no email is sent.")
        return
    address = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        server.connect(signs_in=True, seconds=SECONDS)
    except (smtplib.SMTPException, OSError) as error:
        yield wrong("mail out", f"{address}: {error_text(error).rstrip('.')}.", _advice(error))
        return
    account = f" as {settings.EMAIL_HOST_USER}" if settings.EMAIL_HOST_USER else ""
    signed = f"It signed in{account}" if account else "It needs no password"
    tls = ", with TLS" if settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL else ""
    yield ok("mail out", f"{address} answers{tls}. {signed}.")


def _advice(error: Exception) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return "Set the user and the password in EMAIL_URL, percent-encoded (%40 for @)."
        case smtplib.SMTPNotSupportedError():
            return (
                "It offers no such thing: use smtp+tls:// or smtp+ssl:// in EMAIL_URL as it needs."
            )
        case ssl.SSLCertVerificationError():
            return (
                "Use the name in EMAIL_URL that its certificate has, or, if that is your own, set"
                " SSL_CERT_FILE to it."
            )
        case ssl.SSLError() | smtplib.SMTPServerDisconnected():
            return "Port 465 needs smtp+ssl://, port 587 smtp+tls:// in EMAIL_URL."
        case socket.gaierror():
            return "The name was not found: check it in EMAIL_URL."
    return f"{CHECK} Does the mail server run, and does a firewall let this machine reach it?"


def look_at_lmtp() -> Iterator[Finding]:
    """Greet the worker at LMTP_ADDRESS, and hand it nothing."""
    address = settings.LMTP_ADDRESS
    if address is None:
        return
    hosts = [LOOPBACK.get(address.host, address.host)]
    if settings.INSTALLATION == "compose" and address.host in LOOPBACK:
        hosts.append("worker")  # the doctor runs in another container
    for host in hosts:
        try:
            with smtplib.LMTP(host, address.port, "localhost", timeout=GREETING_SECONDS) as client:
                code, _ = client.ehlo()
                if code != 250:
                    raise smtplib.SMTPResponseException(code, "no LMTP server")
        except (smtplib.SMTPException, OSError) as error:
            text = f"{host}:{address.port}, where mail is taken by LMTP: {error_text(error)}"
            failure = wrong(
                "lmtp",
                f"{text.rstrip('.')}.",
                "Start the worker, which listens there, or restart it if it is frozen. If another"
                " program has that port, set another LMTP_ADDRESS.",
            )
        else:
            yield ok("lmtp", f"{host}:{address.port} takes mail.")
            return
    yield failure


def look_at_mailboxes() -> Iterator[Finding]:
    mailboxes = list(fetchable())
    if not mailboxes:
        yield ok("mail in", "No mailbox is fetched.")
    for mailbox in mailboxes:
        steps = check_mailbox(mailbox, SECONDS, sends=False)
        failed = next((step for step in steps if step.result == "fails"), None)
        if failed:
            where = (
                "INBOX_URL"
                if mailbox.from_environment
                else "the mailbox in the back office, where “Test this mailbox” says more"
            )
            text = f"{mailbox.address}, {failed.name.lower()}: {failed.text}"
            yield wrong("mail in", text, f"Check {where}.")
        else:
            yield ok("mail in", f"{mailbox.address}: signed in, and opened {mailbox.folder}.")
