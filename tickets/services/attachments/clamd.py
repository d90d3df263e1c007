"""Ask ClamAV's daemon about a file, by its INSTREAM command."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable

CONNECT_TIMEOUT, SCAN_TIMEOUT = 5, 120  # seconds
MAX_ANSWER_BYTES = 4096


class ScannerError(OSError):
    """The scanner gave no verdict on a file. It may give one on others."""


class ScannerUnavailable(ScannerError):
    """The scanner is gone, or too slow."""


def scan(address: tuple[str, int], chunks: Iterable[bytes]) -> str:
    """Return the name of what the scanner found; "" for a clean file. Raise ScannerError."""
    host, port = address
    try:
        with socket.create_connection(address, CONNECT_TIMEOUT) as connection:
            deadline = time.monotonic() + SCAN_TIMEOUT
            was_sent = _send(connection, chunks, deadline)
            answer = _answer(connection, deadline)
    except OSError as error:
        reason = "" if error.strerror is None else f": {error.strerror}"
        raise ScannerUnavailable(f"No answer from {host} on port {port}{reason}.") from error
    text = answer.decode(errors="replace").strip("\0\n ").removeprefix("stream: ")
    if not text or not answer.endswith(b"\0"):
        raise ScannerUnavailable(f"No answer from {host} on port {port}.")
    if text.endswith(" FOUND"):
        return text.removesuffix(" FOUND")
    if text == "OK" and was_sent:
        return ""
    raise ScannerError("It answered before it had read the file." if text == "OK" else text)


def _send(connection: socket.socket, chunks: Iterable[bytes], deadline: float) -> bool:
    """Send the file. Return whether the scanner read on; if not, its answer says why."""
    try:
        _limit(connection, deadline)
        connection.sendall(b"zINSTREAM\0")
        for chunk in chunks:
            _limit(connection, deadline)
            connection.sendall(struct.pack("!I", len(chunk)) + chunk)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _limit(connection: socket.socket, deadline: float) -> None:
    """Let the next step take no longer than until the deadline: a slow scanner takes many."""
    connection.settimeout(max(deadline - time.monotonic(), 0.001))


def _answer(connection: socket.socket, deadline: float) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MAX_ANSWER_BYTES:
        _limit(connection, deadline)
        chunk = connection.recv(1024)
        if not chunk:
            break
        answer += chunk
    return answer
