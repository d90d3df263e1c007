"""Hand a message to the desk, as the mail server of a real one does."""

from __future__ import annotations

import smtplib
import subprocess
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


def deliver_by_command(command: Sequence[str]) -> Deliver:
    """Return a function that pipes each message to a command, such as `manage.py receive_mail`.

    What it takes stands in the headers, because a pipe has no envelope.
    """

    def deliver(raw: bytes, sender: str, recipients: Sequence[str]) -> None:
        lines = [f"Return-Path: <{sender}>", *(f"Delivered-To: {each}" for each in recipients)]
        envelope = "".join(f"{line}\r\n" for line in lines).encode()
        result = subprocess.run(
            list(command), input=envelope + raw, capture_output=True, timeout=TIMEOUT, check=False
        )
        if result.returncode:
            output = (result.stderr or result.stdout).decode(errors="replace").strip()
            raise DeliveryFailed(output or f"It ended with code {result.returncode}.")

    return deliver
