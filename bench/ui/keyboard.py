"""Whole tasks without a mouse. After each key something must hold the focus.

The browser tests hold the long ones; these are walked on the full desk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from playwright.sync_api import Error, Page, expect

from . import steps
from .browser import Visitors
from .results import Figure

PATIENCE = 10  # seconds for the focus to come back after a swap
FOCUSED = "document.activeElement && document.activeElement !== document.body"


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0
        self.lost: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1
            self.look(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.presses += len(text)

    def tab_to(self, target: str) -> None:
        """Press Tab until what this selector names has the focus."""
        for _ in range(80):
            if self.page.evaluate("(target) => document.activeElement.matches(target)", target):
                return
            # Not looked at: behind the last control comes the browser itself.
            self.page.keyboard.press("Tab")
            self.presses += 1
        raise AssertionError(f"Tab does not reach {target}.")

    def skip_to_content(self) -> None:
        self.tab_to(".skip")
        self.press("Enter")

    def look(self, key: str) -> None:
        """Note a key after which nothing holds the focus, for longer than a swap takes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.page.evaluate(FOCUSED):
                return
            self.page.wait_for_timeout(50)
        self.lost.append(f"The focus was lost after {key}, at {self.page.url}")


def submit(keys: Keyboard) -> None:
    page = keys.page
    keys.skip_to_content()
    keys.tab_to("[name=requester_email]")
    keys.write("kim@example.com")
    keys.tab_to("[name=description]")
    keys.write(steps.PROBLEM)
    steps.suggestion(page, "suggested")
    keys.tab_to("[name=title]")
    keys.write("Charged twice")
    keys.tab_to("button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")


def list_to_undo(keys: Keyboard) -> None:
    """List, open, status, undo."""
    page = keys.page
    keys.skip_to_content()
    keys.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*/")
    status = page.get_by_role("combobox", name="Status")
    before = status.input_value()
    keys.tab_to("select[name=status]")
    keys.press("ArrowUp" if before == "closed" else "ArrowDown")
    steps.toast(page, "now")
    expect(status).not_to_have_value(before)
    keys.tab_to("[data-undo] button")
    keys.press("Enter")
    expect(status).to_have_value(before)


def review(keys: Keyboard) -> None:
    """Three decisions, as fast as they come."""
    page = keys.page
    keys.skip_to_content()
    for key in ("Enter", "b", "Enter"):
        before = page.locator("main").inner_text()
        keys.press(key)
        expect(page.locator("main")).not_to_have_text(before, use_inner_text=True)


TASKS: list[tuple[str, str, str, Callable[[Keyboard], None]]] = [
    ("submit", "anyone", "/", submit),
    ("list", "agent", "/tickets/", list_to_undo),
    ("review", "agent", "/tickets/review/", review),
]


def measure(visitors: Visitors, names: list[str]) -> Iterator[Figure]:
    for name, who, path, task in TASKS:
        if names and name not in names:
            continue
        with visitors.window(who) as page:
            page.goto(path)
            keys = Keyboard(page)
            try:
                task(keys)
            except (Error, AssertionError) as error:
                keys.lost.append(f"After {keys.presses} keys: {str(error).strip()[:600]}")
            yield Figure(
                name, "keyboard only: lost", len(keys.lost), 0, detail="\n".join(keys.lost)
            )
            yield Figure(name, "keyboard only: keys", keys.presses)
