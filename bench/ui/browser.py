"""Chromium windows on a running desk, and the problems that they report."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    expect,
    sync_playwright,
)

from .desk import Desk

TIMEOUT = 15_000  # milliseconds; a slow machine is not an error
WIDTHS = {"wide": 1280, "narrow": 360}
HEIGHT = 900
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
expect.set_options(timeout=TIMEOUT)


def chromium_path() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return path or sys.exit("Chromium is missing. On Debian: apt install chromium")


def sandbox_options() -> list[str]:
    """Return the options for Chromium, which has no sandbox for root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=sandbox_options()
        )
        yield browser
        browser.close()


class Visitors:
    """Opens windows for "anyone", "agent" or "admin"; each user signs in only once."""

    def __init__(self, browser: Browser, desk: Desk) -> None:
        self.browser, self.desk = browser, desk
        self.storage_states: dict[str, Any] = {"anyone": None}

    @contextmanager
    def window(
        self, user: str, width: int = WIDTHS["wide"], mode: str = "token", **options: Any
    ) -> Iterator[Page]:
        """Open a window with an empty cache and reduced motion."""
        context = self.browser.new_context(
            base_url=self.desk.urls[mode],
            viewport={"width": width, "height": HEIGHT},
            storage_state=self.storage_state(user),
            **{"reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        try:
            yield page
        finally:
            context.close()

    def storage_state(self, user: str) -> Any:
        """Return the browser storage of this signed-in user, or None for "anyone"."""
        if user not in self.storage_states:
            context = self.browser.new_context(base_url=self.desk.urls["token"])
            self.storage_states[user] = self.sign_in(context, user)
            context.close()
        return self.storage_states[user]

    def sign_in(self, context: BrowserContext, user: str) -> Any:
        page = context.new_page()
        page.goto("/sign-in/")
        page.get_by_label("User name").fill(user)
        page.get_by_label("Password").fill(self.desk.passwords[user])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/tickets/?waiting_for=us*")
        return context.storage_state()

    def cookies(self, user: str) -> str:
        """Return the Cookie header of this signed-in user."""
        state = self.storage_state(user) or {"cookies": []}
        return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in state["cookies"])


class Problems:
    """Console messages and requests to other hosts, except what the state expects."""

    def __init__(self, page: Page, expected: str = "") -> None:
        self.expected = expected
        self.console: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda message: self.add_message(message.type, message.text))
        page.on("pageerror", lambda error: self.add_message("error", str(error)))
        page.on("request", self.check_host)

    def add_message(self, kind: str, text: str) -> None:
        expected = self.expected and re.search(self.expected, text)
        if kind in ("error", "warning") and not expected:
            self.console.append(text)

    def check_host(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.foreign.append(request.url)
