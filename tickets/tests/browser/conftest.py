"""One Chromium for all browser tests of a process, and a desk to visit with it.

Chromium comes from the system (Debian: `apt install chromium`). Without it these tests are
skipped; REQUIRE_BROWSER=1 makes that a failure.
"""

import os
import re
import shutil
import threading
import time

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tickets.tests.factories import PASSWORD, AgentFactory, TicketFactory

# What must be shown as text wherever somebody wrote it.
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"
PATIENCE = 60_000  # milliseconds; a slow machine is no fault
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "BROWSER TESTS DID NOT RUN: Chromium is missing (Debian: apt install chromium)."
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread; the tests' own queries are not part of it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Desk:
    """The desk in browser windows. What they complain about is kept in `complaints`."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.contexts = []
        self.complaints = []
        self.tolerated = []
        self.closing = False

    def window(self, **options) -> Page:
        """A window with cookies of its own. Options are those of Playwright's contexts."""
        context = self.browser.new_context(base_url=self.url, **options)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._complain(f"error: {error}"))
        page.on("request", self._request)
        return page

    def tolerate(self, pattern: str) -> None:
        """A complaint that belongs to the test, such as the console's note of a 400."""
        self.tolerated.append(pattern)

    def sign_in(self, page: Page, user=None):
        """Give a window the cookie of an account that has signed in; it opens no page."""
        user = user or AgentFactory()
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": self.url}])
        return user

    def sign_in_by_form(self, page: Page, user=None):
        user = user or AgentFactory()
        page.goto("/sign-in/")
        page.get_by_label("User name").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/tickets/?waiting_for=us*")
        return user

    def agent(self, **options) -> Page:
        page = self.window(**options)
        self.sign_in(page)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.cookies()  # what was complained about so far arrives before this answer
        self.closing = True
        for context in self.contexts:
            context.set_offline(True)  # pages that say goodbye would speak to a desk that goes
        for context in self.contexts:
            context.close()
        wait_for_the_desk()

    def left(self) -> list[str]:
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self.tolerated)
        ]

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"console: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self._complain(f"foreign request: {request.url}")

    def _complain(self, complaint: str) -> None:
        if not self.closing:  # a page that lost its desk to close() is right to complain
            self.complaints.append(complaint)


at_work: set[int] = set()  # threads of the live server that answer a request
request_started.connect(lambda **_: at_work.add(threading.get_ident()), weak=False)
request_finished.connect(lambda **_: at_work.discard(threading.get_ident()), weak=False)


def wait_for_the_desk() -> None:
    """Until no request is answered any more: emptying the tables would meet it in the database."""
    quiet = 0
    for _ in range(500):
        quiet = 0 if at_work - {threading.get_ident()} else quiet + 1
        if quiet == 5:
            return
        time.sleep(0.02)


@pytest.fixture
def desk(chromium, live_server):
    """Fails a test whose windows met a console error or asked another host."""
    desk = Desk(chromium, live_server.url)
    yield desk
    desk.close()
    assert desk.left() == []


@pytest.fixture
def page(desk):
    """A stranger's window."""
    return desk.window()


@pytest.fixture
def narrow():
    return {"viewport": {"width": 360, "height": 780}}


@pytest.fixture
def ticket(db):
    return TicketFactory()
