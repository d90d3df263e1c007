"""Hold half-open connections: `python -m bench.soak.half_open PORT COUNT ADDRESSES`.

Half of them send nothing, half of them half a request, each from one of so many loopback addresses.
One that the server closes is opened again. Prints a line once all are open.
"""

from __future__ import annotations

import resource
import selectors
import socket
import sys
from contextlib import suppress

HALF = b"GET / HTTP/1.1\r\nHost: desk\r\nX-Half: "


def main(port: int, count: int, addresses: int) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with selectors.DefaultSelector() as selector:
        for number in range(count):
            _open(selector, port, number, addresses)
        print(f"{count} connections", flush=True)
        while True:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                with suppress(OSError):
                    if key.fileobj.recv(4096):
                        continue
                selector.unregister(key.fileobj)
                key.fileobj.close()
                _open(selector, port, key.data, addresses)


def _open(selector: selectors.BaseSelector, port: int, number: int, addresses: int) -> None:
    part = number % addresses
    source = f"127.1.{part // 250}.{part % 250 + 1}"
    while True:
        with suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
            break
    if number % 2:
        with suppress(OSError):
            connection.sendall(HALF)
    connection.setblocking(False)
    selector.register(connection, selectors.EVENT_READ, number)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
