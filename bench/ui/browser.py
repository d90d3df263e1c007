"""Chromium's windows on a desk, and what they complain about."""

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

PATIENCE = 15_000  # milliseconds; a slow machine is no fault
WIDTHS = {"wide": 1280, "narrow": 360}
HEIGHT = 900
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
expect.set_options(timeout=PATIENCE)


def chromium_path() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return path or sys.exit("Chromium is missing. On Debian: apt install chromium")


def sandbox_options() -> list[str]:
    """Chromium refuses its sandbox to root."""
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
    """Opens windows for anyone, an agent or an admin; each signs in once."""

    def __init__(self, browser: Browser, desk: Desk) -> None:
        self.browser, self.desk = browser, desk
        self.states: dict[str, Any] = {"anyone": None}

    @contextmanager
    def window(
        self, who: str, width: int = WIDTHS["wide"], mode: str = "token", **options: Any
    ) -> Iterator[Page]:
        """A window with an empty cache, in which toasts come without motion."""
        context = self.browser.new_context(
            base_url=self.desk.urls[mode],
            viewport={"width": width, "height": HEIGHT},
            storage_state=self.signed_in(who),
            **{"reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        try:
            yield page
        finally:
            context.close()

    def signed_in(self, who: str) -> Any:
        if who not in self.states:
            context = self.browser.new_context(base_url=self.desk.urls["token"])
            self.states[who] = self.sign_in(context, who)
            context.close()
        return self.states[who]

    def sign_in(self, context: BrowserContext, who: str) -> Any:
        page = context.new_page()
        page.goto("/sign-in/")
        page.get_by_label("User name").fill(who)
        page.get_by_label("Password").fill(self.desk.passwords[who])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/tickets/")
        return context.storage_state()

    def cookies(self, who: str) -> str:
        """The header that signs a request in."""
        state = self.signed_in(who) or {"cookies": []}
        return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in state["cookies"])


class Complaints:
    """What a window's console and requests say, but for what belongs to the state."""

    def __init__(self, page: Page, tolerated: str = "") -> None:
        self.tolerated = tolerated
        self.console: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda message: self.note(message.type, message.text))
        page.on("pageerror", lambda error: self.note("error", str(error)))
        page.on("request", self.check)

    def note(self, kind: str, text: str) -> None:
        belongs = self.tolerated and re.search(self.tolerated, text)
        if kind in ("error", "warning") and not belongs:
            self.console.append(text)

    def check(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.foreign.append(request.url)
