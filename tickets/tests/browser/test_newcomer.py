"""From a problem to a closed ticket, as somebody who sees the desk for the first time."""

import pytest
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory

PROBLEM = "I was charged twice for my invoice this month, please refund one of them."


def open_tickets(window):
    window.goto("/dashboard/")
    figure = window.locator("dl.figures div", has_text="Open").locator("dd")
    return int(figure.inner_text())


def test_with_javascript(desk, page):
    agent = AgentFactory()
    page.goto("/")
    page.get_by_label("Your email").fill("anna@example.org")
    page.get_by_label("What is the problem?").press_sequentially(PROBLEM)
    panel = page.get_by_role("region", name="Suggestion")
    expect(panel).to_have_attribute("data-state", "suggested")
    expect(page.get_by_label("Category")).to_have_value("billing")
    expect(page.get_by_label("Priority")).not_to_have_value("")
    page.get_by_role("button", name="Suggest a title").click()
    expect(page.get_by_label("Title optional", exact=True)).not_to_have_value("")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/t/**")
    expect(page.locator("main")).to_contain_text(PROBLEM)

    window = desk.window()
    desk.sign_in_by_form(window, agent)
    assert open_tickets(window) == 1
    window.get_by_role("link", name="Tickets", exact=True).first.click()
    window.get_by_label("Search tickets").press_sequentially("charged")
    window.wait_for_url("**search=charged*")
    ticket = Ticket.objects.get()
    window.get_by_role("row", name=ticket.title).get_by_role("link").click()
    window.locator("#body").fill("We have refunded one of them.")
    window.get_by_role("button", name="Send reply").click()
    expect(window.locator(".message.ours")).to_contain_text("refunded one")
    window.get_by_label("Assignee").select_option(agent.username)
    expect(window.locator("#toasts")).to_contain_text(f"assignee is now {agent.username}")
    window.get_by_label("Status").select_option("closed")
    expect(window.locator("#heading")).to_contain_text("Closed")
    assert open_tickets(window) == 0

    page.reload()
    expect(page.locator("main")).to_contain_text("We have refunded one of them.")
    expect(page.locator("main")).to_contain_text("Closed")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("closed", agent)


@pytest.fixture
def plain(desk):
    """Windows whose browser runs no script."""
    return lambda: desk.window(java_script_enabled=False)


def test_without_javascript(desk, plain):
    agent = AgentFactory()
    page = plain()
    page.goto("/")
    expect(page.get_by_role("button", name="Suggest a title")).to_be_hidden()
    page.get_by_label("What is the problem?").fill(PROBLEM)
    page.get_by_label("Title optional", exact=True).fill("Charged twice")
    expect(page.get_by_label("Category")).to_have_value("")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/t/**")
    page.get_by_label("Your reply").fill("It was on Monday.")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator("main")).to_contain_text("It was on Monday.")

    window = plain()
    desk.sign_in_by_form(window, agent)
    window.get_by_label("Search tickets").fill("charged")
    window.locator("#filters").get_by_label("Category").select_option("billing")
    window.get_by_role("button", name="Filter").click()
    assert "search=charged" in window.url
    window.get_by_role("link", name="Charged twice").click()
    window.locator("#body").fill("Among us: a known fault.")
    window.get_by_label("Internal note").check()
    window.get_by_role("button", name="Add note").click()
    expect(window.locator(".message.internal")).to_contain_text("a known fault")
    window.get_by_label("Assignee").select_option(agent.username)
    window.locator("#property-assignee").get_by_role("button", name="Set").click()
    expect(window.get_by_label("Assignee")).to_have_value(agent.username)
    window.get_by_label("Status").select_option("closed")
    window.locator("#property-status").get_by_role("button", name="Set").click()
    expect(window.locator("#heading")).to_contain_text("Closed")
    assert open_tickets(window) == 0

    page.reload()
    expect(page.locator("main")).not_to_contain_text("a known fault")


@pytest.mark.parametrize(("width", "count"), [(1280, 2), (360, 1)])
def test_messages_about_changes_cover_little(desk, ticket, width, count):
    window = desk.agent(viewport={"width": width, "height": 740})
    window.goto(f"/tickets/{ticket.pk}/")
    for name, value in (("Status", "in_progress"), ("Priority", "low"), ("Category", "billing")):
        window.get_by_label(name, exact=True).select_option(value)
        expect(window.locator("#toasts")).to_contain_text(f"{name.lower()} is now")
    expect(window.locator(".toast")).to_have_count(count)
    expect(window.locator(".toast").last).to_contain_text("category")
    recent = window.get_by_role("button", name="Recent changes")
    recent.scroll_into_view_if_needed()
    box, end = recent.bounding_box(), window.locator("footer").bounding_box()
    if width == 360:  # at the end of the page, so it covers nothing
        assert box["y"] >= end["y"] + end["height"]
        assert window.locator(".toast").bounding_box()["y"] < 20
