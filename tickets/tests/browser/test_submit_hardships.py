"""Sending a ticket by keys alone, over a slow network, and to a desk that is gone."""

import re

import pytest
from playwright.sync_api import Error, expect

from tickets.models.ticket import Ticket

from .submit_form import OTHER_PROBLEM, PROBLEM, SubmitForm

SIZE = "button => [button.offsetWidth, button.offsetHeight]"
FOCUS = """
window.lost = 0;
document.addEventListener("focusout", () => setTimeout(() => {
  if (document.activeElement === document.body && document.hasFocus()) window.lost += 1;
}));
"""


def tab_to(page, name):
    """Press Tab until this element has the focus; each stop must be visible."""
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id || document.activeElement.textContent")
        if name in here.strip():
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_by_keys_alone(page):
    SubmitForm(page).open()
    page.evaluate(FOCUS)
    tab_to(page, "requester_email")
    page.keyboard.type("anna@example.org")
    tab_to(page, "description")
    page.keyboard.type(PROBLEM)
    form = SubmitForm(page)
    form.expect_state("suggested")
    tab_to(page, "Suggest a title")
    page.keyboard.press("Enter")
    expect(form.title).not_to_have_value("")
    tab_to(page, "title")
    page.keyboard.type(" (August)")
    tab_to(page, "category")
    page.keyboard.press("a")  # the native list jumps to Account
    form.expect_state("overridden")
    tab_to(page, "Send")
    assert page.evaluate("window.lost") == 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")
    ticket = Ticket.objects.get()
    assert (ticket.description, ticket.requester_email) == (PROBLEM, "anna@example.org")
    assert (ticket.category, ticket.category_source) == ("account", "human")
    assert ticket.title.endswith("(August)")


def test_the_suggestion_can_be_taken_by_keys(page):
    form = SubmitForm(page).open()
    form.category.select_option("account")
    form.description.fill(PROBLEM)
    form.expect_state("overridden")
    page.evaluate(FOCUS)
    form.title.focus()
    tab_to(page, "Use suggestion")
    page.keyboard.press("Enter")
    form.expect_state("suggested")
    assert "Suggestion used" in page.evaluate("document.activeElement.textContent")
    assert page.evaluate("window.lost") == 0


def test_a_slow_network_delays_nothing_but_the_suggestion(page):
    """Every answer takes seconds; typing, choosing and sending go on meanwhile."""
    form = SubmitForm(page).open()
    held = []
    page.route("**/api/**", lambda route: held.append(route))
    form.description.fill(PROBLEM)
    form.expect_state("thinking")
    form.suggest_title.click()
    form.title.fill("Charged twice")
    form.priority.select_option("low")
    form.description.press_sequentially(" It was on Monday.")
    expect(form.description).to_have_value(f"{PROBLEM} It was on Monday.")
    form.send_and_wait()
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.priority) == ("Charged twice", "low")
    assert held


def test_a_slow_desk_still_gets_the_ticket(page):
    """The look whether somebody is there gives up waiting, not the sending."""
    form = SubmitForm(page).open()
    page.route("**/healthz", lambda route: None)
    form.write()
    form.send_and_wait()
    assert Ticket.objects.count() == 1


def test_a_ticket_on_its_way_says_so_on_its_button(page):
    form = SubmitForm(page).open()
    held = []
    page.route("**/healthz", lambda route: held.append(route))
    form.write()
    form.expect_state("suggested")
    size = form.send.evaluate(SIZE)
    form.send.click()
    expect(page.get_by_role("button", name="Sending…")).to_be_visible()
    assert form.send.evaluate(SIZE) == size
    held[0].fulfill(status=200)
    page.wait_for_url("**/t/**")
    page.go_back()
    expect(form.send).to_be_visible()
    expect(page.get_by_role("button", name="Sending…")).to_have_count(0)


def test_nothing_typed_is_lost_when_the_desk_is_gone_while_typing(desk, page):
    desk.tolerate("ERR_|Failed to load")
    form = SubmitForm(page).open()
    page.get_by_label("Your email").fill("anna@example.org")
    form.description.fill(PROBLEM)
    form.expect_state("suggested")
    page.route("**/*", lambda route: route.abort("connectionrefused"))
    form.description.fill(OTHER_PROBLEM)
    form.title.fill("Crash")
    form.expect_state("unavailable")
    form.category.select_option("technical")
    form.send.click()
    expect(page.locator("#toasts")).to_contain_text("Nothing is lost")
    expect(form.description).to_have_value(OTHER_PROBLEM)
    expect(form.title).to_have_value("Crash")
    expect(form.send).to_be_focused()
    page.unroute("**/*")
    form.send_and_wait()
    ticket = Ticket.objects.get()
    assert (ticket.description, ticket.category) == (OTHER_PROBLEM, "technical")
    assert ticket.requester_email == "anna@example.org"


def test_a_desk_that_fails_at_the_last_moment_costs_no_word(desk, page):
    """The browser shows its own page; going back brings everything."""
    desk.tolerate("ERR_|Failed to load")
    form = SubmitForm(page).open()
    form.write()
    form.expect_state("suggested")
    form.priority.select_option("critical")
    page.route(
        re.compile(r"/\??$"),
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    form.send.click()
    while protocol_of(page) != "chrome-error:":
        page.wait_for_timeout(20)
    page.unroute_all()
    page.go_back()
    expect(form.description).to_have_value(PROBLEM)
    expect(form.title).to_have_value("Charged twice")
    expect(form.priority).to_have_value("critical")
    form.send_and_wait()
    assert Ticket.objects.count() == 1


def protocol_of(page):
    try:
        return page.evaluate("location.protocol")
    except Error:  # asked in the moment in which one page goes and the next is not there
        return ""


# With an icon: for a page without one the browser asks the desk, which has none at that address.
LATER = '<link rel="icon" href="data:,">Later'


@pytest.mark.parametrize("status", [500, 503])
def test_an_answer_that_is_an_error_costs_no_word(desk, page, status):
    desk.tolerate(f"status of {status}")
    form = SubmitForm(page).open()
    form.write()
    form.expect_state("suggested")
    page.route(
        re.compile(r"/\??$"),
        lambda route: (
            route.fulfill(status=status, body=LATER, content_type="text/html")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    form.send.click()
    expect(page.locator("body")).to_have_text("Later")
    page.unroute_all()
    page.go_back()
    expect(form.description).to_have_value(PROBLEM)
    form.send_and_wait()
    assert Ticket.objects.count() == 1
