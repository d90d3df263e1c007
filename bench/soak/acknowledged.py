"""What the desk has acknowledged, and the comparison with what it stores."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .client import Client

PATIENCE = 300.0  # seconds
CHECKERS = 4
PREFIX = "Soak"


@dataclass
class Ticket:
    """A ticket that was acknowledged. Its texts map to whether they were acknowledged, too."""

    number: int
    messages: dict[str, bool] = field(default_factory=dict)
    files: dict[str, bool] = field(default_factory=dict)  # by name, which is its content


@dataclass
class Comparison:
    tickets: int = 0
    messages: int = 0
    files: int = 0
    mails: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


class Acknowledged:
    """Of all clients. A ticket is sent again under its key until it is acknowledged, a mail until
    it is taken. Messages and files are sent once: without an answer nobody knows about them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.tickets: dict[str, Ticket] = {}  # by title
        self.mails: set[str] = set()  # subjects that were taken

    def ticket(self, title: str, number: int) -> Ticket:
        with self._lock:
            return self.tickets.setdefault(title, Ticket(number))

    def mail(self, subject: str) -> None:
        with self._lock:
            self.mails.add(subject)

    def compare(self, client: Client) -> Comparison:
        """Compare all of it with what the API returns."""
        result = Comparison(len(self.tickets), mails=len(self.mails))
        titles = Counter(title for title in stored_titles(client) if title.startswith(PREFIX))
        for title in [*self.tickets, *self.mails]:
            _count(result, titles[title], True, title)
        for title, count in titles.items():
            if title not in self.tickets and title not in self.mails:
                _count(result, count, False, title)
        with ThreadPoolExecutor(CHECKERS) as pool:
            for part in pool.map(lambda ticket: compare(client, ticket), self.tickets.values()):
                result.messages += part.messages
                result.files += part.files
                result.lost += part.lost
                result.doubled += part.doubled
        return result


def compare(client: Client, ticket: Ticket) -> Comparison:
    """Compare the messages and files of one ticket. The content of a file is its name."""
    path = f"/api/tickets/{ticket.number}"
    result = Comparison()
    result.messages = sum(ticket.messages.values())
    result.files = sum(ticket.files.values())
    comments = client.until_success("GET", f"{path}/comments/", PATIENCE).json()
    bodies = Counter(comment["body"] for comment in comments)
    for body, is_acknowledged in dict(ticket.messages).items():
        _count(result, bodies[body], is_acknowledged, f"{ticket.number}: {body}")
    files = client.until_success("GET", f"{path}/attachments/", PATIENCE).json()
    names = Counter(file["name"] for file in files)
    for name, is_acknowledged in dict(ticket.files).items():
        _count(result, names[name], is_acknowledged, f"{ticket.number}: {name}")
    for file in files:
        content = client.until_success("GET", f"{path}/attachments/{file['uuid']}/", PATIENCE).body
        if content != content_of(file["name"]):
            result.lost.append(f"{ticket.number}: content of {file['name']}")
    return result


def content_of(name: str) -> bytes:
    return f"{name}\n".encode() * 100


def _count(result: Comparison, count: int, is_acknowledged: bool, what: str) -> None:
    if is_acknowledged and count == 0:
        result.lost.append(what)
    if count > 1:
        result.doubled.append(what)


def stored_titles(client: Client) -> Iterator[str]:
    """Yield the titles of all tickets, page by page."""
    path: str | None = "/api/tickets/?limit=500"
    while path:
        answer: Any = client.until_success("GET", path, PATIENCE)
        yield from (ticket["title"] for ticket in answer.json())
        link = re.search(r'<[^>]*?(/api/[^>]*)>; rel="next"', answer.headers.get("Link", ""))
        path = link[1] if link else None
