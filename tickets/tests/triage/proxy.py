"""A proxy on loopback: it opens tunnels (CONNECT) and passes plain requests on.

Every host that it is asked for is on loopback, so a test may use a name that only it knows.
"""

import base64
import contextlib
import socket
import threading
import time

from .listening import LoopbackListener

HOST = "model.test"


class FakeProxy(LoopbackListener):
    """`behaviour` is what it does instead of its work, or with the server's answer.

    "refuse" (407), "bad" (502), "garble" (not HTTP), "close", "hang", "drip" (an endless answer
    to CONNECT), "drip_headers", or "drip_answer" (what the server says, a byte at a time).
    """

    def __init__(self, behaviour="", credentials=""):
        super().__init__()
        self.behaviour, self._credentials = behaviour, credentials
        self.requests = []  # the heads, as text
        self.url = f"http://{credentials and credentials + '@'}{self.address}"

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            head, content = _head(client)
            self.requests.append(head)
            if not self._misbehaves(client, head):
                self._pass_on(client, head, content)

    def _misbehaves(self, client, head):
        token = base64.b64encode(self._credentials.encode()).decode()
        refused = self._credentials and f"authorization: basic {token}".lower() not in head.lower()
        if self.behaviour == "refuse" or refused:
            answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            client.sendall(answer)
        elif self.behaviour == "bad":
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        elif self.behaviour == "garble":
            client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        elif self.behaviour == "hang":
            self._closing.wait(60)
        elif self.behaviour in ("drip", "drip_headers"):
            is_head = self.behaviour == "drip_headers"
            client.sendall(b"HTTP/1.1 200 Connected\r\n" if is_head else b"HTTP/1.1 2")
            while not self._closing.wait(0.05):
                client.sendall(b"X-Slow: 1\r\n" if is_head else b"0")
        elif self.behaviour != "close":
            return False
        return True

    def _pass_on(self, client, head, content):
        method, target, _version = head.split("\r\n")[0].split(" ")
        is_tunnel = method == "CONNECT"
        host, _, path = target.removeprefix("http://").partition("/")
        port = int(host.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as server:
            if is_tunnel:
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                server.sendall(head.replace(target, f"/{path}", 1).encode() + b"\r\n\r\n" + content)
            up = threading.Thread(target=self._copy, args=(client, server), daemon=True)
            up.start()
            self._copy(server, client, slowly=self.behaviour == "drip_answer")

    def _copy(self, source, target, slowly=False):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                for part in [bytes([byte]) for byte in data] if slowly else [data]:
                    target.sendall(part)
                    if slowly and self._closing.wait(0.05):
                        return
            target.shutdown(socket.SHUT_WR)


def _head(client):
    data, started = b"", time.monotonic()
    while b"\r\n\r\n" not in data and time.monotonic() - started < 60:
        received = client.recv(65_536)
        if not received:
            raise ConnectionResetError
        data += received
    head, _, content = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), content
