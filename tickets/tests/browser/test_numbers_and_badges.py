"""Numbers are grouped, and badges have one size, on every page."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tickets.models.ticket import Ticket
from tickets.tests.factories import AdminFactory, TicketFactory

COUNT = 1234


@pytest.fixture
def many(db):
    ticket = TicketFactory(category_source="offline", category_confidence=0.3)
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(
            title=f"Ticket {number}",
            description="x",
            created_at=now,
            waiting_since=now,
            category_source="offline",
            category_confidence=0.4,
        )
        for number in range(COUNT - 1)
    )
    return ticket


def test_badges_have_one_size_and_counts_are_grouped(desk, many):
    window = desk.window()
    desk.sign_in(window, AdminFactory(is_staff=True))
    sizes = {}
    for address, counts in {
        "/tickets/": ["#count-all", "#count-open", "#result-count"],
        many.get_absolute_url(): [],
        "/tickets/review/": ["#waiting"],
        "/dashboard/": ["#all-tickets", "#open-tickets", "#per-day .scale", "#by-status"],
        "/dashboard/triage/": [".figures"],
        "/admin/tickets/ticket/": [".paginator"],
        many.private_link_path(): [],
    }.items():
        window.goto(address)
        for selector in counts:
            text = {"#per-day .scale": "1,500", ".figures": "1,000+"}.get(selector, "1,234")
            expect(window.locator(selector).first).to_contain_text(text)
        for size in window.locator(".badge").evaluate_all(
            "badges => badges.map(badge => getComputedStyle(badge).fontSize)"
        ):
            sizes.setdefault(size, set()).add(address)
    assert len(sizes) == 1, sizes
