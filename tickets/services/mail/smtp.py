"""Django's SMTP backend, extended to know how far an email got, and to reach any address."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail.backends import smtp

from .composition import OutgoingMessage


def is_set_up() -> bool:
    """Return whether email really leaves: a mail server is set up."""
    return bool(settings.EMAIL_BACKEND == settings.SMTP_BACKEND)


def error_text(error: Exception) -> str:
    """Return what the mail server said, on one line, with its code if it gave one."""
    if (
        isinstance(error, OSError)
        and error.strerror
        and not isinstance(error, smtplib.SMTPException)
    ):
        return error.strerror  # without its number
    code, reply = reply_of(error)
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)
    return " ".join(f"{code or ''} {text}".split()) or type(error).__name__


def reply_of(error: Exception) -> tuple[int, bytes | str]:
    """Return the mail server's code and text; code 0 if it gave none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return 0, str(error)


class Client(smtplib.SMTP):
    GO_AHEAD = 354  # the answer to DATA: nothing of an email leaves before it

    has_data_begun = False

    def getreply(self) -> tuple[int, bytes]:
        code, reply = super().getreply()
        self.has_data_begun = self.has_data_begun or code == self.GO_AHEAD
        return code, reply


class SecureClient(Client, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    connection: Client | None

    @property
    def connection_class(self) -> type[Client]:
        return SecureClient if self.use_ssl else Client

    @property
    def handed_over(self) -> bool:
        """Return whether the server may have received part of the last email."""
        return self.connection is None or self.connection.has_data_begun

    def _send(self, email_message: OutgoingMessage) -> bool:
        """Hand a message over. Raise as smtplib does.

        Only a server with SMTPUTF8 can take an address such as jörg@example.org.
        """
        assert self.connection is not None
        self.connection.ehlo_or_helo_if_needed()
        options = []
        if email_message.needs_utf8:
            if not self.connection.has_extn("smtputf8"):
                address = email_message.recipient.addr_spec
                raise smtplib.SMTPNotSupportedError(
                    "The mail server does not support international addresses (SMTPUTF8), which"
                    f" this email from {email_message.sender.addr_spec} to {address} needs."
                )
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        self.connection.sendmail(
            email_message.from_email,
            email_message.recipients(),
            email_message.message().as_bytes(),
            mail_options=options,
        )
        return True
