"""Days begin at midnight in the desk's time zone on pages, and in UTC for programs."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from tickets.forms.fields import clean_data
from tickets.forms.lists import ListForm, PageForm
from tickets.models.ticket import Ticket
from tickets.models.triage import TriageCount
from tickets.tests.factories import AgentFactory, PredictionFactory, TicketFactory
from tickets.web.times import full_time, short_date, short_time, time_element

# A zone, a day there, and the first moment of that day and of the next one.
DAYS = [
    ("UTC", "2026-03-29", "2026-03-29T00:00Z", "2026-03-30T00:00Z"),
    ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),  # 23 hours
    ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),  # 25 hours
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),  # no midnight
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00Z", "2018-02-18T03:00Z"),  # 23:30 twice
    ("America/Sao_Paulo", "2026-03-29", "2026-03-29T03:00Z", "2026-03-30T03:00Z"),
    ("Asia/Kolkata", "2026-03-29", "2026-03-28T18:30Z", "2026-03-29T18:30Z"),
]


@pytest.fixture(params=DAYS, ids=lambda row: f"{row[0]} {row[1]}")
def day(request, settings):
    """Return a day in the desk's time zone, and the moments at which it begins and ends."""
    settings.TIME_ZONE, text, first, after = request.param
    return date.fromisoformat(text), datetime.fromisoformat(first), datetime.fromisoformat(after)


def tickets_around(first, after):
    """Return the tickets of a day, with one just before and one just after it."""
    second = timedelta(seconds=1)
    moments = [first - second, first, first + (after - first) / 2, after - second, after]
    made = [TicketFactory(created_at=moment) for moment in moments]
    return made[1:4]


@pytest.mark.django_db
def test_a_day_of_a_page_is_one_of_the_desk(day):
    name, first, after = day
    expected = tickets_around(first, after)
    query = {"created_after": name.isoformat(), "created_before": str(name + timedelta(days=1))}
    matching = Ticket.objects.filtered(clean_data(ListForm(query)))
    assert sorted(matching.values_list("pk", flat=True)) == [ticket.pk for ticket in expected]


@pytest.mark.django_db
def test_a_day_of_a_chart_is_one_of_the_desk(day):
    name, first, after = day
    tickets_around(first, after)
    counts = Ticket.objects.per_day(timezone.get_current_timezone())
    one = timedelta(days=1)
    assert counts == {name - one: 1, name: 3, name + one: 1}


@pytest.mark.django_db
def test_a_day_of_the_triage_chart_is_one_of_the_desk(day):
    name, first, after = day
    for ticket in tickets_around(first, after):
        PredictionFactory(ticket=ticket, created_at=ticket.created_at, final_value="billing")
    report = TriageCount.objects.report(zone=timezone.get_current_timezone())
    assert [(row["date"], row["judged"]) for row in report["per_day"]] == [(name.isoformat(), 3)]


@pytest.mark.django_db
def test_a_day_of_the_api_is_utc(settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    filters = clean_data(PageForm({"created_after": "2026-03-29"}))
    assert filters["created_after"] == datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.django_db
def test_the_statistics_of_the_api_count_utc_days(settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"  # 14 hours ahead
    agent = Client()
    agent.force_login(AgentFactory())
    TicketFactory()
    last = agent.get("/api/tickets/stats/").json()["tickets_per_day"][-1]
    assert last == {"date": datetime.now(UTC).date().isoformat(), "count": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_dashboard_ends_today_in_the_desks_zone(settings, zone):
    settings.TIME_ZONE = zone
    agent = Client()
    agent.force_login(AgentFactory())
    TicketFactory()
    page = agent.get("/dashboard/?days=7")
    today = datetime.now(ZoneInfo(zone)).date()
    chart = page.context["chart"]
    assert (chart.columns[-1].span.first, chart.columns[-1].count) == (today, 1)
    assert f"created_after={today - timedelta(days=6)}" in page.content.decode()
    assert f"the time zone {zone}" in page.content.decode()
    assert len(chart.columns) == 7


@pytest.mark.parametrize(
    ("zone", "moment", "text"),
    [
        ("UTC", "2026-03-29T00:30Z", "29 March 2026, 00:30 UTC"),
        ("Europe/Berlin", "2026-03-29T00:59Z", "29 March 2026, 01:59 CET"),
        ("Europe/Berlin", "2026-03-29T01:00Z", "29 March 2026, 03:00 CEST"),
        ("Europe/Berlin", "2026-10-25T00:30Z", "25 October 2026, 02:30 CEST"),
        ("Europe/Berlin", "2026-10-25T01:30Z", "25 October 2026, 02:30 CET"),
        ("America/Sao_Paulo", "2018-11-04T02:59Z", "3 November 2018, 23:59 UTC-03"),
        ("America/Sao_Paulo", "2018-11-04T03:00Z", "4 November 2018, 01:00 UTC-02"),
        ("Asia/Kolkata", "2026-01-01T18:30Z", "2 January 2026, 00:00 IST"),
    ],
)
def test_a_time_is_written_in_the_desks_zone(settings, zone, moment, text):
    settings.TIME_ZONE = zone
    moment = datetime.fromisoformat(moment)
    assert full_time(moment) == text
    assert short_time(moment)[:3] == short_date(moment)[:3] == text[:3]
    element = time_element(moment, "then")
    assert f'datetime="{moment:%Y-%m-%dT%H:%M:%S}Z" title="{text}">then<' in element


@pytest.mark.django_db
def test_no_page_of_the_back_office_writes_a_time_without_its_zone(admin_client, settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    ticket = TicketFactory(created_at=datetime(2026, 1, 1, 20, tzinfo=UTC))
    page = admin_client.get("/admin/tickets/ticket/").content.decode()
    assert re.search(
        r'<time datetime="2026-01-01T20:00:00Z" title="2 January 2026, 01:30 IST"'
        r' data-shows="time">2 Jan 2026, 01:30</time>',
        page,
    )
    assert ticket.title in page
