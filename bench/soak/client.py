"""A client of the desk's API: one connection per request, so that nothing outlives a process."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 60.0  # seconds
BOUNDARY = "soak"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return json.loads(self.body)


NO_ANSWER = Answer(0, b"", {})


@dataclass
class Client:
    """Sends requests, and tells `beat` of those that succeed."""

    port: int
    beat: Beat | None = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Return the answer, or NO_ANSWER if there was none, or half of one."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **headers}
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read(), dict(response.headers))
        except (OSError, http.client.HTTPException):
            return NO_ANSWER
        finally:
            connection.close()
        if self.beat and answer.is_success:
            self.beat.note(started)
        return answer

    def until_success(self, method: str, path: str, seconds: float, **options: Any) -> Answer:
        """Send it again until it succeeds. Raise RuntimeError if it does not in so many seconds."""
        deadline = time.monotonic() + seconds
        while not (answer := self.ask(method, path, **options)).is_success:
            if answer.status not in (0, 503) or time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
            time.sleep(0.1)
        return answer

    def upload(self, path: str, name: str, content: bytes) -> Answer:
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"--{BOUNDARY}\r\n{head}\r\n".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.ask("POST", path, body, **kind)


@dataclass
class Beat:
    """When requests succeeded, for those who wait for the desk to answer again."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _successes: list[tuple[float, float]] = field(default_factory=list)
    count: int = 0

    def note(self, started: float) -> None:
        with self._changed:
            self.count += 1
            self._successes.append((started, time.monotonic()))
            del self._successes[:-200]
            self._changed.notify_all()

    def first_after(self, moment: float, patience: float) -> float | None:
        """Return when the first request succeeded that began after a moment; None if none did."""

        def first() -> float | None:
            ends = [end for started, end in self._successes if started > moment]
            return min(ends, default=None)

        with self._changed:
            self._changed.wait_for(lambda: first() is not None, patience)
            return first()
