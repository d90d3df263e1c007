"""Measure a first visit: bytes over the wire, headers included, and requests."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import Visitors
from .pages import TRANSFER_LIMITS, State
from .results import Figure

KILOBYTE = 1000


def measure(visitors: Visitors, states: list[State]) -> Iterator[Figure]:
    for state in states:
        size, requests = visit_size(visitors, state)
        max_size, max_requests = TRANSFER_LIMITS.get(state.name, (None, None))
        yield Figure(state.name, "transfer", size / KILOBYTE, max_size, unit="KB")
        yield Figure(state.name, "requests", requests, max_requests)


def visit_size(visitors: Visitors, state: State) -> tuple[int, int]:
    """Return the bytes and requests of this page with an empty cache."""
    with visitors.window(state.user, mode=state.mode) as page:
        session = page.context.new_cdp_session(page)
        sizes: list[int] = []
        session.on(
            "Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"])
        )
        session.send("Network.enable")
        page.goto(state.address(visitors.desk.facts), wait_until="networkidle")
        return int(sum(sizes)), len(sizes)
