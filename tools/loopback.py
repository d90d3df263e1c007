"""HTTP servers for tests and demos, on loopback only."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class LoopbackServer:
    """Runs an HTTP server, in a thread of its own with `with`. `http` is made by the subclass."""

    http: ThreadingHTTPServer

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.http.server_address[1]}"

    def serve(self) -> None:
        """Serve in the current thread until `close` is called."""
        self.http.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, name=type(self).__name__, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
