"""Ask ClamAV's daemon about a file, by its INSTREAM command."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

CONNECT_TIMEOUT, ANSWER_TIMEOUT = 5, 120  # seconds
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
            connection.settimeout(ANSWER_TIMEOUT)
            with suppress(BrokenPipeError, ConnectionResetError):  # it says why it stops reading
                _send(connection, chunks)
            answer = _answer(connection)
    except OSError as error:
        reason = "" if error.strerror is None else f": {error.strerror}"
        raise ScannerUnavailable(f"No answer from {host} on port {port}{reason}.") from error
    text = answer.decode(errors="replace").strip("\0\n ").removeprefix("stream: ")
    if text == "OK":
        return ""
    if text.endswith(" FOUND"):
        return text.removesuffix(" FOUND")
    if not text:
        raise ScannerUnavailable(f"No answer from {host} on port {port}.")
    raise ScannerError(text)


def _send(connection: socket.socket, chunks: Iterable[bytes]) -> None:
    connection.sendall(b"zINSTREAM\0")
    for chunk in chunks:
        connection.sendall(struct.pack("!I", len(chunk)) + chunk)
    connection.sendall(struct.pack("!I", 0))


def _answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MAX_ANSWER_BYTES:
        chunk = connection.recv(1024)
        if not chunk:
            break
        answer += chunk
    return answer
