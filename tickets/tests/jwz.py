"""Threading as mail programs do it: the algorithm of https://www.jwz.org/doc/threading.html."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

MESSAGE_ID = re.compile(r"<[^<>\s]+>")
REPLY = re.compile(r"(?:re(?:\[\d+\])?:\s*)+", re.I)


@dataclass(eq=False)
class Container:
    """A place in the tree. Without a message it stands for one that never came."""

    message: EmailMessage | None = None
    parent: Container | None = None
    children: list[Container] = field(default_factory=list)

    def above(self) -> Iterator[Container]:
        """Yield this container and those above it."""
        container: Container | None = self
        while container is not None:
            yield container
            container = container.parent

    def adopt(self, child: Container) -> None:
        if child in self.above() or self in child.above():
            return  # steps 1.B and 1.C: never a loop
        if child.parent is not None:
            child.parent.children.remove(child)
        child.parent = self
        self.children.append(child)

    def part(self) -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None


def threads(messages: Iterable[EmailMessage]) -> list[Container]:
    """Return the roots of the trees of these messages."""
    table: dict[str, Container] = {}
    for message in messages:
        [own] = MESSAGE_ID.findall(message["Message-ID"])
        container = table.setdefault(own, Container())
        container.message = message
        previous = None
        for each in references(message):
            reference = table.setdefault(each, Container())
            if previous is not None and reference.parent is None:
                previous.adopt(reference)
            previous = reference
        container.part()
        if previous is not None:
            previous.adopt(container)
    roots = [each for each in table.values() if each.parent is None]
    return by_subject([each for root in roots for each in pruned(root)])


def references(message: EmailMessage) -> list[str]:
    """Return the ids in References; without that header the first one in In-Reply-To."""
    listed = MESSAGE_ID.findall(message["References"] or "")
    return listed or MESSAGE_ID.findall(message["In-Reply-To"] or "")[:1]


def pruned(container: Container) -> list[Container]:
    """Step 4: leave out containers without a message, and lift their children."""
    children = [each for child in container.children for each in pruned(child)]
    container.children = children
    for each in children:
        each.parent = container
    if container.message is None and (container.parent is not None or len(children) <= 1):
        for each in children:
            each.parent = container.parent
        return children
    return [container]


def by_subject(roots: list[Container]) -> list[Container]:
    """Step 5: join what has one subject and no reference to each other."""
    first: dict[str, Container] = {}
    joined = []
    for root in roots:
        subject = subject_of(root)
        base = REPLY.sub("", subject, count=1)
        if base and base in first and subject != base:
            first[base].adopt(root)
        else:
            first.setdefault(base, root)
            joined.append(root)
    return joined


def subject_of(container: Container) -> str:
    if container.message is not None:
        return str(container.message["Subject"] or "").strip()
    return subject_of(container.children[0])


def chain(root: Container) -> list[EmailMessage | None]:
    """Return the messages of a thread in which each answers the one before."""
    messages = [root.message]
    while root.children:
        [root] = root.children
        messages.append(root.message)
    return messages
