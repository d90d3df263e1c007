"""A server in front of Dovecot that does not hand out some messages, as busy or broken ones do."""

import re
import socket
import socketserver
import threading

FETCH = re.compile(rb"(\S+) UID FETCH (\S+) \((BODY[^)\s]+)")


class RefusingServer(socketserver.ThreadingTCPServer):
    """Passes everything on, but for FETCH of messages for which `refuses(uid, part)` is true."""

    allow_reuse_address = daemon_threads = True
    host = "127.0.0.1"
    text = "[UNAVAILABLE] Try again later"

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target
        self.refuses = lambda _uid, _part: False
        self.requests = []  # parts, with the UIDs as they were sent
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def answer_to(self, line):
        """Return the answer to a line, b"" if the server behind has to give it."""
        match = FETCH.match(line)
        if match is None:
            return b""
        tag, uids, part = match.groups()
        self.requests.append((uids.decode(), part.decode()))
        if any(self.refuses(uid, part.decode()) for uid in _numbers(uids.decode())):
            return tag + b" NO " + self.text.encode() + b"\r\n"
        return b""


class _Connection(socketserver.StreamRequestHandler):
    def handle(self):
        with socket.create_connection(self.server.target) as behind:
            threading.Thread(target=self._pass_back, args=[behind], daemon=True).start()
            for line in self.rfile:
                if answer := self.server.answer_to(line):
                    self.wfile.write(answer)
                else:
                    behind.sendall(line)

    def _pass_back(self, behind):
        try:
            while data := behind.recv(65536):
                self.wfile.write(data)
        except (OSError, ValueError):
            pass  # the client has gone


def _numbers(uids):
    for part in uids.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)
