"""Many tickets for tests of searches that reach their bounds."""

from django.db import connection

FILL = """
INSERT INTO tickets_ticket (title, description, created_at, updated_at, last_activity_at,
    urgency_score, link_nonce)
SELECT 'Filler', 'Nothing else.', now() - n * interval '1 hour', now(), now(), n %% 101, ''
FROM generate_series(1, %(count)s) n;
INSERT INTO tickets_ticketdocument (ticket_id, created_at, document)
SELECT id, created_at, '''filler'':1A'::tsvector FROM tickets_ticket WHERE title = 'Filler';
ANALYZE tickets_ticket, tickets_ticketdocument;
"""


def fill(count):
    """Store this many tickets with the word filler, one for each of the last hours."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        cursor.execute(FILL, {"count": count})
        cursor.execute("SET LOCAL session_replication_role = origin")
