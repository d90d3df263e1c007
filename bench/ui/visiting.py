"""Brings each state about at both widths and looks at it in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Error, Page

from . import feel, looks, steps
from .browser import THEMES, WIDTHS, Complaints, Visitors
from .pages import State
from .results import MISSING, Figure


@dataclass(frozen=True)
class Visit:
    """A state that has come about in a window, at one width."""

    state: State
    width: str
    page: Page
    html: str  # as it came, or where steps followed as it is now
    complaints: Complaints


@contextmanager
def visit(visitors: Visitors, state: State, width: str) -> Iterator[Visit]:
    with visitors.window(state.who, WIDTHS[width], state.mode) as page:
        complaints = Complaints(page, state.tolerated)
        feel.watch(page)
        answer = page.goto(state.address(visitors.desk.facts), wait_until="load")
        if answer and answer.status >= 400 and not state.tolerated:
            raise AssertionError(f"{page.url} answers {answer.status}.")
        state.steps(page, visitors.desk.facts)
        came = answer if state.steps is steps.nothing else None
        html = came.text() if came else markup_of(page)
        yield Visit(state, width, page, html, complaints)


def markup_of(page: Page) -> str:
    """The HTML as scripts have left it, but for Alpine's hidden="true", which nobody wrote."""
    page.evaluate("document.querySelectorAll('[hidden]').forEach((part) => part.hidden = true)")
    return page.content()


def look_at(visitors: Visitors, state: State, markup: dict[str, str]) -> Iterator[Figure]:
    """The figures of one state in its four looks; leaves its HTML in `markup`."""
    for width in WIDTHS:
        try:
            with visit(visitors, state, width) as visited:
                markup.setdefault(state.name, visited.html)
                yield from look(visited)
        except (Error, AssertionError) as error:
            told = str(error).strip()[:600]
            yield Figure(state.name, MISSING, 1, 0, look=width, detail=told)
            return


def look(visited: Visit) -> Iterator[Figure]:
    shifts = feel.observed(visited.page)["shifts"]
    yield feel.steadiness(visited.state.name, visited.width, shifts)
    yield from looks.quiet(visited.state.name, visited.width, visited.complaints)
    for theme in THEMES:
        visited.page.emulate_media(color_scheme=theme)
        yield from looks.seen(visited.page, visited.state.name, f"{theme} {visited.width}")
