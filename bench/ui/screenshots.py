"""Take pictures of every page, light and dark, wide and narrow, for docs/screenshots/."""

from __future__ import annotations

from .browser import THEMES, WIDTHS, Visitors
from .desk import ROOT
from .pages import STATES, State, select_states
from .visits import visit

FOLDER = ROOT / "docs" / "screenshots"
HEIGHT = 850
PICTURED = (
    *("submit-suggested", "requester", "sign-in", "error-404", "api-docs"),
    *("list", "ticket", "review", "dashboard", "triage"),
    *("admin-tickets", "admin-ticket"),
)
BACK_OFFICE = [
    State("admin-tickets", "/admin/tickets/ticket/", "admin"),
    State("admin-ticket", "/admin/tickets/ticket/{ticket}/change/", "admin"),
]


def take_all(visitors: Visitors, names: list[str]) -> None:
    for state in select_states([*STATES, *BACK_OFFICE], names):
        if state.name in PICTURED:
            take(visitors, state)
    total = sum(picture.stat().st_size for picture in FOLDER.glob("*.png"))
    print(f"{FOLDER.relative_to(ROOT)}: {total / 1e6:.1f} MB")


def take(visitors: Visitors, state: State) -> None:
    FOLDER.mkdir(exist_ok=True)
    for width, pixels in WIDTHS.items():
        with visit(visitors, state, width) as visited:
            page = visited.page
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                # The first screen only: files of whole pages would be three times as large.
                page.screenshot(
                    path=FOLDER / f"{state.name}-{theme}-{width}.png",
                    clip={"x": 0, "y": 0, "width": pixels, "height": HEIGHT},
                    animations="disabled",
                    caret="hide",
                )
