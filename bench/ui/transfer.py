"""What a first visit costs: bytes as they come over the wire, headers included, and requests."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Visitors
from .pages import WEIGHTS, State
from .results import Figure

KILOBYTE = 1000


def measure(visitors: Visitors, states: list[State]) -> Iterator[Figure]:
    for state in states:
        size, requests = weight(visitors, state)
        most, most_requests = WEIGHTS.get(state.name, (None, None))
        yield Figure(state.name, "transfer", size / KILOBYTE, most, unit="KB")
        yield Figure(state.name, "requests", requests, most_requests)


def weight(visitors: Visitors, state: State) -> tuple[int, int]:
    """Bytes and requests of this page with an empty cache."""
    with visitors.window(state.who, mode=state.mode) as page:
        session = page.context.new_cdp_session(page)
        sizes: list[int] = []
        session.on("Network.loadingFinished", lambda end: sizes.append(end["encodedDataLength"]))
        session.send("Network.enable")
        page.goto(state.address(visitors.desk.facts), wait_until="networkidle")
        return int(sum(sizes)), len(sizes)
