"""How PostgreSQL reads a large desk: no request looks at all tickets, events or predictions."""

import re

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tickets.models.ticket import Comment, Ticket
from tickets.tests.factories import AgentFactory
from tickets.vocabulary import Category, Priority, Sentiment, Status

pytestmark = pytest.mark.django_db
COUNT = 100_000
# Replies come in the order of tickets, as in life. No triggers: they would take minutes.
ROWS = """
SET LOCAL session_replication_role = replica;
INSERT INTO tickets_ticket (title, description, category, priority, status, sentiment,
    urgency_score, requester_email, created_at, updated_at, last_activity_at, waiting_since,
    link_nonce)
SELECT 'Printer ' || n, 'It smokes.', ('{{{category}}}'::text[])[1 + n % 4],
    ('{{{priority}}}'::text[])[1 + n / 7 % 4], ('{{{status}}}'::text[])[1 + n / 3 % 4],
    ('{{{sentiment}}}'::text[])[1 + n / 5 % 4], n % 101, 'lou' || n % 5000 || '@desk.example',
    now() - n * interval '5 minutes', now(), now() - n * interval '4 minutes',
    CASE WHEN n / 3 % 4 < 2 AND n % 3 = 0 THEN now() - n * interval '5 minutes' END, ''
FROM generate_series(1, {count}) n;
INSERT INTO tickets_comment (ticket_id, author_role, body, public, created_at)
SELECT id, 'requester', 'It still does.', true, created_at FROM tickets_ticket;
INSERT INTO tickets_prediction (suggestion, ticket_id, field, value, confidence, source, use,
    created_at, {defaults})
SELECT gen_random_uuid(), id, 'category', category, .7, 'offline', 'applied', created_at,
    {values} FROM tickets_ticket;
INSERT INTO tickets_ticketevent (pgh_created_at, pgh_label, pgh_obj_id, {columns})
SELECT created_at, 'insert', id, {columns} FROM tickets_ticket;
INSERT INTO tickets_commentevent (pgh_created_at, pgh_label, pgh_obj_id, {comment_columns})
SELECT created_at, 'insert', id, {comment_columns} FROM tickets_comment;
SET LOCAL session_replication_role = origin;
ANALYZE;
"""
PATHS = [
    "/api/tickets/?limit=20",
    "/api/tickets/?limit=20&status=open&priority=high",
    "/api/tickets/?limit=20&status=open,closed&sort=urgency",
    "/api/tickets/?limit=20&sort=longest_waiting&waiting_for=us",
    "/api/tickets/?limit=20&unread=true",
    "/api/tickets/?limit=20&cursor={cursor}",
    "/api/tickets/{ticket}/",
    "/api/tickets/{ticket}/comments/",
    "/api/tickets/{ticket}/history/",
    "/tickets/{ticket}/",
    "/tickets/{ticket}/?list=status%3Dopen%26sort%3Dpriority",
]
LARGE = re.compile(
    r"Seq Scan on (tickets_(?:ticket|comment|prediction|ticketevent|commentevent))\b"
)


@pytest.fixture(scope="module")
def large_desk(django_db_setup, django_db_blocker):
    """A desk of 100,000 tickets with their comments, predictions and events."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_rows())
            yield
            transaction.set_rollback(True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # or other tests get the plans of a large desk


def _rows():
    kinds = (Category, Priority, Status, Sentiment)
    return ROWS.format(
        count=COUNT,
        columns=_recorded_columns(Ticket),
        comment_columns=_recorded_columns(Comment),
        **{each.__name__.lower(): ",".join(each.values) for each in kinds},
        **_defaults(),
    )


def _recorded_columns(model):
    columns = (field.column for field in model.pgh_event_model._meta.concrete_fields)
    return ", ".join(name for name in columns if not name.startswith("pgh_"))


def _defaults():
    """Return the columns of predictions that have to have some value, and these values."""
    texts = dict.fromkeys(("provider", "model", "prompt_version", "final_value"), "''")
    empty = texts | {"evidence": "'[]'", "latency_ms": "0", "cost_usd": "0"}
    return {"defaults": ", ".join(empty), "values": ", ".join(empty.values())}


@pytest.fixture
def reader(large_desk, db):
    client = Client()
    client.force_login(AgentFactory())
    return client


@pytest.mark.parametrize("path", PATHS)
def test_no_request_reads_a_whole_table(reader, path):
    ticket = Ticket.objects.order_by("pk")[COUNT // 2]
    cursor = Ticket.objects.page(5_000).older
    path = path.format(ticket=ticket.pk, cursor=cursor)
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(path).status_code == 200
    plans = [plan_of(query["sql"]) for query in queries if query["sql"].startswith("SELECT")]
    assert plans
    assert [LARGE.findall(plan) for plan in plans] == [[] for _ in plans], path


def plan_of(sql):
    """Return the plan, of a prepared statement that for all values."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'(GENERIC_PLAN)' if '$1' in sql else ''} {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_newest_tickets_of_an_address_are_read_alone(reader):
    """Not all of them, to be sorted: some addresses have as many as a tenth of all tickets."""
    ticket = Ticket.objects.order_by("pk")[COUNT // 2]
    with CaptureQueriesContext(connection) as queries:
        assert Ticket.objects.others_of_requester(ticket, 3)
    plan = plan_of(queries[0]["sql"])
    assert "Index Scan using ticket_of_requester" in plan
    assert "Sort" not in plan
