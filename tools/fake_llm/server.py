"""The HTTP server: routes, faults by request or by control, and a log of requests."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from ..loopback import HOST, LoopbackServer
from . import faults, protocols, rules, strictness

MAX_BODY_BYTES = 2_000_000
HUGE_BYTES = 10_000_000
LOG_LENGTH = 1000
NO_HEADERS: Mapping[str, str] = {}
_GEMINI_PATH = re.compile(r".*/v1(?:beta)?/models/([^/:]+):generateContent")


class FakeLLM(LoopbackServer):
    """A server in its own thread: `with FakeLLM() as fake: ... fake.url ...`.

    `hang_seconds` is how long "hang" and "drip" last. Closing the server ends them at once.
    """

    def __init__(self, port: int = 0, hang_seconds: float = 60.0) -> None:
        self.hang_seconds = hang_seconds
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self._fault: str | None = None
        self._fault_times: int | None = None
        self._reply: str | None = None
        self.http = _Server((HOST, port), self)

    def close(self) -> None:
        self.closing.set()
        super().close()

    def control(
        self, fault: str | None = None, times: int | None = None, reply: str | None = None
    ) -> None:
        """Apply a fault from now on, or to the next `times` requests. `reply` is sent verbatim.

        Raise ValueError if the fault is unknown.
        """
        if fault is not None and fault not in faults.KNOWN:
            raise ValueError(f"Unknown fault {fault!r}; known: {', '.join(faults.KNOWN)}.")
        with self._lock:
            self._fault, self._fault_times, self._reply = fault, times, reply

    @property
    def log(self) -> list[dict[str, Any]]:
        """The requests, oldest first.

        Keys: at, path, model, message, schema, parameters, has_key, fault.
        """
        with self._lock:
            return list(self._log)

    def clear_log(self) -> None:
        with self._lock:
            self._log.clear()

    def log_request(self, **entry: Any) -> None:
        with self._lock:
            self._log.append({"at": time.time(), **entry})

    def next_fault(self) -> str | None:
        """Return the fault that `control` set, and count it down."""
        with self._lock:
            if self._fault is None or self._fault_times == 0:
                return None
            if self._fault_times is not None:
                self._fault_times -= 1
            return self._fault

    def reply_to(self, question: protocols.Question) -> str:
        if self._reply is not None:
            return self._reply
        ticket = rules.ticket_of(question.message)
        if not question.schema:
            return rules.title(ticket)
        return json.dumps(rules.answer(ticket, question.schema), ensure_ascii=False)


class _Protocol(NamedTuple):
    """How one protocol answers, refuses and fails. Local chat servers need no key."""

    answer: Callable[..., Any]
    blocked: Callable[[protocols.Question], Any]
    error: Callable[..., Any]
    rejection: Callable[[Mapping[str, Any], str | None], Any]
    needs_key: bool = True
    status_without_key: int = 401


_GEMINI = _Protocol(
    protocols.gemini_answer,
    protocols.gemini_blocked,
    protocols.gemini_error,
    strictness.gemini,
    status_without_key=403,
)
_CHAT = _Protocol(
    protocols.chat_answer,
    protocols.chat_blocked,
    protocols.chat_error,
    strictness.chat,
    needs_key=False,
)
_ANTHROPIC = _Protocol(
    protocols.anthropic_answer,
    protocols.anthropic_blocked,
    protocols.anthropic_error,
    strictness.anthropic,
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], fake: FakeLLM) -> None:
        self.fake = fake
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: several faults make clients hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, 40 ms apart otherwise
    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/log":
            self._send(200, self.server.fake.log)
        elif path.endswith("/v1/models"):
            self._send(200, protocols.chat_models())
        else:
            self._send(404, protocols.chat_error(404))

    def do_DELETE(self) -> None:
        if self.path != "/log":
            self._send(404, protocols.chat_error(404))
        else:
            self.server.fake.clear_log()
            self._send(200, [])

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self._body()
        gemini = _GEMINI_PATH.fullmatch(path)
        if body is None:
            self._send(400, protocols.gemini_error(400))
        elif path == "/control":
            self._control(body)
        elif gemini:
            self._complete(_GEMINI, protocols.gemini_question(gemini[1], body), body)
        elif path.endswith("/v1/chat/completions"):
            self._complete(_CHAT, protocols.chat_question(body), body)
        elif path.endswith("/v1/messages"):
            self._complete(_ANTHROPIC, protocols.anthropic_question(body), body)
        else:
            self._send(404, protocols.gemini_error(404))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing: the log is at GET /log."""

    def _control(self, body: Mapping[str, Any]) -> None:
        try:
            self.server.fake.control(body.get("fault"), body.get("times"), body.get("reply"))
        except ValueError as error:
            self._send(400, {"error": str(error)})
        else:
            self._send(200, dict(body))

    def _complete(
        self, protocol: _Protocol, question: protocols.Question, body: Mapping[str, Any]
    ) -> None:
        fake = self.server.fake
        fault = (
            self.headers.get(faults.HEADER)
            or faults.fault_in(question.message)
            or fake.next_fault()
        )
        has_key = any(self.headers.get(name) for name in protocols.KEY_HEADERS)
        fake.log_request(
            path=self.path,
            model=question.model,
            message=question.message,
            body=body,
            schema=question.schema,
            parameters=question.parameters,
            has_key=has_key,
            fault=fault,
        )
        rejection = protocol.rejection(body, fault)
        if protocol.needs_key and not has_key:
            self._send(protocol.status_without_key, protocol.error(protocol.status_without_key))
        elif rejection or not self._has_version(protocol):
            self._send(400, rejection or protocol.error(400))
        elif not self._apply_fault(fault, question, protocol):
            self._answer(fault, question, protocol)

    def _has_version(self, protocol: _Protocol) -> bool:
        return protocol is not _ANTHROPIC or bool(self.headers.get("anthropic-version"))

    def _answer(self, fault: str | None, question: protocols.Question, protocol: _Protocol) -> None:
        if fault == "safety":
            self._send(200, protocol.blocked(question))
            return
        text = faults.spoil(fault, self.server.fake.reply_to(question))
        self._send(200, protocol.answer(question, text, cut_short=fault in faults.CUT_SHORT))

    def _apply_fault(
        self, fault: str | None, question: protocols.Question, protocol: _Protocol
    ) -> bool:
        """Apply a fault that replaces the answer. Return False if the fault is not one of those."""
        if fault in faults.STATUS_FAULTS:
            status = faults.STATUS_FAULTS[fault]
            is_named = fault == "retry_after" and protocol is not _GEMINI  # Google has it inside
            wait = {"Retry-After": str(faults.RETRY_AFTER_SECONDS)} if is_named else {}
            self._send(status, protocol.error(status, fault), wait)
        elif fault == "html":
            self._send_bytes(200, b"<html><body>Bad gateway</body></html>", "text/html")
        elif fault == "hang":
            self.server.fake.closing.wait(self.server.fake.hang_seconds)
            self.close_connection = True
        elif fault == "drip":
            self._drip()
        elif fault == "cut_body":
            self._start(200, "application/json", 10_000)
            self.wfile.write(b'{"candidates": [')
            self.close_connection = True
        elif fault == "huge":
            self._send(200, protocol.answer(question, "x" * HUGE_BYTES))
        elif fault == "close":
            self.close_connection = True
        else:
            return False
        return True

    def _drip(self) -> None:
        """Send one byte per second."""
        self._start(200, "application/json", 10_000)
        deadline = time.monotonic() + self.server.fake.hang_seconds
        while time.monotonic() < deadline:
            self.wfile.write(b" ")
            if self.server.fake.closing.wait(1):
                break
        self.close_connection = True

    def _body(self) -> dict[str, Any] | None:
        try:
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES)
            body = json.loads(self.rfile.read(length))
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _send(self, status: int, answer: Any, headers: Mapping[str, str] = NO_HEADERS) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self._send_bytes(status, body, "application/json; charset=UTF-8", headers)

    def _send_bytes(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        self._start(status, content_type, len(body), headers)
        self.wfile.write(body)

    def _start(
        self, status: int, content_type: str, length: int, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
