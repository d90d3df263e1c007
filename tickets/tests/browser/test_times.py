"""Times in the reader's zone, and in the desk's without JavaScript."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tickets.tests.factories import CommentFactory, TicketFactory

OPENED = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)


@pytest.fixture
def ticket(db, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    ticket = TicketFactory(created_at=OPENED)
    ticket.issue_link()
    ticket.save()
    return ticket


@pytest.mark.parametrize(
    ("zone", "title", "text"),
    [
        ("Asia/Kolkata", r"29 March 2026, 05:00 .+", "29 Mar 2026"),
        ("America/Sao_Paulo", r"28 March 2026, 20:30 .+", "28 Mar 2026"),
        ("Europe/Berlin", r"29 March 2026, 00:30 .+", "29 Mar 2026"),
        ("UTC", r"28 March 2026, 23:30 UTC", "28 Mar 2026"),
    ],
)
def test_times_are_the_readers(desk, ticket, zone, title, text):
    window = desk.agent(timezone_id=zone)
    for address in ("/tickets/", ticket.get_absolute_url(), ticket.private_link_path()):
        window.goto(address)
        time = window.locator("time[datetime='2026-03-28T23:30:00Z']:not([data-shows])").first
        expect(time).to_have_text(text)
        pattern = re.compile(f"^{title}$")
        expect(time).to_have_attribute("title", pattern)


def test_without_javascript_they_are_the_desks(desk, ticket):
    window = desk.agent(timezone_id="Asia/Kolkata", java_script_enabled=False)
    for address in ("/tickets/", ticket.get_absolute_url(), ticket.private_link_path()):
        window.goto(address)
        time = window.locator("time[datetime='2026-03-28T23:30:00Z']:not([data-shows])").first
        expect(time).to_have_text("29 Mar 2026")
        expect(time).to_have_attribute("title", "29 March 2026, 00:30 CET")


@pytest.mark.parametrize(
    ("moment", "title"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "29 March 2026, 01:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29 March 2026, 03:00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25 October 2026, 02:30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25 October 2026, 02:30"),
    ],
)
def test_daylight_saving_of_the_reader(desk, moment, title):
    ticket = TicketFactory(created_at=moment)
    window = desk.agent(timezone_id="Europe/Berlin")
    window.goto(ticket.get_absolute_url())
    time = window.locator(f"time[datetime='{moment:%Y-%m-%dT%H:%M:%S}Z']:not([data-shows])").first
    assert time.get_attribute("title").startswith(title)


def test_what_arrives_later_is_in_the_readers_zone_too(desk, ticket):
    window = desk.agent(timezone_id="Asia/Kolkata")
    window.goto(ticket.get_absolute_url())
    at = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    CommentFactory(ticket=ticket, created_at=at, public=True, author_role="requester")
    window.locator("#choose-status").select_option("in_progress")
    time = window.locator("#talk time[datetime='2026-03-29T00:00:00Z']:not([data-shows])")
    expect(time).to_have_attribute("title", re.compile("^29 March 2026, 05:30"))
    # What stayed in the page keeps the reader's zone when the server's answer is morphed in.
    first = window.locator("#talk time[datetime='2026-03-28T23:30:00Z']:not([data-shows])")
    expect(first).to_have_attribute("title", re.compile("^29 March 2026, 05:00"))
