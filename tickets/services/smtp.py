"""Django's way to an SMTP server, which knows besides how far a message got."""

from __future__ import annotations

import smtplib

from django.core.mail.backends import smtp


class Client(smtplib.SMTP):
    GO_AHEAD = 354  # the answer to DATA; before it nothing of a message leaves

    begun = False

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()
        self.begun = self.begun or code == self.GO_AHEAD
        return code, words


class SecureClient(Client, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    connection: Client | None

    @property
    def connection_class(self) -> type[Client]:
        return SecureClient if self.use_ssl else Client

    @property
    def handed_over(self) -> bool:
        """Whether the server may have got something of the message that was sent last."""
        return self.connection is None or self.connection.begun
