"""Whether a page's layout is stable and how fast it responds: CLS and INP.

Defined in web.dev/articles/cls and web.dev/articles/inp.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import Any

from playwright.sync_api import Error, Page

from . import gestures
from .browser import WIDTHS, Visitors
from .gestures import Gesture
from .results import MISSING, Figure

MAX_CLS = 0.01
MAX_INP = {1: 100, 4: 200}  # milliseconds by CPU slowdown
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
NEXT_FRAMES = "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 150)))"


def watch(page: Page) -> None:
    """Record layout shifts and interactions of every document that this window shows."""
    page.add_init_script(OBSERVER)


def observed(page: Page) -> dict[str, Any]:
    """Return the recorded shifts and events of the current document."""
    page.evaluate(NEXT_FRAMES)
    entries: dict[str, Any] = page.evaluate("window.observed")
    return entries


def layout_shift(page: str, look: str, shifts: list[dict[str, Any]]) -> Figure:
    """Return the CLS, with the elements that moved furthest."""
    worst = sorted(shifts, key=lambda shift: -shift["value"])[:3]
    moved = [f"{shift['value']:.4f} {shift['where']}" for shift in worst]
    detail = "\n".join(["Moved:", *moved])
    return Figure(page, "CLS", cumulative_shift(shifts), MAX_CLS, look=look, detail=detail)


def cumulative_shift(shifts: Iterable[dict[str, Any]]) -> float:
    """Return the worst session window: gaps under 1 s, 5 s at most, without shifts after input."""
    worst = total = 0.0
    window_start = last = float("-inf")
    for shift in shifts:
        if shift["hadRecentInput"]:
            continue
        time = shift["startTime"]
        if time - last >= 1000 or time - window_start >= 5000:
            window_start, total = time, 0.0
        total += shift["value"]
        last = time
        worst = max(worst, total)
    return round(worst, 4)


def slowest_interaction(events: Iterable[dict[str, Any]]) -> float:
    """Return milliseconds, at least 16: browsers do not report shorter interactions."""
    durations = [event["duration"] for event in events if event["interactionId"]]
    return float(max(durations, default=16))


def measure(visitors: Visitors, names: list[str]) -> Iterator[Figure]:
    for gesture in gestures.GESTURES:
        if names and gesture.page not in names:
            continue
        for slowdown, limit in MAX_INP.items():
            figures = list(measure_gesture(visitors, gesture, slowdown, limit))
            yield from figures
            if figures[0].name == MISSING:
                break


def measure_gesture(
    visitors: Visitors, gesture: Gesture, slowdown: int, limit: float
) -> Iterator[Figure]:
    """Yield the INP, as a median since other load on the machine affects it, and the CLS."""
    look = gesture.name if slowdown == 1 else f"{gesture.name}, 1/{slowdown} of the speed"
    try:
        rounds = [perform(visitors, gesture, slowdown) for _ in range(ROUNDS)]
    except (Error, AssertionError) as error:
        yield Figure(gesture.page, MISSING, 1, 0, look=look, detail=str(error).strip()[:600])
        return
    times = [slowest_interaction(entries["events"]) for entries in rounds]
    detail = f"INP {look}: {times} ms"
    yield Figure(
        gesture.page, "INP", statistics.median(times), limit, unit="ms", look=look, detail=detail
    )
    yield Figure(gesture.page, "worst INP", max(times), unit="ms", look=look)
    shifts = max((entries["shifts"] for entries in rounds), key=cumulative_shift)
    yield layout_shift(gesture.page, look, shifts)


def perform(visitors: Visitors, gesture: Gesture, slowdown: int) -> dict[str, Any]:
    """Perform the gesture once. Return the recorded shifts and events."""
    with visitors.window(gesture.user, WIDTHS["wide"], reduced_motion="no-preference") as page:
        watch(page)
        page.goto(gesture.path.format(**visitors.desk.facts), wait_until="load")
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        gesture.perform(page, visitors.desk.facts)
        return observed(page)
