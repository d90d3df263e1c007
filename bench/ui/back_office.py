"""Django's admin: whatever it lists, with a form, a new one, a history and a deletion of each."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

from .browser import Visitors
from .pages import State, Steps
from .steps import Facts, nothing

INDEX = "/admin/"


def states(visitors: Visitors) -> list[State]:
    """Found by walking through its links, so that a new list is looked at as well."""
    with visitors.window("admin") as page:
        page.goto(INDEX)
        lists = [path for path in links(page) if path.count("/") == 4]
        found = [admin("admin", INDEX), admin("admin-password", "/admin/password_change/")]
        for path in sorted(set(lists)):
            found += of_list(page, path)
    return found


def of_list(page: Page, path: str) -> Iterator[State]:
    name = f"admin-{path.split('/')[-2]}"
    yield admin(f"{name}-list", path)
    page.goto(path)
    rows = [link for link in links(page) if link.startswith(path) and link.endswith("/change/")]
    added = f"{path}add/"
    if added in links(page):
        yield admin(f"{name}-add", added)
        yield admin(f"{name}-add-errors", added, save_nothing)
    if rows:
        yield admin(f"{name}-change", rows[0])
        page.goto(rows[0])
        for what in ("history", "delete"):
            further = rows[0].replace("/change/", f"/{what}/")
            if further in links(page):
                yield admin(f"{name}-{what}", further)


def admin(name: str, path: str, steps: Steps = nothing) -> State:
    return State(name, path, "admin", steps)


def links(page: Page) -> list[str]:
    hrefs = page.locator("main a[href], #content a[href], .object-tools a[href]").evaluate_all(
        "(links) => links.map((link) => link.href)"
    )
    return [urlsplit(href).path for href in hrefs]


def save_nothing(page: Page, facts: Facts) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
