"""The dashboard brings itself up to date."""

import pytest
from playwright.sync_api import expect

from tickets.tests.factories import TicketFactory


@pytest.fixture
def window(desk):
    TicketFactory(priority="high")
    window = desk.agent()
    window.clock.install(time=0)
    window.goto("/dashboard/")
    window.clock.pause_at(1_000)
    return window


def total(window):
    return window.locator("dl.figures dd").first


def test_a_new_ticket_is_counted_without_a_reload(window):
    expect(total(window)).to_have_text("1")
    TicketFactory()
    window.clock.run_for(30_000)
    expect(total(window)).to_have_text("2")


def test_the_focus_stays_and_the_table_stays_open(window):
    window.get_by_text("As a table").click()
    bar = window.get_by_role("row", name="High").get_by_role("link")
    bar.focus()
    TicketFactory(priority="high")
    window.clock.run_for(30_000)
    expect(total(window)).to_have_text("2")
    expect(bar).to_be_focused()
    expect(window.locator("#day-table tbody")).to_be_visible()


def test_a_failed_refresh_changes_nothing(desk, window):
    desk.tolerate("status of 503")
    with window.expect_response("**/dashboard/") as answer:
        window.route("**/dashboard/", lambda route: route.fulfill(status=503))
        window.clock.run_for(30_000)
    assert answer.value.status == 503
    expect(total(window)).to_have_text("1")


def test_a_bar_leads_to_its_tickets(window):
    TicketFactory(priority="low")
    window.get_by_role("row", name="High").get_by_role("link").click()
    window.wait_for_url("**/tickets/?priority=high")
    expect(window.locator("tbody tr")).to_have_count(1)
