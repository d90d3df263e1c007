"""A server that answers with the bytes that a test sets, for what no proper service sends."""

import json
import time

from .listening import LoopbackListener


class Canned(LoopbackListener):
    """Answer each request with the next of `answers`, and all later ones with the last.

    An answer is bytes, sent as they are, or a list of bytes, sent with `pause` seconds between.
    """

    def __init__(self, *answers, pause=0.05, tls=None):
        super().__init__()
        self.answers, self.pause, self._tls = list(answers), pause, tls
        self.requests = []
        self.url = f"http://{self.address}"

    def _serve(self, connection):
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
        except OSError:
            return
        with connection, connection.makefile("rb") as stream:
            try:
                while request := _request(stream):
                    self.requests.append(request)
                    answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                    self._send(connection, answer)
            except OSError:
                return

    def _send(self, connection, answer):
        for part in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(part)
            if part is not answer and self._closing.wait(self.pause):
                return


def _request(stream):
    """Return the head and body of a request; empty if the client has disconnected."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    sizes = [line.split(b":")[1] for line in head.lower().splitlines() if b"content-length" in line]
    return head + stream.read(int(sizes[0]) if sizes else 0)


def answer(body, status="200 OK", *headers):
    """Return a complete HTTP response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def chunked(content, *headers):
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *headers, "", ""]
    parts = [content[at : at + 7] for at in range(0, len(content), 7)] + [b""]
    return "\r\n".join(lines).encode() + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts)


def wait_until(condition, seconds=20):
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.02)
    assert condition()


def chat(content, finish="stop", usage=None, **message):
    choice = {"message": {"role": "assistant", "content": content, **message}}
    return {"choices": [choice | {"finish_reason": finish}], "usage": usage}


def gemini(parts, finish="STOP", **more):
    content = {"content": {"parts": parts, "role": "model"}}
    return {"candidates": [content | ({"finishReason": finish} if finish else {})], **more}


def anthropic(text, stop="end_turn", usage=None):
    content = [{"type": "text", "text": text}] if text else []
    return {"type": "message", "content": content, "stop_reason": stop, "usage": usage}


def answer_of(name, text="{}"):
    """Return the response of a provider's service."""
    if name.startswith("gemini"):
        return answer(gemini([{"text": text}]))
    return answer(anthropic(text) if name == "anthropic" else chat(text))


def refusal(message, parameter=None, code=None):
    return answer(
        {"error": {"message": message, "param": parameter, "code": code}}, "400 Bad Request"
    )
