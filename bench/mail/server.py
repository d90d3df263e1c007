"""A mail server that takes every message, and counts them by their recipient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller

from bench.ui.desk import free_port


class CountingServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.answers: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.answers.update(envelope.rcpt_tos)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[CountingServer]:
    server = CountingServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
