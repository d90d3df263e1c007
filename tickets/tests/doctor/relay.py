"""A relay in front of PostgreSQL that says of it that it is of another release."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

NAME = b"server_version\0"


@contextlib.contextmanager
def relayed(directory: str, port: str, major: str) -> Iterator[int]:
    """Pass on what travels to the server with a socket in this directory. Yield the relay's port.

    The server introduces itself with its release, whose two first digits are replaced.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(f"{directory}/.s.PGSQL.{port}")
                back = threading.Thread(target=self.pass_back, args=[server])
                back.start()
                while data := self.request.recv(65536):
                    server.sendall(data)
                server.shutdown(socket.SHUT_RDWR)
                back.join()

        def pass_back(self, server: socket.socket) -> None:
            while data := server.recv(65536):
                before, name, after = data.partition(NAME)
                if name:
                    data = before + name + major.encode() + after[2:]
                self.request.sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as relay:
        relay.daemon_threads = True
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            yield relay.server_address[1]
        finally:
            relay.shutdown()
