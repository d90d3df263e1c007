"""The ticket list in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tickets import services
from tickets.access import user_actor
from tickets.models import Ticket
from tickets.tests.factories import AgentFactory, TicketFactory


@pytest.fixture
def window(desk):
    return desk.agent()


def rows(window):
    return window.locator("tbody tr")


def status_of(window, ticket):
    return window.get_by_label(f"Status of #{ticket.pk}", exact=True)


def test_filters_change_the_address_and_the_rows(window):
    TicketFactory(category="billing")
    TicketFactory(category="billing", status="closed")
    TicketFactory(category="account")
    window.goto("/tickets/")
    window.get_by_label("Category").select_option("billing")
    window.wait_for_url("**/tickets/?category=billing")
    expect(rows(window)).to_have_count(2)
    expect(window.locator("#found")).to_have_text("2 tickets")
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url("**/tickets/?status=closed&category=billing")
    expect(rows(window)).to_have_count(1)
    window.go_back()
    window.wait_for_url("**/tickets/?category=billing")
    expect(rows(window)).to_have_count(2)
    expect(window.get_by_label("Category")).to_have_value("billing")
    window.reload()
    expect(rows(window)).to_have_count(2)


def test_the_focus_stays_where_it_is(window):
    TicketFactory(title="Refund please")
    TicketFactory()
    window.goto("/tickets/")
    search = window.get_by_label("Search in title")
    search.press_sequentially("refund")
    expect(rows(window)).to_have_count(1)
    expect(search).to_be_focused()
    tab = window.get_by_role("link", name="Open")
    tab.focus()
    tab.press("Enter")
    window.wait_for_url("**status=open*")
    expect(window.locator("#tab-open")).to_be_focused()


def test_a_slow_search_does_not_come_after_a_tab(desk, window):
    desk.tolerate("htmx:(afterRequest|sendAbort)")  # htmx's note of the search it gave up
    TicketFactory(title="Refund please", status="closed")
    TicketFactory(title="Refund me")
    window.goto("/tickets/")
    held = []
    window.route(re.compile("search=refund&(?!.*status=closed)"), lambda route: held.append(route))
    window.get_by_label("Search in title").fill("refund")
    while not held:
        window.wait_for_timeout(20)
    window.get_by_role("link", name="Closed").click()
    window.wait_for_url("**status=closed*")
    expect(rows(window)).to_have_count(1)
    expect(rows(window)).to_contain_text("Refund please")
    assert "ERR_ABORTED" in held[0].request.failure


def test_the_status_changes_in_place(window):
    ticket = TicketFactory()
    window.goto("/tickets/")
    status_of(window, ticket).focus()
    status_of(window, ticket).select_option("resolved")
    expect(window.locator("#toasts")).to_contain_text(f"#{ticket.pk}: status is now Resolved.")
    expect(status_of(window, ticket)).to_be_focused()
    expect(status_of(window, ticket)).to_have_value("resolved")
    assert Ticket.objects.get().status == "resolved"


def test_nothing_claims_success_before_the_server_has_said_so(window):
    ticket = TicketFactory()
    window.goto("/tickets/")
    held = []
    window.route(f"**/tickets/{ticket.pk}/", lambda route: held.append(route))
    status_of(window, ticket).select_option("closed")
    while not held:
        window.wait_for_timeout(20)
    expect(window.locator("#toasts .toast")).to_have_count(0)
    held[0].continue_()
    expect(window.locator("#toasts")).to_contain_text("status is now Closed")


@pytest.mark.parametrize("fault", ["error", "gone"])
def test_a_change_that_failed_is_taken_back(desk, window, fault):
    desk.tolerate("500|ERR_|htmx")
    ticket = TicketFactory()
    window.goto("/tickets/")
    window.route(
        f"**/tickets/{ticket.pk}/",
        lambda route: route.fulfill(status=500) if fault == "error" else route.abort(),
    )
    status_of(window, ticket).select_option("closed")
    expect(window.locator("#toasts")).to_contain_text(re.compile("not saved|does not answer"))
    expect(status_of(window, ticket)).to_have_value("open")


def test_a_row_that_changed_meanwhile_shows_its_new_state(window):
    ticket = TicketFactory()
    window.goto("/tickets/")
    services.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    status_of(window, ticket).select_option("in_progress")
    expect(window.locator("#toasts")).to_contain_text("changed meanwhile")
    expect(status_of(window, ticket)).to_have_value("closed")


def test_a_session_that_ended_leads_to_the_door_and_back(window):
    ticket = TicketFactory()
    window.goto("/tickets/?status=open")
    window.context.clear_cookies(name="sessionid")
    status_of(window, ticket).select_option("closed")
    window.wait_for_url("**/sign-in/?next=/tickets/%3Fstatus%3Dopen")
    assert Ticket.objects.get().status == "open"


def test_pages_follow_one_another(window):
    TicketFactory.create_batch(51)
    window.goto("/tickets/")
    expect(rows(window)).to_have_count(50)
    window.get_by_role("link", name="Next").click()
    expect(rows(window)).to_have_count(1)
    window.reload()
    expect(rows(window)).to_have_count(1)
    window.get_by_role("link", name="First page").click()
    expect(rows(window)).to_have_count(50)


def test_back_after_signing_out_shows_no_ticket(window):
    TicketFactory(title="Private matter")
    window.goto("/tickets/")
    expect(window.locator("body")).to_contain_text("Private matter")
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_url("**/")
    window.go_back()
    window.wait_for_url("**/sign-in/**")
    expect(window.locator("body")).not_to_contain_text("Private matter")
