"""The fixture that watches the windows of every browser test."""

import pytest

from .conftest import Desk


@pytest.fixture
def watched(chromium, live_server):
    return Desk(chromium, live_server.url)


def test_what_a_page_complained_about_is_kept(watched):
    page = watched.window()
    page.goto("/sign-in/")
    page.evaluate("console.error('one'); console.warn('two')")
    watched.close()
    assert watched.left() == ["console: one", "console: two"]


def test_a_page_that_misses_the_desk_while_it_closes_is_no_fault(watched):
    for _ in range(3):
        page = watched.window()
        page.goto("/sign-in/")
        page.evaluate("setInterval(() => fetch('/healthz'), 20) && 0")
    watched.close()
    assert watched.left() == []
