"""Open each state at both widths and check it in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Error, Page

from . import page_checks, steps, web_vitals
from .browser import THEMES, WIDTHS, Problems, Visitors
from .pages import State
from .results import MISSING, Figure


@dataclass(frozen=True)
class Visit:
    """A state that is open in a window of one width."""

    state: State
    width: str
    page: Page
    html: str  # as the server sent it, or the current markup if steps changed it
    problems: Problems


@contextmanager
def visit(visitors: Visitors, state: State, width: str) -> Iterator[Visit]:
    with visitors.window(state.user, WIDTHS[width], state.mode) as page:
        problems = Problems(page, state.expected_problems)
        web_vitals.watch(page)
        response = page.goto(state.address(visitors.desk.facts), wait_until="load")
        if response and response.status >= 400 and not state.expected_problems:
            raise AssertionError(f"{page.url} returned {response.status}.")
        state.steps(page, visitors.desk.facts)
        unchanged = response and state.steps is steps.nothing
        html = response.text() if response and unchanged else current_markup(page)
        yield Visit(state, width, page, html, problems)


def current_markup(page: Page) -> str:
    """Return the HTML as scripts changed it, with Alpine's hidden="true" as plain `hidden`."""
    page.evaluate("document.querySelectorAll('[hidden]').forEach((part) => part.hidden = true)")
    return page.content()


def check_state(visitors: Visitors, state: State, markup: dict[str, str]) -> Iterator[Figure]:
    """Yield the figures of a state in its four looks. Store its HTML in `markup`."""
    for width in WIDTHS:
        try:
            with visit(visitors, state, width) as visited:
                markup.setdefault(state.name, visited.html)
                yield from check_visit(visited)
        except (Error, AssertionError) as error:
            message = str(error).strip()[:600]
            yield Figure(state.name, MISSING, 1, 0, look=width, detail=message)
            return


def check_visit(visited: Visit) -> Iterator[Figure]:
    shifts = web_vitals.observed(visited.page)["shifts"]
    yield web_vitals.layout_shift(visited.state.name, visited.width, shifts)
    yield from page_checks.check_problems(visited.state.name, visited.width, visited.problems)
    for theme in THEMES:
        visited.page.emulate_media(color_scheme=theme)
        look = f"{theme} {visited.width}"
        yield from page_checks.check(visited.page, visited.state.name, look)
