"""How many new tickets a list has not shown yet."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.querysets.cursors import write_cursor
from tickets.tests.factories import TicketFactory

NEWS = "/tickets/news/"


def test_it_counts_what_came_since_and_matches(agent, ticket):
    after = write_cursor(ticket, newer=True)
    assert agent.get(NEWS, {"after": after}).json() == {"count": 0, "more": False}
    TicketFactory(category="billing", title="Refund")
    TicketFactory(category="billing")
    TicketFactory()
    TicketFactory(created_at=ticket.created_at - timedelta(hours=1))
    for query, count in (({}, 3), ({"category": "billing"}, 2), ({"search": "refund"}, 1)):
        assert agent.get(NEWS, {"after": after, **query}).json()["count"] == count


def test_either_kind_of_cursor_will_do_and_none_means_all(agent, ticket):
    TicketFactory()
    for after, count in ((write_cursor(ticket), 1), (write_cursor(ticket, newer=True), 1), ("", 2)):
        assert agent.get(NEWS, {"after": after}).json()["count"] == count


def test_it_counts_to_a_hundred(agent, ticket):
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(title="x", description="x", created_at=now + timedelta(seconds=n))
        for n in range(100)
    )
    after = write_cursor(ticket)
    assert agent.get(NEWS, {"after": after}).json() == {"count": 100, "more": False}
    TicketFactory()
    assert agent.get(NEWS, {"after": after}).json() == {"count": 100, "more": True}


def test_nothing_new_is_a_304(agent, ticket):
    query = {"after": write_cursor(ticket)}
    first = agent.get(NEWS, query)
    tag = first["ETag"]
    assert tag.startswith('W/"')
    again = agent.get(NEWS, query, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    TicketFactory()
    changed = agent.get(NEWS, query, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["count"]) == (200, 1)
    assert changed["ETag"] != tag


def test_a_session_that_has_ended_gets_a_short_no(agent):
    Session.objects.all().delete()
    response = agent.get(NEWS, headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert len(response.content) < 100
    assert "Location" not in response
    assert "HX-Redirect" not in response


@pytest.mark.parametrize("query", ["after=x", "status=lost", "search=%00", "created_after=x"])
def test_a_bad_question_is_named(agent, query):
    assert agent.get(f"{NEWS}?{query}").status_code == 400


def test_it_asks_the_index_alone(agent, ticket):
    agent.get(NEWS)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        agent.get(NEWS, {"after": write_cursor(ticket)})
    asked = [query["sql"] for query in queries if "tickets_ticket" in query["sql"]]
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {asked[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Only Scan using ticket_newest" in plan
