"""A mail server on loopback that can be told to misbehave."""

import email
import email.policy
import random
import socket
import threading
from contextlib import suppress

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class MailServer:
    """Accepts messages, parsed, in `messages`, and as they came in `raw`.

    Each of `answers` answers one message instead of accepting it: a line to send, "drop" to hang
    up, or "take and drop". Each of `refusals` answers one address. At each command in `hang_ups`,
    such as "RCPT", the server hangs up once. It `supports_utf8` (SMTPUTF8) if told so.
    """

    def __init__(self):
        self.messages, self.raw, self.envelopes = [], [], []
        self.supports_utf8 = False
        self.answers, self.refusals, self.hang_ups = [], [], []
        self.connections = 0
        self.hold = None  # an event that a message waits for
        self.holding = threading.Event()
        self.port = free_port()
        self._controller = None

    def start(self):
        self._controller = HangingUp(
            self,
            hostname="127.0.0.1",
            port=self.port,
            server_hostname="mail.example.org",
            # It keeps what it reads as bytes, and offers the extension only if told so.
            enable_SMTPUTF8=True,
        )
        self._controller.start()
        return self

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    # --- what aiosmtpd calls ---

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return [each for each in responses if self.supports_utf8 or "SMTPUTF8" not in each]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.hold:
            self.holding.set()
            await server.loop.run_in_executor(None, self.hold.wait, 60)
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250") or answer == "take and drop":
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
            self.raw.append(envelope.content)
            self.messages.append(
                email.message_from_bytes(envelope.content, policy=email.policy.default)
            )
        if "drop" in answer:
            server.transport.abort()
            return "421 gone"
        return answer


class HangingUp(Controller):
    def factory(self):
        return HangingUpServer(self.handler, **self.SMTP_kwargs)


class HangingUpServer(SMTP):
    async def smtp_MAIL(self, arg):  # noqa: N802
        await self._unless_hung_up("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg):  # noqa: N802
        await self._unless_hung_up("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg):  # noqa: N802
        await self._unless_hung_up("DATA", super().smtp_DATA, arg)

    async def _unless_hung_up(self, command, follow, arg):
        hang_ups = self.event_handler.hang_ups
        if command in hang_ups:
            hang_ups.remove(command)
            self.transport.abort()
        else:
            await follow(arg)


def free_port():
    """Return a port below those that the system assigns, so that it stays free over a restart."""
    while True:
        port = random.randint(20_000, 29_999)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
