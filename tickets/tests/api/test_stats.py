"""GET /api/tickets/stats/"""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.vocabulary import Category, Priority, Sentiment, Status

from .client import STATS, assert_problem


def stats(api, **query):
    response = api.get(STATS, query_params=query)
    assert response.status_code == 200, response.content
    return response.json()


def today(hour=0):
    return timezone.now().astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)


def test_without_tickets_every_member_is_there_and_zero(agent):
    figures = stats(agent)
    assert (figures["total_tickets"], figures["open_tickets"]) == (0, 0)
    assert figures["avg_tickets_per_day"] == 0.0
    assert figures["avg_urgency_score"] is None
    for name, members in [
        ("priority", Priority),
        ("category", Category),
        ("status", Status),
        ("sentiment", Sentiment),
    ]:
        assert figures[f"{name}_breakdown"] == dict.fromkeys(members.values, 0)
    assert len(figures["tickets_per_day"]) == 30
    assert {day["count"] for day in figures["tickets_per_day"]} == {0}


def test_it_counts_each_member(agent):
    TicketFactory(category="billing", priority="critical", sentiment="angry", urgency_score=100)
    TicketFactory(category="billing", status="closed", urgency_score=0)
    TicketFactory(status="in_progress", urgency_score=1)
    figures = stats(agent)
    assert (figures["total_tickets"], figures["open_tickets"]) == (3, 1)
    assert figures["category_breakdown"] == {
        "billing": 2,
        "technical": 0,
        "account": 0,
        "general": 1,
    }
    assert figures["priority_breakdown"] == {"low": 0, "medium": 2, "high": 0, "critical": 1}
    assert figures["status_breakdown"] == {
        "open": 1,
        "in_progress": 1,
        "resolved": 0,
        "closed": 1,
    }
    assert figures["sentiment_breakdown"] == {
        "calm": 0,
        "neutral": 2,
        "frustrated": 0,
        "angry": 1,
    }
    assert figures["avg_urgency_score"] == 33.7


def test_the_mean_is_over_the_days_that_have_tickets(agent):
    for days, count in [(0, 4), (400, 1), (401, 2)]:
        for _ in range(count):
            TicketFactory(created_at=today() - timedelta(days=days))
    assert stats(agent)["avg_tickets_per_day"] == 2.3  # 7 tickets on 3 days


def test_days_are_in_utc(agent):
    midnight = today() - timedelta(days=3)
    TicketFactory(created_at=midnight)
    TicketFactory(created_at=midnight - timedelta(microseconds=1))
    figures = stats(agent)
    counts = {day["date"]: day["count"] for day in figures["tickets_per_day"]}
    assert counts[midnight.date().isoformat()] == 1
    assert counts[(midnight - timedelta(days=1)).date().isoformat()] == 1
    assert figures["avg_tickets_per_day"] == 1.0


def test_the_last_thirty_days_end_today(agent):
    TicketFactory(created_at=today())
    TicketFactory(created_at=today() - timedelta(days=29))
    TicketFactory(created_at=today() - timedelta(days=30))
    days = stats(agent)["tickets_per_day"]
    dates = [datetime.fromisoformat(day["date"]) for day in days]
    assert len(set(dates)) == 30
    assert dates == sorted(dates)
    assert days[-1] == {"date": today().date().isoformat(), "count": 1}
    assert days[0]["count"] == 1
    assert sum(day["count"] for day in days) == 2


def test_the_filters_of_the_list_apply(agent):
    ada = AgentFactory()
    TicketFactory(category="billing", assignee=ada, title="Invoice")
    TicketFactory(category="billing")
    TicketFactory(created_at=today() - timedelta(days=40))
    assert stats(agent, category="billing")["total_tickets"] == 2
    assert stats(agent, assignee=ada.username)["category_breakdown"]["billing"] == 1
    assert stats(agent, search="invoice")["total_tickets"] == 1
    assert stats(agent, created_before=today().isoformat())["total_tickets"] == 1
    assert stats(agent, category="billing", priority="low")["total_tickets"] == 0
    assert stats(agent, category="", search="")["total_tickets"] == 3


@pytest.mark.parametrize("name", ["limit", "cursor", "page"])
def test_other_parameters_are_refused(agent, name):
    response = agent.get(STATS, query_params={name: "1"})
    assert_problem(response, 400, "validation_error", name)


@pytest.mark.parametrize("count", [1, 50])
def test_it_takes_two_queries_however_many_tickets(agent, django_assert_num_queries, count):
    for _ in range(count):
        TicketFactory(assignee=AgentFactory())
    stats(agent)  # records the use of the token, once a minute
    with django_assert_num_queries(2):  # the token, and all figures
        assert stats(agent)["total_tickets"] == count


def test_anonymous_callers_read_nothing(anonymous):
    assert_problem(anonymous.get(STATS), 401, "authentication_required")
