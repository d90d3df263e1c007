"""Whether a page stands still, and how fast it answers hands: CLS and INP.

See web.dev/articles/cls and web.dev/articles/inp for what the two count.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import Any

from playwright.sync_api import Error, Page

from . import gestures
from .browser import WIDTHS, Complaints, Visitors
from .gestures import Gesture
from .results import MISSING, Figure

CLS = 0.01
INP = {1: 100, 4: 200}  # at a fraction of the speed: milliseconds
ROUNDS = 3
OBSERVER = """
    window.observed = { shifts: [], events: [] };
    new PerformanceObserver((list) => {
        for (const { startTime, value, hadRecentInput, sources } of list.getEntries()) {
            const node = sources[0]?.node;
            const part = node?.cloneNode && (node.outerHTML ? node : node.parentElement);
            const where = part ? part.cloneNode().outerHTML.slice(0, 80) : "";
            observed.shifts.push({ startTime, value, hadRecentInput, where });
        }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
        for (const { interactionId, duration, name } of list.getEntries()) {
            observed.events.push({ interactionId, duration, name });
        }
    }).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
# Entries arrive with the frame after the next one.
SETTLED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))"


def watch(page: Page) -> None:
    """Note layout shifts and interactions of every document that this window will show."""
    page.add_init_script(OBSERVER)


def observed(page: Page) -> dict[str, Any]:
    page.evaluate(SETTLED)
    found: dict[str, Any] = page.evaluate("window.observed")
    return found


def steadiness(page: str, look: str, shifts: list[dict[str, Any]]) -> Figure:
    """CLS, with the parts that moved furthest."""
    worst = sorted(shifts, key=lambda shift: -shift["value"])[:3]
    moved = [f"{shift['value']:.4f} {shift['where']}" for shift in worst]
    detail = "\n".join(["Moved:", *moved])
    return Figure(page, "CLS", cumulative_shift(shifts), CLS, look=look, detail=detail)


def cumulative_shift(shifts: Iterable[dict[str, Any]]) -> float:
    """The worst session window: gaps under 1 s, 5 s at most, shifts right after input left out."""
    worst = total = 0.0
    first = last = float("-inf")
    for shift in shifts:
        if shift["hadRecentInput"]:
            continue
        at = shift["startTime"]
        if at - last >= 1000 or at - first >= 5000:
            first, total = at, 0.0
        total += shift["value"]
        last = at
        worst = max(worst, total)
    return round(worst, 4)


def slowest_interaction(events: Iterable[dict[str, Any]]) -> float:
    """Milliseconds; what is under the 16 that a browser reports at all counts as 16."""
    taken = [event["duration"] for event in events if event["interactionId"]]
    return float(max(taken, default=16))


def measure(visitors: Visitors, names: list[str]) -> Iterator[Figure]:
    for gesture in gestures.GESTURES:
        if names and gesture.page not in names:
            continue
        for slowdown, limit in INP.items():
            found = list(felt(visitors, gesture, slowdown, limit))
            yield from found
            if found[0].name == MISSING:
                break


def felt(visitors: Visitors, gesture: Gesture, slowdown: int, limit: float) -> Iterator[Figure]:
    """INP as the median of some rounds, since other work on the machine disturbs it, and CLS."""
    look = gesture.name if slowdown == 1 else f"{gesture.name}, 1/{slowdown} of the speed"
    try:
        rounds = [once(visitors, gesture, slowdown) for _ in range(ROUNDS)]
    except (Error, AssertionError) as error:
        yield Figure(gesture.page, MISSING, 1, 0, look=look, detail=str(error).strip()[:600])
        return
    times = [slowest_interaction(found["events"]) for found in rounds]
    detail = f"INP {look}: {times} ms"
    yield Figure(
        gesture.page, "INP", statistics.median(times), limit, unit="ms", look=look, detail=detail
    )
    yield Figure(gesture.page, "worst INP", max(times), unit="ms", look=look)
    shifts = max((found["shifts"] for found in rounds), key=cumulative_shift)
    yield steadiness(gesture.page, look, shifts)


def once(visitors: Visitors, gesture: Gesture, slowdown: int) -> dict[str, Any]:
    """The shifts and events of one round."""
    with visitors.window(gesture.who, WIDTHS["wide"], reduced_motion="no-preference") as page:
        Complaints(page)
        watch(page)
        page.goto(gesture.path.format(**visitors.desk.facts), wait_until="load")
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        gesture.make(page, visitors.desk.facts)
        return observed(page)
