"""The pages of Django's admin: each list, with an add form, a change form, history and deletion."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

from .browser import Visitors
from .pages import State, Steps
from .steps import Facts, nothing

INDEX = "/admin/"


def states(visitors: Visitors) -> list[State]:
    """Collect the states by following links, so that a new list is checked too."""
    with visitors.window("admin") as page:
        page.goto(INDEX)
        lists = [path for path in linked_paths(page) if path.count("/") == 4]
        states = [
            admin_state("admin", INDEX),
            admin_state("admin-password", "/admin/password_change/"),
        ]
        for path in sorted(set(lists)):
            states += list_states(page, path)
    return states


def list_states(page: Page, path: str) -> Iterator[State]:
    name = f"admin-{path.split('/')[-2]}"
    yield admin_state(f"{name}-list", path)
    page.goto(path)
    rows = [
        link for link in linked_paths(page) if link.startswith(path) and link.endswith("/change/")
    ]
    add_path = f"{path}add/"
    if add_path in linked_paths(page):
        yield admin_state(f"{name}-add", add_path)
        yield admin_state(f"{name}-add-errors", add_path, save_empty_form)
    if rows:
        yield admin_state(f"{name}-change", rows[0])
        page.goto(rows[0])
        for view in ("history", "delete"):
            related_path = rows[0].replace("/change/", f"/{view}/")
            if related_path in linked_paths(page):
                yield admin_state(f"{name}-{view}", related_path)


def admin_state(name: str, path: str, steps: Steps = nothing) -> State:
    return State(name, path, "admin", steps)


def linked_paths(page: Page) -> list[str]:
    hrefs = page.locator("main a[href], #content a[href], .object-tools a[href]").evaluate_all(
        "(links) => links.map((link) => link.href)"
    )
    return [urlsplit(href).path for href in hrefs]


def save_empty_form(page: Page, facts: Facts) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
