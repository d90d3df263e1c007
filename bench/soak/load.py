"""Clients that use the desk all the time: they create, answer, note, attach, read and send mail."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.mail import ways

from .acknowledged import PREFIX, Acknowledged, compare, content_of
from .client import Answer, Beat, Client

CLIENTS, MAILERS = 4, 2
PATIENCE = 300.0  # seconds
PAUSE = 0.05  # seconds between two requests of a client


class Load:
    """The clients, what was acknowledged to them, and what they saw go wrong."""

    def __init__(self, port: int, by_way: dict[str, ways.Deliver | None], lmtp_port: int) -> None:
        self.port, self.by_way, self.lmtp_port = port, by_way, lmtp_port
        self.acknowledged = Acknowledged()
        self.http, self.worker = Beat(), Beat()
        self.problems: list[str] = []
        self._ended = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Use the desk until the end of the block. Then raise what a client has raised."""
        threads = [threading.Thread(target=self._run, args=[self._work, n]) for n in range(CLIENTS)]
        threads += [
            threading.Thread(target=self._run, args=[self._mail, n]) for n in range(MAILERS)
        ]
        threads.append(threading.Thread(target=self._probe))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _run(self, cycle, number):  # type: ignore[no-untyped-def]
        count = 0
        while not self._ended.is_set() and not self.problems:
            try:
                cycle(number, count)
            except (RuntimeError, ValueError, KeyError) as error:
                self.problems.append(repr(error))
            count += 1

    def _work(self, number: int, count: int) -> None:
        """Create a ticket, add to it, and compare an earlier one with what was acknowledged."""
        client = Client(self.port, self.http)
        title = f"{PREFIX} {number}-{count}"
        body = {"title": title, "description": f"The export {title} fails with an error."}
        key = {"Idempotency-Key": title.replace(" ", "-")}
        answer = client.until_success("POST", "/api/tickets/", PATIENCE, body=body, **key)
        ticket = self.acknowledged.ticket(title, answer.json()["id"])
        path = f"/api/tickets/{ticket.number}"
        for text, is_public in ((f"Reply to {title}", True), (f"Note on {title}", False)):
            self._ended.wait(PAUSE)
            ticket.messages[text] = False
            answer = client.ask("POST", f"{path}/comments/", {"body": text, "public": is_public})
            self._note(ticket.messages, text, answer)
        self._ended.wait(PAUSE)
        name = f"{title}.txt"
        ticket.files[name] = False
        answer = client.upload(f"{path}/attachments/", name, content_of(name))
        self._note(ticket.files, name, answer)
        earlier = random.choice(list(self.acknowledged.tickets.values()))
        if earlier.files and all(earlier.files.values()) and all(earlier.messages.values()):
            result = compare(client, earlier)
            self.problems += [f"lost: {what}" for what in result.lost]
            self.problems += [f"doubled: {what}" for what in result.doubled]

    def _note(self, texts: dict[str, bool], text: str, answer: Answer) -> None:
        """Note whether it was acknowledged. No answer and 503 leave that open."""
        if answer.status == 201:
            texts[text] = True
        elif answer.status not in (0, 503):
            raise RuntimeError(f"{text}: {answer.status} {answer.body[:300]!r}")

    def _mail(self, number: int, count: int) -> None:
        """Send a message until the desk has taken it, as mail servers do."""
        subject = f"{PREFIX} mail {number}-{count}"
        name = ways.chosen(count, self.by_way)
        send = self.by_way[name]
        assert send is not None
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                send(message(subject))
                self.acknowledged.mail(subject)
                break
            except (ways.Refused, OSError) as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{subject} by {name}: {error!r}") from error
            time.sleep(0.2)
        self._ended.wait(4 * PAUSE)

    def _probe(self) -> None:
        """Ask whether the worker takes mail."""
        while not self._ended.wait(PAUSE):
            started = time.monotonic()
            if ways.greets(self.lmtp_port):
                self.worker.note(started)


def message(subject: str) -> bytes:
    name = subject.replace(" ", "-").lower()
    return (
        f"From: Person <{name}@example.org>\r\nTo: support@desk.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <{name}@soak.example>\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\n\r\n"
        f"The export fails: {subject}.\r\n"
    ).encode()
