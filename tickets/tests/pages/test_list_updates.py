"""What has happened to a list since a page read it."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.models.workplace import TicketRead
from tickets.querysets.cursors import Cursor
from tickets.services.comments import add_comment, add_reply
from tickets.services.merging import merge_tickets
from tickets.services.tickets import update_ticket
from tickets.tests.factories import TicketFactory

PATH = "/tickets/news/"


def cursor(ticket, *, backwards=False):
    return Cursor.at(ticket, backwards=backwards).write()


def announced(client, **query):
    return client.get(PATH, query).json()["announcement"]


def test_it_counts_new_tickets_that_match_the_filters(agent, ticket):
    after = cursor(ticket, backwards=True)
    assert agent.get(PATH, {"after": after}).json() == {"announcement": "", "rows": ""}
    TicketFactory(category="billing", title="Refund")
    TicketFactory(category="billing")
    TicketFactory()
    TicketFactory(created_at=ticket.created_at - timedelta(hours=1))
    assert announced(agent, after=after) == "3 new tickets"
    assert announced(agent, after=after, category="billing") == "2 new tickets"
    assert announced(agent, after=after, search="refund") == "1 new ticket"


def test_any_cursor_works_and_none_counts_all(agent, ticket):
    TicketFactory()
    assert announced(agent, after=cursor(ticket)) == "1 new ticket"
    assert announced(agent, after=cursor(ticket, backwards=True)) == "1 new ticket"
    assert announced(agent, after="") == "2 new tickets"


def test_it_counts_up_to_a_hundred(agent, ticket):
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(title="x", description="x", created_at=now + timedelta(seconds=n))
        for n in range(100)
    )
    after = cursor(ticket)
    assert announced(agent, after=after) == "100 new tickets"
    TicketFactory()
    assert announced(agent, after=after) == "100+ new tickets"


def test_it_counts_tickets_with_new_answers_of_requesters(agent, ticket):
    TicketFactory.create_batch(2, waiting_since=None)
    answered, noted = Ticket.objects.order_by("-pk")[:2]
    add_reply(ticket, {"body": "Earlier."})
    query = {"after": cursor(answered, backwards=True), "read_at": timezone.now().isoformat()}
    assert announced(agent, **query) == ""
    add_comment(noted, {"body": "Ours.", "public": True}, SYSTEM)
    assert announced(agent, **query) == ""
    add_reply(answered, {"body": "Theirs."})
    add_reply(answered, {"body": "Theirs again."})
    assert announced(agent, **query) == "1 new answer"
    assert announced(agent, **query, waiting_for="us") == "1 new answer"
    assert announced(agent, **query, waiting_for="requester") == ""
    TicketFactory()
    assert announced(agent, **query) == "1 new ticket, 1 new answer"


def visible(*rows):
    return ",".join(f"{ticket.pk}.{version}.{unread}" for ticket, version, unread in rows)


def rows(response):
    return re.findall(r'<tr id="row-(\d+)" data-version="(\d+)"', response.json()["rows"])


def test_it_sends_the_rows_that_differ_from_the_page(agent, agent_user):
    same, changed, gone = TicketFactory.create_batch(3)
    query = {"visible": visible((same, 1, 1), (changed, 1, 1), (gone, 1, 1))}
    assert rows(agent.get(PATH, query)) == []
    update_ticket(changed.pk, {"status": "closed"}, SYSTEM)
    gone.delete()
    response = agent.get(PATH, query)
    assert rows(response) == [(str(changed.pk), "2")]
    assert "status-closed" in response.json()["rows"]
    TicketRead.objects.mark_read(same, agent_user)
    query = {"visible": visible((same, 1, 1), (changed, 2, 1))}
    assert rows(agent.get(PATH, query)) == [(str(same.pk), "1")]


def test_rows_say_that_a_ticket_has_left_the_list(agent):
    spam, source, target = TicketFactory.create_batch(3, requester_email="kim@example.org")
    query = {"visible": visible((spam, 1, 1), (source, 1, 1))}
    update_ticket(spam.pk, {"spam": True}, SYSTEM)
    merge_tickets(source.pk, target.pk, SYSTEM)
    response = agent.get(PATH, query)
    assert {number for number, _ in rows(response)} == {str(source.pk), str(spam.pk)}
    assert f"Merged into #{target.pk}</span>" in response.json()["rows"]
    assert "Spam</span>" in response.json()["rows"]


def test_what_is_unchanged_is_not_sent_again(agent, ticket):
    query = {"after": cursor(ticket), "visible": visible((ticket, 1, 1))}
    first = agent.get(PATH, query)
    etag = first["ETag"]
    assert etag.startswith('W/"')
    again = agent.get(PATH, query, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    changed = agent.get(PATH, query, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert rows(changed)
    TicketFactory()
    more = agent.get(PATH, query, headers={"If-None-Match": changed["ETag"]})
    assert more.json()["announcement"] == "1 new ticket"


def test_a_page_asks_with_few_queries(agent, agent_user, django_assert_num_queries):
    tickets = TicketFactory.create_batch(20, assignee=agent_user)
    query = {"after": cursor(tickets[-1], backwards=True), "read_at": timezone.now().isoformat()}
    query["visible"] = visible(*((ticket, 1, 1) for ticket in tickets))
    # Session, user, groups, profile; new tickets, new answers, versions.
    with django_assert_num_queries(7):
        agent.get(PATH, query)
    query["visible"] = visible(*((ticket, 9, 1) for ticket in tickets))
    # The rows and their last comments.
    with django_assert_num_queries(9):
        agent.get(PATH, query)


def test_an_expired_session_gets_a_short_401(agent):
    Session.objects.all().delete()
    response = agent.get(PATH, headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert len(response.content) < 100
    assert "Location" not in response
    assert "HX-Redirect" not in response


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "status=lost",
        "search=%00",
        "created_after=x",
        "read_at=x",
        "visible=1.2",
        "visible=1.2.0x",
    ],
)
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
        database.execute("SET LOCAL enable_sort = off")  # which is as cheap for one row
        database.execute(f"EXPLAIN {query}")
        plan = "\n".join(row[0] for row in database.fetchall())
    assert "Index Only Scan using ticket_newest_first" in plan
