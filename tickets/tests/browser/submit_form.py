"""The submit page as a test drives it."""

import time

from playwright.sync_api import Page, Route, expect

from .conftest import PATIENCE

CLASSIFY = "**/api/tickets/classify*"
SUGGEST_TITLE = "**/api/tickets/suggest-title*"
PROBLEM = "I was charged twice for my invoice this month."
OTHER_PROBLEM = "The app crashes with an error after the update."
ANSWER = {
    "suggested_category": "billing",
    "suggested_priority": "high",
    "source": "offline",
    "confidence": {"category": 0.91, "priority": 0.62},
    "evidence": {"category": [{"field": "description", "text": "charged", "start": 6, "end": 13}]},
    "suggestion_id": "",
}


class Questions:
    """The browser's questions to one address, each held until the test answers it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.route(address, lambda route: self.routes.append(route))

    def wait_for(self, number: int) -> Route:
        """The question of this number, counted from 1."""
        deadline = time.monotonic() + PATIENCE / 1000
        while len(self.routes) < number:
            assert time.monotonic() < deadline, f"question {number} was not asked"
            self.page.wait_for_timeout(20)
        return self.routes[number - 1]

    def answer(self, number: int = 1, status: int = 200, **values) -> None:
        self.wait_for(number).fulfill(status=status, json=ANSWER | values)


class SubmitForm:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.get_by_role("region", name="Suggestion")
        self.description = page.get_by_label("What is the problem?")
        self.title = page.get_by_label("Title optional", exact=True)
        self.category = page.get_by_label("Category")
        self.priority = page.get_by_label("Priority")
        self.send = page.get_by_role("button", name="Send")
        self.apply = page.get_by_role("button", name="Apply", exact=True)
        self.title_hint = page.locator("#title-hint")
        self.suggest_title = page.get_by_role("button", name="Suggest a title")

    def open(self) -> "SubmitForm":
        self.page.goto("/")
        return self

    def expect_state(self, name: str) -> None:
        expect(self.panel).to_have_attribute("data-state", name)

    def expect_values(self, category: str, priority: str) -> None:
        expect(self.category).to_have_value(category)
        expect(self.priority).to_have_value(priority)

    def expect_tags(self, *names: str) -> None:
        """Exactly these fields are tagged as suggested."""
        for name in ("category", "priority"):
            tag = self.page.locator(".field", has=self.page.locator(f"#{name}")).locator(".tag")
            expect(tag).to_be_visible(visible=name in names)

    def write(self, description: str = PROBLEM, title: str = "Charged twice") -> None:
        self.title.fill(title)
        self.description.fill(description)

    def send_and_wait(self) -> str:
        self.send.click()
        self.page.wait_for_url("**/t/**")
        return self.page.url

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id")

    def positions(self) -> dict[str, float]:
        """How far from the top each part of the form begins, and the fields end."""
        return self.page.evaluate(
            """() => Object.fromEntries(
                [...document.querySelectorAll("main :is(h1, form, .field, .suggestion, .button)")]
                .filter((part) => part.checkVisibility())
                .map((part) => [part, part.getBoundingClientRect()])
                .map(([part, box], n) => [
                    `${n} ${part.className}`,
                    [box.top + scrollY, part.matches(".field") ? box.bottom + scrollY : 0],
                ])
            )"""
        )
