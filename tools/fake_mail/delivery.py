"""Hand a message to the desk, as the mail server of a real one does."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence

# Takes the raw message, the sender's address and the recipients'. Raises DeliveryFailed.
Deliver = Callable[[bytes, str, Sequence[str]], None]
TIMEOUT = 60  # seconds


class DeliveryFailed(Exception):
    """The desk did not take the message. The words are its own."""


def deliver_by_lmtp(host: str, port: int) -> Deliver:
    """Return a function that delivers to an LMTP server, such as the desk's."""

    def deliver(raw: bytes, sender: str, recipients: Sequence[str]) -> None:
        options = [] if "".join([sender, *recipients]).isascii() else ["SMTPUTF8"]
        try:
            with smtplib.LMTP(host, port, timeout=TIMEOUT) as server:
                server.sendmail(sender, list(recipients), raw, mail_options=options)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(str(error)) from error

    return deliver
