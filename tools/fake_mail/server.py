"""The SMTP server that takes the desk's mail, and the HTTP server with the pages."""

from __future__ import annotations

import re
import socket
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller

from ..loopback import HOST, LoopbackServer
from . import pages
from .delivery import Deliver, DeliveryFailed
from .messages import File, Outbox, SentMessage, answer, content_of, new_message

MAX_BODY_BYTES = 30_000_000
MESSAGE_PATH = re.compile(r"/messages/(\d{1,9})(?:/(html|raw|answer|files/(\d{1,3})))?")
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'"
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
DELIVERED = "/?delivered"


def free_port() -> int:
    """Return a port that nobody uses now. aiosmtpd cannot choose one itself."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class FakeMail(LoopbackServer):
    """Both servers, in threads of their own: `with FakeMail(deliver, recipient) as fake: ...`.

    `recipient` is the desk's address, to which the page writes new messages.
    """

    def __init__(
        self, deliver: Deliver, recipient: str, *, smtp_port: int = 0, port: int = 0
    ) -> None:
        self.deliver, self.recipient, self.outbox = deliver, recipient, Outbox()
        self.http = _Server((HOST, port), self)
        self.smtp_port = smtp_port or free_port()
        self._smtp = Controller(_Handler(self.outbox), HOST, self.smtp_port, enable_SMTPUTF8=True)
        self._smtp.start()

    def close(self) -> None:
        self._smtp.stop()
        super().close()

    def send(self, message: EmailMessage) -> None:
        """Deliver a customer's message to the desk. Raise DeliveryFailed."""
        sender, recipient = (parseaddr(str(message[name]))[1] for name in ("From", "To"))
        self.deliver(message.as_bytes(), sender, [recipient])


class _Handler:
    """Takes each message."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.outbox.add(envelope.content, envelope.mail_from, envelope.rcpt_tos, time.time())
        return "250 taken"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], fake: FakeMail) -> None:
        self.fake = fake
        super().__init__(address, _PageHandler)


class _PageHandler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        outbox, match = self.server.fake.outbox, MESSAGE_PATH.fullmatch(path)
        sent = outbox.find(int(match[1])) if match else None
        if not self._is_own():
            self._send(403, "Forbidden")
        elif path == "/":
            notice = "The desk has your message." if query == "delivered" else ""
            messages = outbox.newest_first()
            self._send_page(200, pages.index(messages, self.server.fake.recipient, notice))
        elif match and sent:
            self._show(sent, match[2] or "", int(match[3] or 0))
        else:
            self._send(404, "Not found")

    def do_POST(self) -> None:
        match = MESSAGE_PATH.fullmatch(self.path)
        sent = self.server.fake.outbox.find(int(match[1])) if match else None
        form = self._form() if self._is_own() else None
        if form is None:
            self._send(403, "Forbidden")
        elif match and sent and match[2] == "answer":
            self._deliver(answer(sent, form.text("body"), form.files))
        elif self.path == "/new":
            sender, subject, body = map(form.text, ("sender", "subject", "body"))
            recipient = self.server.fake.recipient
            self._deliver(new_message(sender, recipient, subject, body, form.files))
        else:
            self._send(404, "Not found")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""

    def _is_own(self) -> bool:
        """Return whether no other site sent the request, or sees its answer under its own name."""
        own = self.server.fake.url
        origins = {own, own.replace(HOST, "localhost")}
        host, origin = f"http://{self.headers.get('Host')}", self.headers.get("Origin")
        return host in origins and (origin is None or origin in origins)

    def _show(self, sent: SentMessage, what: str, number: int) -> None:
        if what == "html":
            self._send(200, sent.text("html"), "text/html; charset=utf-8")
        elif what == "raw":
            self._send(200, sent.raw, "text/plain; charset=utf-8")
        elif what.startswith("files/") and number < len(sent.files):
            file = sent.files[number]
            self._send(200, file.content, "application/octet-stream", file.name)
        elif not what:
            self._send_page(200, pages.show(sent))
        else:
            self._send(404, "Not found")

    def _deliver(self, message: EmailMessage) -> None:
        try:
            self.server.fake.send(message)
        except DeliveryFailed as error:
            self._send_page(502, pages.failure(str(error)))
        else:
            self.send_response(303)
            self.send_header("Location", DELIVERED)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _form(self) -> _Form | None:
        """Return the form that was sent; None if it is too large or no form."""
        length, kind = self.headers.get("Content-Length", ""), self.headers.get("Content-Type", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            return None
        if not kind.startswith("multipart/form-data"):
            return None
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = message_from_bytes(head + self.rfile.read(int(length)), policy=default)
        assert isinstance(message, EmailMessage)
        return _Form(message)

    def _send_page(self, status: int, html: str) -> None:
        self._send(status, html, "text/html; charset=utf-8", policy=PAGE_POLICY)

    def _send(
        self,
        status: int,
        content: str | bytes,
        media_type: str = "text/plain; charset=utf-8",
        file_name: str = "",
        policy: str = CONTENT_POLICY,
    ) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if file_name:
            name = quote(file_name, safe="")
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.end_headers()
        self.wfile.write(body)


class _Form:
    """The fields of a form, sent as multipart/form-data."""

    def __init__(self, message: EmailMessage) -> None:
        self.parts = {
            str(part.get_param("name", header="content-disposition")): part
            for part in message.iter_parts()
        }

    def text(self, name: str) -> str:
        part = self.parts.get(name)
        return "" if part is None else content_of(part).decode(errors="replace")

    @property
    def files(self) -> list[File]:
        part = self.parts.get("file")
        name = part.get_filename() if part is not None else ""
        if part is None or not name:
            return []
        return [File(name, part.get_content_type(), content_of(part))]
