"""The steps that bring a page into a state."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import FilePayload, Page, expect

Facts = dict[str, Any]  # the tickets that `sample_data.py` prints
CLASSIFY = "**/api/tickets/classify*"
PROBLEM = "I was charged twice for my invoice this month and need the money back."
NEW_TICKETS_TIMEOUT = 45_000  # milliseconds; pages check for new tickets more often than that


def nothing(page: Page, facts: Facts) -> None:
    """Leave the page as it was loaded."""


# --- submit ---


def expect_suggestion(page: Page, state: str) -> None:
    panel = page.get_by_role("region", name="Suggestion")
    expect(panel).to_have_attribute("data-state", state)


def describe(page: Page, text: str = PROBLEM) -> None:
    page.get_by_label("What is the problem?").fill(text)


def keep_typing(page: Page, facts: Facts) -> None:
    describe(page)
    page.get_by_label("What is the problem?").evaluate(
        """(field) => setInterval(
            () => field.dispatchEvent(new Event("input", { bubbles: true })), 200)"""
    )
    expect_suggestion(page, "typing")


def wait_without_suggestion(page: Page, facts: Facts) -> None:
    slow = {"offline": False, "latency": 60_000, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    describe(page)
    expect_suggestion(page, "thinking")


def wait_for_suggestion(page: Page, facts: Facts) -> None:
    describe(page)
    expect_suggestion(page, "suggested")


def override(page: Page, facts: Facts) -> None:
    wait_for_suggestion(page, facts)
    page.get_by_label("Category").select_option("account")
    expect_suggestion(page, "overridden")


def fail_to_suggest(page: Page, facts: Facts) -> None:
    page.route(CLASSIFY, lambda route: route.fulfill(status=500))
    describe(page)
    expect_suggestion(page, "unavailable")


def write_no_clue(page: Page, facts: Facts) -> None:
    describe(page, "Zzz qqq lorem ipsum dolor sit amet")
    expect_suggestion(page, "noClue")


def offer_title(page: Page, facts: Facts) -> None:
    page.get_by_label("Title optional", exact=True).fill("My own title")
    wait_for_suggestion(page, facts)
    page.get_by_role("button", name="Suggest a title").click()
    expect(page.get_by_role("button", name="Apply", exact=True)).to_be_visible()


def open_links(page: Page, facts: Facts) -> None:
    page.get_by_text("Already have a ticket?").click()


def open_languages(page: Page, facts: Facts) -> None:
    page.locator(".languages summary").click()


def choose_german(page: Page, facts: Facts) -> None:
    open_languages(page, facts)
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def create_german_ticket(page: Page, facts: Facts) -> None:
    create_ticket(page, facts)
    choose_german(page, facts)


def open_closing(page: Page, facts: Facts) -> None:
    page.get_by_text("Close this ticket").click()


def find_similar(page: Page, facts: Facts) -> None:
    describe(page, "The invoice of this month shows a wrong amount and was charged twice.")
    expect(page.get_by_role("complementary", name="Similar tickets")).to_contain_text("#")


def send_empty_form(page: Page, facts: Facts) -> None:
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_focused()


def create_ticket(page: Page, facts: Facts) -> None:
    describe(page)
    page.get_by_label("Title optional", exact=True).fill("Charged twice")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/t/**")
    expect(page.locator("#toasts")).to_contain_text("Thank you")


def send_without_cookies(page: Page, facts: Facts) -> None:
    page.context.clear_cookies()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You don't have access")


def send_empty_reply(page: Page, facts: Facts) -> None:
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("alert")).to_be_focused()


def write_note(page: Page, facts: Facts) -> None:
    page.keyboard.press("n")
    page.keyboard.type("They called twice.")
    expect(page.get_by_role("button", name="Add note")).to_be_visible()


def open_snooze(page: Page, facts: Facts) -> None:
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Later today")).to_be_focused()


# --- files and mail ---


def choose_files(page: Page, facts: Facts) -> None:
    """Choose two files, and one that is too large."""
    log: FilePayload = {"name": "error.log", "mimeType": "", "buffer": b"a line\n" * 999}
    page.locator("#files").set_input_files([log, log | {"name": f"{'A long name ' * 10}.txt"}])
    page.evaluate(
        """() => {
            const input = document.getElementById("files");
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(11 << 20)], "film.mp4"));
            input.files = transfer.files;
            input.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    expect(page.get_by_role("button", name="Remove")).to_have_count(2)


def open_mail(page: Page, facts: Facts) -> None:
    """Open what the page says about each message that came by mail."""
    for summary in page.locator(".by-mail summary").all():
        summary.click()


