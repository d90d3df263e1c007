"""What people do on a page, with real keys and clicks: only those count as interactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from . import steps
from .steps import Facts

KEY_DELAY = 60  # milliseconds
# Milliseconds until the result is on the screen. Playwright's own scripts in the page would delay
# that frame by 150 ms and more, which would count as the page's time.
PAINT_DELAY = 300


@dataclass(frozen=True)
class Gesture:
    page: str
    name: str
    path: str
    perform: Callable[[Page, Facts], None]
    user: str = "agent"


def type_problem(page: Page, facts: Facts) -> None:
    page.get_by_label("What is the problem?").press_sequentially(steps.PROBLEM, delay=KEY_DELAY / 3)
    steps.expect_suggestion(page, "suggested")


def search(page: Page, facts: Facts) -> None:
    page.get_by_role("searchbox").press_sequentially("invoice", delay=KEY_DELAY)
    page.wait_for_url("**search=invoice**")


def filter_by_key(page: Page, facts: Facts) -> None:
    page.get_by_label("Category").first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**category=**")


def filter_by_click(page: Page, facts: Facts) -> None:
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Open").click()
    page.wait_for_url("**status=open**")


def change_in_row(page: Page, facts: Facts) -> None:
    """Close the first ticket with the keys of the menu, and the second by two clicks."""
    page.locator("main").focus()
    for key in ("j", "s", "End", "Enter"):
        page.keyboard.press(key, delay=KEY_DELAY)
        page.wait_for_timeout(PAINT_DELAY)
    page.get_by_role("button", name="Status of").nth(1).click(delay=KEY_DELAY)
    page.wait_for_timeout(PAINT_DELAY)
    page.get_by_role("option", name="Closed").click(delay=KEY_DELAY)
    page.wait_for_timeout(PAINT_DELAY)
    expect(page.locator("#toasts .toast")).to_have_count(2)


def change_status(page: Page, facts: Facts) -> None:
    status = page.locator("select[name=status]").first
    status.focus()
    page.keyboard.press("ArrowUp" if status.input_value() == "closed" else "ArrowDown")
    page.wait_for_timeout(PAINT_DELAY)
    expect(page.locator("#toasts")).to_contain_text("now")


def move_and_select(page: Page, facts: Facts) -> None:
    page.locator("main").focus()
    for key in ("j", "x", "j", "x", "j", "x", "k"):
        page.keyboard.press(key, delay=KEY_DELAY)
    page.wait_for_timeout(PAINT_DELAY)
    expect(page.get_by_role("row").get_by_role("checkbox", checked=True)).to_have_count(3)


def open_shortcuts(page: Page, facts: Facts) -> None:
    page.locator("main").press("?")
    page.wait_for_timeout(PAINT_DELAY)
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_timeout(PAINT_DELAY)


def write_reply(page: Page, facts: Facts) -> None:
    page.locator("textarea[name=body]").press_sequentially(steps.PROBLEM, delay=KEY_DELAY / 3)


def review_ticket(page: Page, facts: Facts) -> None:
    page.locator("main").focus()
    for key in ("b", "3", "Enter"):
        page.keyboard.press(key, delay=KEY_DELAY)
        page.wait_for_timeout(400)


GESTURES = [
    Gesture("submit", "typing until the suggestion", "/", type_problem, "anyone"),
    Gesture("requester", "typing a reply", "{requester}", write_reply, "anyone"),
    Gesture("list", "searching", "/tickets/", search),
    Gesture("list", "filtering by key", "/tickets/", filter_by_key),
    Gesture("list", "filtering by click", "/tickets/", filter_by_click),
    Gesture("list", "changing a status", "/tickets/?status=open", change_in_row),
    Gesture("list", "moving and selecting", "/tickets/", move_and_select),
    Gesture("list", "opening the shortcuts", "/tickets/", open_shortcuts),
    Gesture("ticket", "typing a reply", "/tickets/{ticket}/", write_reply),
    Gesture("ticket", "changing the status", "/tickets/{spare[2]}/", change_status),
    Gesture("review", "reviewing", "/tickets/review/", review_ticket),
    Gesture("dashboard", "opening the table", "/dashboard/", steps.open_tables),
]
