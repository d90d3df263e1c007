"""Whose turn it is, in the JSON API: keys, filters, orders and statistics."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.querysets.cursors import ORDERS
from tickets.services import comments
from tickets.tests.factories import AgentFactory, TicketFactory

from .client import assert_problem, one

pytestmark = pytest.mark.django_db
LIST = "/api/tickets/"
SORTS = ("newest", "oldest", "longest_waiting", "last_activity", "priority", "urgency")


def numbers(response):
    assert response.status_code == 200, response.content
    return [ticket["id"] for ticket in response.json()]


@pytest.fixture
def desk():
    """Tickets in no order: two of each priority, some waiting, one finished."""
    start = timezone.now() - timedelta(days=2)
    rows = [
        ("low", 10, 5, 30, "open"),
        ("critical", 90, None, 40, "open"),
        ("high", 50, 3, 10, "in_progress"),
        ("medium", 50, 1, 20, "open"),
        ("critical", 20, None, 2, "closed"),
        ("low", 50, 1, 20, "open"),
    ]
    return [
        TicketFactory(
            priority=priority,
            urgency_score=urgency,
            created_at=start + timedelta(hours=number),
            waiting_since=None if waiting is None else start + timedelta(hours=waiting),
            last_activity_at=start + timedelta(hours=active),
            status=status,
        )
        for number, (priority, urgency, waiting, active, status) in enumerate(rows)
    ]


def expected(desk, sort):
    far = timezone.now() + timedelta(days=1)
    rank = ["low", "medium", "high", "critical"].index
    order = {
        "newest": lambda ticket: (-ticket.created_at.timestamp(), -ticket.pk),
        "oldest": lambda ticket: (ticket.created_at, ticket.pk),
        "longest_waiting": lambda ticket: (ticket.waiting_since or far, ticket.pk),
        "last_activity": lambda ticket: (-ticket.last_activity_at.timestamp(), -ticket.pk),
        "priority": lambda ticket: (
            *(-rank(ticket.priority), -ticket.created_at.timestamp(), -ticket.pk),
        ),
        "urgency": lambda ticket: (
            *(-ticket.urgency_score, -ticket.created_at.timestamp(), -ticket.pk),
        ),
    }
    return [ticket.pk for ticket in sorted(desk, key=order[sort])]


def follow(client, response, relation):
    """Return all pages from here on, as lists of ids."""
    pages = []
    while True:
        pages.append(numbers(response))
        links = {
            part.partition("; rel=")[2].strip('"'): part.partition("<")[2].partition(">")[0]
            for part in response.get("Link", "").split(", ")
        }
        if relation not in links:
            return pages, response
        response = client.get(links[relation].removeprefix("http://testserver"))


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_is_paged_to_its_end_and_back(agent, desk, sort):
    order = expected(desk, sort)
    assert numbers(agent.get(f"{LIST}?sort={sort}")) == order
    pages, last = follow(agent, agent.get(f"{LIST}?sort={sort}&limit=2"), "next")
    assert pages == [order[0:2], order[2:4], order[4:6]]
    pages, _ = follow(agent, last, "prev")
    assert pages[:3] == [order[4:6], order[2:4], order[0:2]]


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_can_be_read_from_an_index(desk, sort):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = Ticket.objects.in_order(ORDERS[sort])[:2].explain()
    assert "Sort" not in plan
    assert "Index Scan" in plan


def test_a_cursor_of_another_order_is_refused(agent, desk):
    link = agent.get(f"{LIST}?sort=priority&limit=2")["Link"]
    address = link.partition("<")[2].partition(">")[0].removeprefix("http://testserver")
    response = agent.get(address.replace("sort=priority", "sort=urgency"))
    assert_problem(response, 400, "validation_error", "cursor")


def test_an_unknown_order_is_refused(agent):
    assert_problem(agent.get(f"{LIST}?sort=random"), 400, "validation_error", "sort")


def test_the_list_is_filtered_by_whose_turn_it_is(agent, desk):
    us = [ticket.pk for ticket in desk if ticket.waiting_since]
    assert sorted(numbers(agent.get(f"{LIST}?waiting_for=us"))) == us
    assert numbers(agent.get(f"{LIST}?waiting_for=requester")) == [desk[1].pk]
    assert len(numbers(agent.get(f"{LIST}?waiting_for=us,requester"))) == 5
    response = agent.get(f"{LIST}?waiting_for=them")
    assert_problem(response, 400, "validation_error", "waiting_for")


def test_a_ticket_can_be_snoozed_and_woken(agent, ticket):
    until = "2099-01-02T03:04:05Z"
    snoozed = agent.send("PATCH", one(ticket.pk), {"snoozed_until": until}).json()
    assert snoozed["snoozed_until"] == until
    assert numbers(agent.get(f"{LIST}?snoozed=true")) == [ticket.pk]
    assert numbers(agent.get(f"{LIST}?snoozed=false")) == []
    woken = agent.send("PATCH", one(ticket.pk), {"snoozed_until": None}).json()
    assert woken["snoozed_until"] is None
    # Desks in some time zones could not show the last two.
    extreme = ("9999-12-31T20:00:00Z", "0001-01-01")
    for wrong in (5, True, "tomorrow", ["2099-01-01"], *extreme):
        response = agent.send("PATCH", one(ticket.pk), {"snoozed_until": wrong})
        assert_problem(response, 400, "validation_error", "snoozed_until")


def test_replacing_a_ticket_wakes_it(agent, ticket):
    agent.send("PATCH", one(ticket.pk), {"snoozed_until": "2099-01-02T03:04:05Z"})
    body = {"title": "New", "description": "Text"}
    assert agent.send("PUT", one(ticket.pk), body).json()["snoozed_until"] is None


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_what_follows_from_messages_may_be_sent_back_but_not_set(agent, ticket, method):
    whole = agent.get(one(ticket.pk)).json()
    assert agent.send(method, one(ticket.pk), whole).status_code == 200
    now = agent.get(one(ticket.pk)).json()
    for name, value in {"waiting_since": None, "waiting_for": "requester", "unread": True}.items():
        response = agent.send(method, one(ticket.pk), now | {name: value})
        assert_problem(response, 400, "validation_error", name)


def test_unread_is_about_the_account_that_asks(client, ticket):
    grace = AgentFactory(date_joined=timezone.now() - timedelta(days=1))
    client.force_login(grace)
    assert client.get(one(ticket.pk)).json()["unread"] is True
    assert [row["unread"] for row in client.get(LIST).json()] == [True]
    assert numbers(client.get(f"{LIST}?unread=true")) == [ticket.pk]
    body = {"body": "Looking into it.", "public": False}
    client.post(f"{one(ticket.pk)}comments/", body, content_type="application/json")
    assert client.get(one(ticket.pk)).json()["unread"] is False
    assert numbers(client.get(f"{LIST}?unread=true")) == []


def test_a_token_without_an_account_has_read_everything(agent, ticket):
    assert agent.get(one(ticket.pk)).json()["unread"] is False


def test_a_message_changes_the_version_and_the_time(agent, ticket):
    before = agent.get(one(ticket.pk))
    comments.add_reply(ticket, {"body": "Hello?"})
    after = agent.get(one(ticket.pk), headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after.json()["updated_at"] > before.json()["updated_at"]
    assert after.json()["version"] == before.json()["version"] + 1


def test_the_statistics_say_whose_turn_it_is(agent, desk):
    stats = agent.get(f"{LIST}stats/").json()
    assert stats["waiting_for_breakdown"] == {"us": 4, "requester": 1}
    oldest = min(ticket.waiting_since for ticket in desk if ticket.waiting_since)
    assert stats["longest_waiting_since"] == oldest.isoformat().replace("+00:00", "Z")
    stats = agent.get(f"{LIST}stats/?status=closed").json()
    assert stats["waiting_for_breakdown"] == {"us": 0, "requester": 0}
    assert stats["longest_waiting_since"] is None
