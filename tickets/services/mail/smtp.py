"""Django's SMTP backend, extended to know how far an email got."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail.backends import smtp


def is_set_up() -> bool:
    """Return whether email really leaves: a mail server is set up."""
    return bool(settings.EMAIL_BACKEND == settings.SMTP_BACKEND)


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
