"""Whole tasks without a mouse. After each key some element must have the focus.

The longer tasks are in the browser tests; these run on a desk with many tickets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from playwright.sync_api import Error, Page, expect

from . import steps
from .browser import Visitors
from .results import Figure

FOCUS_TIMEOUT = 10  # seconds for the focus to return after a swap
HAS_FOCUS = "document.activeElement && document.activeElement !== document.body"


class Keyboard:
    """Presses keys, counts them, and records when the focus is lost."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0
        self.lost: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1
            self.check_focus(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.presses += len(text)

    def tab_to(self, target: str) -> None:
        """Press Tab until the element of this selector has the focus."""
        for _ in range(80):
            if self.page.evaluate("(target) => document.activeElement.matches(target)", target):
                return
            # Not checked: after the last control the browser itself gets the focus.
            self.page.keyboard.press("Tab")
            self.presses += 1
        raise AssertionError(f"Tab does not reach {target}.")

    def skip_to_content(self) -> None:
        self.tab_to(".skip")
        self.press("Enter")

    def check_focus(self, key: str) -> None:
        """Record the key if no element has the focus for longer than a swap takes."""
        deadline = time.monotonic() + FOCUS_TIMEOUT
        while time.monotonic() < deadline:
            if self.page.evaluate(HAS_FOCUS):
                return
            self.page.wait_for_timeout(50)
        self.lost.append(f"The focus was lost after {key}, at {self.page.url}")


def submit(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.skip_to_content()
    keyboard.tab_to("[name=requester_email]")
    keyboard.write("kim@example.com")
    keyboard.tab_to("[name=description]")
    keyboard.write(steps.PROBLEM)
    steps.expect_suggestion(page, "suggested")
    keyboard.tab_to("[name=title]")
    keyboard.write("Charged twice")
    keyboard.tab_to("button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")


def change_and_undo(keyboard: Keyboard) -> None:
    """Open a ticket from the list, change its status and undo that."""
    page = keyboard.page
    keyboard.skip_to_content()
    keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*/")
    status = page.get_by_role("combobox", name="Status")
    before = status.input_value()
    keyboard.tab_to("select[name=status]")
    keyboard.press("ArrowUp" if before == "closed" else "ArrowDown")
    steps.expect_toast(page, "now")
    expect(status).not_to_have_value(before)
    keyboard.tab_to("[data-undo] button")
    keyboard.press("Enter")
    expect(status).to_have_value(before)


def review(keyboard: Keyboard) -> None:
    """Decide three times, without waiting in between."""
    page = keyboard.page
    keyboard.skip_to_content()
    for key in ("Enter", "b", "Enter"):
        before = page.locator("main").inner_text()
        keyboard.press(key)
        expect(page.locator("main")).not_to_have_text(before, use_inner_text=True)


TASKS: list[tuple[str, str, str, Callable[[Keyboard], None]]] = [
    ("submit", "anyone", "/", submit),
    ("list", "agent", "/tickets/", change_and_undo),
    ("review", "agent", "/tickets/review/", review),
]


def measure(visitors: Visitors, names: list[str]) -> Iterator[Figure]:
    for name, user, path, task in TASKS:
        if names and name not in names:
            continue
        with visitors.window(user) as page:
            page.goto(path)
            keyboard = Keyboard(page)
            try:
                task(keyboard)
            except (Error, AssertionError) as error:
                keyboard.lost.append(f"After {keyboard.presses} keys: {str(error).strip()[:600]}")
            yield Figure(
                name, "keyboard only: lost", len(keyboard.lost), 0, detail="\n".join(keyboard.lost)
            )
            yield Figure(name, "keyboard only: keys", keyboard.presses)
