"""The dashboard brings itself up to date, and its numbers lead to what they count."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.tests.factories import TicketFactory

REFRESH = 20_000  # milliseconds


def opened(desk):
    """The dashboard, where time stands still."""
    window = desk.agent()
    window.clock.install(time=0)
    window.goto("/dashboard/")
    window.clock.pause_at(1_000)
    window.wait_for_load_state("networkidle")  # it asks when it comes to the front
    return window


@pytest.fixture
def window(desk):
    TicketFactory(priority="high")
    return opened(desk)


def total(window):
    return window.locator("dl.figures dd").first


def refresh(window):
    """Let the page ask once; returns the answer."""
    with window.expect_request("**/dashboard/") as request:
        window.clock.run_for(REFRESH)
    return request.value.response()


def test_a_new_ticket_is_counted_without_a_reload(window):
    expect(total(window)).to_have_text("1")
    TicketFactory()
    assert refresh(window).status == 200
    expect(total(window)).to_have_text("2")


def test_where_nothing_happened_nothing_is_sent(window):
    assert refresh(window).status == 304
    TicketFactory()
    assert refresh(window).status == 200
    expect(total(window)).to_have_text("2")
    assert refresh(window).status == 304


def test_the_focus_stays_and_the_table_stays_open(window):
    window.get_by_text("Show as table").click()
    bar = window.get_by_role("row", name="High").get_by_role("link")
    bar.focus()
    TicketFactory(priority="high")
    refresh(window)
    expect(total(window)).to_have_text("2")
    expect(bar).to_be_focused()
    expect(window.locator("#day-table tbody")).to_be_visible()


def test_what_has_not_changed_is_left_in_place(window):
    """A selection in it stays, for one."""
    ticket = Ticket.objects.get()
    window.evaluate("for (const part of document.querySelectorAll('#stats > *')) part.kept = true")
    tickets.update_ticket(ticket.pk, {"priority": "low"}, SYSTEM)
    refresh(window)
    expect(window.get_by_role("row", name="Low").get_by_role("cell").first).to_have_text("1")
    replaced = "[...document.querySelectorAll('#stats > :not(p)')].filter((part) => !part.kept)"
    assert window.evaluate(f"{replaced}.map((part) => part.id)") == ["by-priority"]


def test_nothing_jumps_when_numbers_change(window):
    offsets = "[...document.querySelectorAll('#stats > *')].map((part) => part.offsetTop)"
    before = window.evaluate(offsets)
    for _ in range(3):
        TicketFactory(priority="high", status="resolved", category="account")
    refresh(window)
    expect(total(window)).to_have_text("4")
    assert window.evaluate(offsets) == before


def test_a_page_that_nobody_sees_does_not_ask(window):
    requests = []
    window.on("request", lambda request: requests.append(request.url))
    window.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    TicketFactory()
    window.clock.run_for(3 * REFRESH)
    assert requests == []
    expect(total(window)).to_have_text("1")


def test_a_failed_refresh_changes_nothing(desk, window):
    desk.tolerate("status of 503")
    window.route("**/dashboard/", lambda route: route.fulfill(status=503))
    assert refresh(window).status == 503
    expect(total(window)).to_have_text("1")


def test_somebody_who_was_signed_out_keeps_what_they_see(window):
    window.context.clear_cookies()
    TicketFactory()
    with window.expect_response(re.compile("/sign-in/")):
        window.clock.run_for(REFRESH)
    expect(total(window)).to_have_text("1")


def test_the_first_ticket_brings_the_charts(desk):
    window = opened(desk)
    expect(window.locator("#stats")).to_contain_text("No tickets in this period.")
    TicketFactory()
    refresh(window)
    expect(window.locator(".day-chart")).to_be_visible()


@pytest.mark.parametrize(("period", "count"), [("7 days", 1), ("90 days", 3), ("All", 4)])
def test_numbers_lead_to_as_many_tickets(window, period, count):
    for ago in (20, 60, 300):
        TicketFactory(priority="high", created_at=timezone.now() - timedelta(days=ago))
    window.get_by_role("link", name=period, exact=True).click()
    expect(total(window)).to_have_text(str(count))
    row = window.get_by_role("row", name="High")
    expect(row.get_by_role("cell").first).to_have_text(str(count))
    row.get_by_role("link").click()
    window.wait_for_url("**/tickets/?*priority=high*")
    expect(window.locator("tbody tr")).to_have_count(count)


def test_the_period_stays_when_one_goes_to_triage(window):
    window.get_by_role("link", name="90 days").click()
    window.get_by_role("link", name="Triage").click()
    window.wait_for_url("**/dashboard/triage/?days=90")
    expect(window.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")


def test_it_can_be_used_without_a_script(desk):
    TicketFactory(category="billing")
    window = desk.agent(java_script_enabled=False)
    window.goto("/dashboard/?days=7")
    window.get_by_text("Show as table").click()
    window.locator("#day-table a").click()
    expect(window.locator("tbody tr")).to_have_count(1)


def test_what_is_owed_leads_to_exactly_those_tickets(desk, db):
    now = timezone.now()
    longest = TicketFactory(waiting_since=now - timedelta(minutes=130))
    TicketFactory()
    TicketFactory(first_response_at=now)
    TicketFactory(first_response_at=now, waiting_since=None)
    window = desk.agent()
    window.clock.install()
    window.goto("/dashboard/")
    owed = window.locator(".card", has_text="Answers owed")
    expect(owed).to_contain_text("3the oldest for 2 h 10 min · 1 waiting for them")
    window.clock.fast_forward(5 * 60_000)
    expect(owed).to_contain_text("the oldest for 2 h 15 min")
    owed.get_by_role("link", name="3", exact=True).click()
    expect(window.locator("tbody tr")).to_have_count(3)
    expect(window.locator("tbody tr").first).to_contain_text(longest.title)
    window.goto("/dashboard/")
    window.get_by_role("link", name="2 waiting").click()
    expect(window.locator("tbody tr")).to_have_count(2)
    expect(window.get_by_label("Search tickets")).to_have_value("is:unanswered")