# --- sign-in ---


def fail_to_sign_in(page: Page, facts: Facts, name: str = "nobody") -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill("wrong")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def type_password_of_fay(page: Page, facts: Facts) -> None:
    """Come to the page that asks for a second factor."""
    page.get_by_label("User name").fill("fay")
    page.get_by_label("Password").fill("fay of the desk")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second factor")


def lock_account(page: Page, facts: Facts) -> None:
    for _ in range(6):
        if page.get_by_label("Password").count():
            fail_to_sign_in(page, facts, "locked.out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Too many attempts")


# --- list ---


def next_page(page: Page, facts: Facts) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link").last.click()
    page.wait_for_url("**cursor=**")


def open_export(page: Page, facts: Facts) -> None:
    page.get_by_text("Export CSV").click()
    page.get_by_role("button", name="Download").wait_for()


def select_rows(page: Page, facts: Facts) -> None:
    boxes = page.get_by_role("row").get_by_role("checkbox")
    for number in range(1, 4):
        boxes.nth(number).check()
    expect(page.get_by_text(re.compile("3 .*selected|selected.* 3"))).to_be_visible()


def expect_toast(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def close_first(page: Page, facts: Facts) -> None:
    page.get_by_role("button", name=re.compile(r"^Status of #")).first.click()
    page.get_by_role("option", name="Closed").click()
    expect_toast(page, "closed")


def open_menu(page: Page, facts: Facts) -> None:
    """Open the longest menu, which has a filter, on the last cell: it opens upwards."""
    page.get_by_role("button", name=re.compile(r"^Assignee of #")).last.click()
    expect(page.get_by_role("listbox")).to_be_visible()


def open_shortcuts(page: Page, facts: Facts) -> None:
    page.locator("main").press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def open_saved_replies(page: Page, facts: Facts) -> None:
    page.locator("main").press(";")
    expect(page.get_by_role("option", name="Refund")).to_be_visible()


def wait_for_new_tickets(page: Page, facts: Facts) -> None:
    problem = {"title": "The export hangs", "description": "It never ends since this morning."}
    visitor = page.context.browser.new_context()  # type: ignore[union-attr]
    assert visitor.request.post(urljoin(page.url, "/api/tickets/"), data=problem).ok
    visitor.close()
    expect(page.get_by_text(re.compile(r"\d+ new ticket"))).to_be_visible(
        timeout=NEW_TICKETS_TIMEOUT
    )


# --- ticket ---


def close_ticket(page: Page, facts: Facts) -> None:
    status = page.get_by_role("combobox", name="Status")
    status.select_option("open" if status.input_value() == "closed" else "closed")
    expect_toast(page, "now")


def mark_spam(page: Page, facts: Facts) -> None:
    if page.locator("#mark-spam").is_visible():  # else an earlier visit has done it
        page.keyboard.press("!")
    expect(page.locator("#spam-notice")).to_be_visible()


def open_edit(page: Page, facts: Facts) -> None:
    page.locator("summary", has_text="Edit title and description").click()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()


def save_stale(page: Page, facts: Facts) -> None:
    open_edit(page, facts)
    second_page = page.context.new_page()
    second_page.goto(page.url)
    save_title(second_page, "The export hangs, says somebody else")
    second_page.close()
    save_title(page, "The export hangs, say we")
    expect(page.get_by_role("alert")).to_be_visible()


def save_title(page: Page, title: str) -> None:
    if not page.get_by_role("button", name="Save", exact=True).is_visible():
        open_edit(page, {})
    field = page.get_by_label("Title", exact=True)
    # A different title each time: saving the same one changes nothing.
    field.fill(f"{title}!" if field.input_value() == title else title)
    # Not the answer to a POST that only reports who is present.
    with page.expect_response(
        lambda response: response.request.method == "POST" and "/presence/" not in response.url
    ):
        page.get_by_role("button", name="Save", exact=True).click()


# --- dashboard ---


def choose_period(page: Page, facts: Facts) -> None:
    page.get_by_role("navigation", name="Period").get_by_role("link").last.click()
    page.wait_for_url("**days=**")


def open_tables(page: Page, facts: Facts) -> None:
    for summary in page.get_by_text("Show as table").all():
        summary.click()


def open_discarded(page: Page, facts: Facts) -> None:
    page.get_by_text("Discarded in the last").click()


# --- account ---


def save_wrong_address(page: Page, facts: Facts) -> None:
    page.get_by_label("Email address").fill("nobody")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
