"""gunicorn's worker with threads, changed in what happens around a request.

A connection takes a thread only once its request is there. What needs no database has threads of
its own, so that it is answered while the others all wait for the database. A worker that stops
leaves no connection in the listening sockets: what came is served, and what comes is refused.
"""

from __future__ import annotations

import errno
import selectors
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from socket import MSG_DONTWAIT, MSG_PEEK
from typing import Any

from gunicorn.workers import gthread

# Beginnings of requests that are answered without the database.
WITHOUT_DATABASE = tuple(
    f"{method} {path}".encode()
    for method in ("GET", "HEAD")
    for path in ("/healthz ", "/healthz/ ", "/healthz?", "/static/")
)
SPARE_THREADS = 2
REQUEST_SECONDS = 7.0  # that a new connection may take to send the beginning of a request
NO_CONNECTION = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    def init_process(self) -> None:
        self.spare_threads = ThreadPoolExecutor(SPARE_THREADS, thread_name_prefix="spare")
        super().init_process()

    def accept(self, listener: Any) -> None:
        self._accept(listener)

    def _accept(self, listener: Any) -> bool:
        """Take a connection that waits, and return whether there was one."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in NO_CONNECTION:
                return False
            raise
        self.nr_conns += 1
        connection = gthread.TConn(self.cfg, client, address, listener.getsockname())
        if _beginning(connection):
            connection.data_ready = True
            self.enqueue_req(connection)
        else:
            connection.timeout = time.monotonic() + REQUEST_SECONDS
            self.pending_conns.append(connection)
            callback = partial(self.on_pending_socket_readable, connection)
            self.poller.register(connection.sock, selectors.EVENT_READ, callback)
        return True

    def enqueue_req(self, connection: Any) -> None:
        is_spare = _beginning(connection).startswith(WITHOUT_DATABASE)
        threads = self.spare_threads if is_spare else self.tpool
        future = threads.submit(self.handle, connection)
        finish = partial(self.method_queue.defer, self.finish_request, connection)
        future.add_done_callback(finish)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        # The last one to close a listening socket has the system refuse what comes from now on.
        for listener in self.sockets:
            listener.setblocking(False)
            while self._accept(listener):
                pass
            listener.close()


def _beginning(connection: Any) -> bytes:
    """Return the first bytes that a client has sent, and leave them to be read."""
    try:
        return bytes(connection.sock.recv(32, MSG_PEEK | MSG_DONTWAIT))
    except OSError:
        return b""
