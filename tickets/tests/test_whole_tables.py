"""No figure reads a whole table, however many tickets there are."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.forms.lists import BUILT_IN_VIEWS, list_state
from tickets.services.counts import recount
from tickets.tests.factories import AgentFactory

TICKETS = 20_000  # enough for the planner to prefer an index wherever there is one
FILL = """
INSERT INTO tickets_ticket (title, description, category, priority, status, sentiment,
    urgency_score, assignee_id, created_at, updated_at, last_activity_at, waiting_since, link_nonce,
    snoozed_until, spam)
SELECT 'Ticket ' || n, 'Text', (ARRAY['billing', 'technical', 'account', 'general'])[1 + n %% 4],
    (ARRAY['low', 'medium', 'high', 'critical'])[1 + n / 7 %% 4],
    CASE WHEN n > 400 THEN 'closed' WHEN n %% 2 = 0 THEN 'open' ELSE 'in_progress' END,
    (ARRAY['calm', 'neutral', 'frustrated', 'angry'])[1 + n / 5 %% 4], n %% 101,
    CASE WHEN n %% 3 > 0 THEN %s END, moment, moment, moment,
    CASE WHEN n <= 400 AND n %% 3 = 0 THEN moment END, '',
    CASE WHEN n %% 50 = 1 THEN now() + interval '1 day' END, n %% 50 = 2
FROM (SELECT n, now() - n * interval '2 hours' AS moment FROM generate_series(1, %s) n) one
"""
READS = """
SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'tickets_ticket'
"""
FILTERS = (
    "",
    "status=open",
    "status=open,closed",
    "category=billing",
    "priority=low",
    "assignee=none",
)
PATHS = [
    *(f"/api/tickets/stats/?{query}" for query in FILTERS),
    *(f"/dashboard/?days={days}" for days in (7, 30, 90, 0)),
    *(f"/tickets/?{list_state(state) or 'sort=newest'}" for state in BUILT_IN_VIEWS.values()),
    "/tickets/?category=billing&priority=high,critical&sentiment=angry&assignee=none",
]


def whole_reads():
    """Return how often this transaction has read the whole table of tickets."""
    with connection.cursor() as cursor:
        cursor.execute(READS)
        return cursor.fetchone()[0]


def whole_plans(queries):
    """Return the plans of those queries that may have read the whole table."""
    plans = []
    with connection.cursor() as cursor:
        for query in queries:
            statement = query["sql"] or ""  # without one: others of a pipeline
            if statement.startswith(("SELECT", "WITH")):
                cursor.execute("EXPLAIN (GENERIC_PLAN) " + statement.replace("%", "%%"), [])
                plans.append("\n".join(line for [line] in cursor.fetchall()))
    return [plan for plan in plans if "Seq Scan on tickets_ticket" in plan]


@pytest.mark.django_db(transaction=True)
def test_no_figure_and_no_list_reads_all_tickets():
    # A new session: one that has asked small tables may still have plans for these.
    connection.close()
    connection.close_pool()
    with transaction.atomic():
        account = AgentFactory(date_joined=timezone.now() - timedelta(days=90))
        with connection.cursor() as cursor:
            # Without triggers, as they would only take time.
            cursor.execute("SET LOCAL session_replication_role = replica")
            # What other tests left, such as gaps between rows, makes an index cost more.
            cursor.execute("TRUNCATE tickets_ticket CASCADE")
            cursor.execute(FILL, [account.pk, TICKETS])
            cursor.execute("SET LOCAL session_replication_role = origin")
            # All tables: other tests may have left figures of tables that they filled.
            cursor.execute("ANALYZE")
        recount()
        agent = Client()
        agent.force_login(account)
        before = whole_reads()
        assert before > 0  # counting all tickets is seen
        for path in PATHS:
            with CaptureQueriesContext(connection) as queries:
                assert agent.get(path).status_code == 200, path
            assert whole_reads() == before, (path, *whole_plans(queries))
        transaction.set_rollback(True)
