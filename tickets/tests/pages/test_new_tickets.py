"""How many tickets have arrived since a list was read."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.querysets.cursors import Cursor
from tickets.tests.factories import TicketFactory

PATH = "/tickets/news/"


def cursor(ticket, *, backwards=False):
    return Cursor.at(ticket, backwards=backwards).write()


def test_it_counts_new_tickets_that_match_the_filters(agent, ticket):
    after = cursor(ticket, backwards=True)
    assert agent.get(PATH, {"after": after}).json() == {"count": 0, "more": False}
    TicketFactory(category="billing", title="Refund")
    TicketFactory(category="billing")
    TicketFactory()
    TicketFactory(created_at=ticket.created_at - timedelta(hours=1))
    for query, count in (({}, 3), ({"category": "billing"}, 2), ({"search": "refund"}, 1)):
        assert agent.get(PATH, {"after": after, **query}).json()["count"] == count


def test_any_cursor_works_and_none_counts_all(agent, ticket):
    TicketFactory()
    for after, count in ((cursor(ticket), 1), (cursor(ticket, backwards=True), 1), ("", 2)):
        assert agent.get(PATH, {"after": after}).json()["count"] == count


def test_it_counts_up_to_a_hundred(agent, ticket):
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(title="x", description="x", created_at=now + timedelta(seconds=n))
        for n in range(100)
    )
    after = cursor(ticket)
    assert agent.get(PATH, {"after": after}).json() == {"count": 100, "more": False}
    TicketFactory()
    assert agent.get(PATH, {"after": after}).json() == {"count": 100, "more": True}


def test_an_unchanged_count_is_not_sent_again(agent, ticket):
    query = {"after": cursor(ticket)}
    first = agent.get(PATH, query)
    etag = first["ETag"]
    assert etag.startswith('W/"')
    again = agent.get(PATH, query, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    TicketFactory()
    changed = agent.get(PATH, query, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["count"]) == (200, 1)
    assert changed["ETag"] != etag


def test_an_expired_session_gets_a_short_401(agent):
    Session.objects.all().delete()
    response = agent.get(PATH, headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert len(response.content) < 100
    assert "Location" not in response
    assert "HX-Redirect" not in response


@pytest.mark.parametrize("query", ["after=x", "status=lost", "search=%00", "created_after=x"])
def test_an_invalid_query_is_refused(agent, query):
    assert agent.get(f"{PATH}?{query}").status_code == 400


def test_it_reads_only_an_index(agent, ticket):
    agent.get(PATH)
    with CaptureQueriesContext(connection) as queries:
        agent.get(PATH, {"after": cursor(ticket)})
    [query] = [query["sql"] for query in queries if "tickets_ticket" in query["sql"]]
    with connection.cursor() as database:
        database.execute("SET LOCAL enable_seqscan = off")
        database.execute("SET LOCAL enable_bitmapscan = off")
        database.execute(f"EXPLAIN {query}")
        plan = "\n".join(row[0] for row in database.fetchall())
    assert "Index Only Scan using ticket_newest" in plan
