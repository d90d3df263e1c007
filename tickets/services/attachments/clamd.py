"""Ask ClamAV's daemon about a file, by its INSTREAM command."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

CONNECT_TIMEOUT, ANSWER_TIMEOUT = 5, 120  # seconds
MAX_ANSWER_BYTES = 4096


class ScannerError(OSError):
    """The scanner is gone, or did not read the file to its end."""


def scan(address: tuple[str, int], chunks: Iterable[bytes]) -> str:
    """Return the name of what the scanner found; "" for a clean file. Raise ScannerError."""
    try:
        with socket.create_connection(address, CONNECT_TIMEOUT) as connection:
            connection.settimeout(ANSWER_TIMEOUT)
            connection.sendall(b"zINSTREAM\0")
            for chunk in chunks:
                connection.sendall(struct.pack("!I", len(chunk)) + chunk)
            connection.sendall(struct.pack("!I", 0))
            answer = _answer(connection)
    except OSError as error:
        host, port = address
        reason = "" if error.strerror is None else f": {error.strerror}"
        raise ScannerError(f"No answer from {host} on port {port}{reason}.") from error
    text = answer.decode(errors="replace").strip("\0\n ").removeprefix("stream: ")
    if text == "OK":
        return ""
    if text.endswith(" FOUND"):
        return text.removesuffix(" FOUND")
    raise ScannerError(text or "The scanner closed the connection.")


def _answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MAX_ANSWER_BYTES:
        chunk = connection.recv(1024)
        if not chunk:
            break
        answer += chunk
    return answer
