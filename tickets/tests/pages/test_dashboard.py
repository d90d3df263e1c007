"""The desk in numbers."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tickets.tests.factories import TicketFactory


def page_of(client):
    return client.get("/dashboard/").content.decode()


def figures(page):
    found = re.findall(r"<dt>([^<]+)</dt><dd>(?:<a[^>]*>)?([^<]+)<", page)
    return {name: value.strip() for name, value in found}


def test_it_shows_the_figures(agent):
    TicketFactory(urgency_score=40)
    TicketFactory(urgency_score=61, status="closed")
    assert figures(page_of(agent)) == {
        "Tickets": "2", "Open": "1", "Per day": "2.0", "Mean urgency": "50.5",
    }  # fmt: skip


def test_an_empty_desk_has_no_mean(agent):
    assert figures(page_of(agent))["Mean urgency"] == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("kind", "value"),
    [("priority", "high"), ("category", "billing"), ("status", "resolved"), ("sentiment", "angry")],
)
def test_bars_lead_to_the_tickets_that_they_count(agent, kind, value):
    TicketFactory.create_batch(2, **{kind: value})
    TicketFactory()
    page = page_of(agent)
    row = re.search(rf'<tr class="{kind}-{value}">.*?</tr>', page, re.S)[0]
    assert re.findall(r"<td[^>]*>([^<]+)</td>", row) == ["2", "67 %"]
    link = html.unescape(re.search(r'href="([^"]+)"', row)[1])
    assert agent.get(link).content.decode().count('<tr id="row-') == 2


def test_days_lead_to_the_tickets_of_that_day(agent):
    today = timezone.now().astimezone(UTC).date()
    noon = datetime(today.year, today.month, today.day, 0, 0, tzinfo=UTC)
    TicketFactory(created_at=noon)
    TicketFactory(created_at=noon - timedelta(seconds=1))
    page = page_of(agent)
    link = html.unescape(re.search(rf'id="day-{today}" href="([^"]+)"', page)[1])
    assert agent.get(link).content.decode().count('<tr id="row-') == 1


def test_the_chart_has_a_table(agent):
    page = page_of(agent)
    assert len(re.findall("<rect [^>]*><title>", page)) == 30
    table = re.search(r'<details id="day-table">.*?</details>', page, re.S)[0]
    assert table.count("<tr>") == 31


def test_its_queries_are_few(agent, django_assert_num_queries):
    TicketFactory.create_batch(20)
    # Session, user, groups; two for the statistics.
    with django_assert_num_queries(5):
        page_of(agent)
