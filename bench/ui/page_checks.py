"""Checks for every page: accessible, no wider than the window, no errors, no foreign hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .browser import Problems
from .results import Figure

axe = Axe()
# Not in axe's defaults: targets of 24 px and more.
OPTIONS = {"rules": {"target-size": {"enabled": True}}}
# Waits until colours have changed from one theme to the other.
ANIMATIONS_FINISHED = """Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < 5000)
    .map((animation) => animation.finished))"""
OVERFLOW = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
# The elements that are wider than the page, except in parts that scroll on their own.
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map((part) => part.outerHTML.slice(0, 120))"""
# Neither a placeholder nor a field's title is a label.
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


def check(page: Page, name: str, look: str) -> Iterator[Figure]:
    """Yield the figures of the current page. Each must be 0."""
    page.evaluate(ANIMATIONS_FINISHED)
    violations = axe.run(page, options=OPTIONS).response["violations"]
    yield count(name, look, "axe", [describe(violation) for violation in violations])
    overflow = page.evaluate(OVERFLOW)
    yield Figure(
        name,
        "sideways",
        overflow,
        0,
        look=look,
        unit="px",
        detail="\n".join(["Scrolls sideways:", *page.evaluate(OVERFLOWING)]) if overflow else "",
    )
    headings = [h1.inner_text() for h1 in page.locator("h1:visible").all()]
    yield count(name, look, "headings", [] if len(headings) == 1 else [f"h1: {headings}"])
    yield count(name, look, "unlabelled", page.evaluate(UNLABELLED))


def check_problems(name: str, look: str, problems: Problems) -> Iterator[Figure]:
    """Yield the figures of the console and of requests.

    Call this before `check`: axe itself violates the page's policy, which the console reports.
    """
    yield count(name, look, "console", problems.console)
    yield count(name, look, "foreign", problems.foreign)


def count(page: str, look: str, name: str, problems: list[str]) -> Figure:
    return Figure(page, name, len(problems), 0, look=look, detail="\n".join(problems))


def describe(violation: dict[str, Any]) -> str:
    """Return an axe violation in a few lines: the rule and the first elements."""
    elements = [f"  {node['html'][:160]}" for node in violation["nodes"][:3]]
    rule = f"{violation['id']}: {violation['help']} ({len(violation['nodes'])})"
    return "\n".join([rule, *elements])
