"""How a page is, whatever it is for: accessible, whole at its width, quiet, from one host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .browser import Complaints
from .results import Figure

axe = Axe()
# Off in axe by itself: targets of 24 px and more.
OPTIONS = {"rules": {"target-size": {"enabled": True}}}
# Colours half way from one theme to the other are nobody's.
CALM = """Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < 5000)
    .map((animation) => animation.finished))"""
SIDEWAYS = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
# What reaches beyond the page's edge, outside of parts that scroll on their own.
STICKING_OUT = """() => [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map((part) => part.outerHTML.slice(0, 120))"""
# A placeholder alone is no label, nor is a field's title.
UNLABELLED = """() => {
    const named = (control) => control.getAttribute("aria-label")
        || (control.getAttribute("aria-labelledby") || "").split(" ")
            .some((id) => document.getElementById(id)?.textContent.trim())
        || [...(control.labels || [])].some((label) => label.textContent.trim())
        || (control.matches("button, a, summary")
            && (control.textContent.trim() || control.title
                || control.querySelector("img[alt]:not([alt=''])")))
        || (control.matches("[type=submit], [type=button], [type=reset]") && control.value);
    const controls = "input:not([type=hidden]), select, textarea, button, a[href], summary";
    return [...document.querySelectorAll(controls)]
        .filter((control) => !named(control) && !control.closest("[hidden], template"))
        .map((control) => control.outerHTML.slice(0, 120));
}"""


def seen(page: Page, name: str, look: str) -> Iterator[Figure]:
    """The figures of what this window shows now; each must be 0."""
    page.evaluate(CALM)
    violations = axe.run(page, options=OPTIONS).response["violations"]
    yield zero(name, look, "axe", [told(fault) for fault in violations])
    sideways = page.evaluate(SIDEWAYS)
    yield Figure(
        name,
        "sideways",
        sideways,
        0,
        look=look,
        unit="px",
        detail="\n".join(["Scrolls sideways:", *page.evaluate(STICKING_OUT)]) if sideways else "",
    )
    headings = [h1.inner_text() for h1 in page.locator("h1:visible").all()]
    yield zero(name, look, "headings", [] if len(headings) == 1 else [f"h1: {headings}"])
    yield zero(name, look, "unlabelled", page.evaluate(UNLABELLED))


def quiet(name: str, look: str, complaints: Complaints) -> Iterator[Figure]:
    """Asked before `seen`: axe itself makes the console complain, of the policy."""
    yield zero(name, look, "console", complaints.console)
    yield zero(name, look, "foreign", complaints.foreign)


def zero(page: str, look: str, name: str, found: list[str]) -> Figure:
    return Figure(page, name, len(found), 0, look=look, detail="\n".join(found))


def told(fault: dict[str, Any]) -> str:
    """An axe violation in a few lines: rule, then the first places."""
    places = [f"  {node['html'][:160]}" for node in fault["nodes"][:3]]
    return "\n".join([f"{fault['id']}: {fault['help']} ({len(fault['nodes'])})", *places])
