"""Work out whose turn it is on the tickets that there are, and index the list's orders.

Each step locks few rows or none, so a desk with a million tickets can be used meanwhile. Not
atomic: an interrupted run starts again from the first ticket.
"""

import datetime

import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

BATCH = 5000  # ids
# A ticket waits from its first message that no public reply has answered. The ticket itself is
# the first message.
FILL = """
UPDATE tickets_ticket ticket SET
    last_activity_at = coalesce(messages.latest, ticket.created_at),
    waiting_since = CASE
        WHEN ticket.status IN ('resolved', 'closed') THEN NULL
        WHEN messages.answered IS NULL THEN ticket.created_at
        ELSE (
            SELECT min(created_at) FROM tickets_comment
            WHERE ticket_id = ticket.id AND author_role = 'requester'
                AND created_at > messages.answered
        )
    END
FROM (
    SELECT one.id,
        max(comment.created_at) AS latest,
        max(comment.created_at) FILTER (WHERE public AND author_role = 'agent') AS answered
    FROM tickets_ticket one LEFT JOIN tickets_comment comment ON comment.ticket_id = one.id
    WHERE one.id > %s AND one.id <= %s
    GROUP BY one.id
) messages
WHERE messages.id = ticket.id
"""


def fill(apps, schema_editor):
    """The triggers of the audit trail do not know the new columns yet, so it does not grow."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM tickets_ticket")
        first, last = cursor.fetchone()
        for start in range(first - 1, last, BATCH):
            cursor.execute(FILL, [start, start + BATCH])


NEVER = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)
WAITING_ORDER = django.db.models.functions.comparison.Coalesce(
    "waiting_since", models.Value(NEVER, output_field=models.DateTimeField())
)
PRIORITY_RANK = models.Case(
    *(
        models.When(priority=value, then=models.Value(rank))
        for rank, value in enumerate(("low", "medium", "high", "critical"))
    ),
    default=models.Value(-1),
    output_field=models.SmallIntegerField(),
)
INDEXES = [
    models.Index(WAITING_ORDER, models.F("id"), name="ticket_longest_waiting"),
    models.Index(fields=["-last_activity_at", "-id"], name="ticket_last_activity"),
    models.Index(
        models.OrderBy(PRIORITY_RANK, descending=True),
        models.OrderBy(models.F("created_at"), descending=True),
        models.OrderBy(models.F("id"), descending=True),
        name="ticket_highest_priority",
    ),
    models.Index(fields=["-urgency_score", "-created_at", "-id"], name="ticket_most_urgent"),
    models.Index(
        fields=["waiting_since"],
        condition=models.Q(waiting_since__isnull=False),
        name="ticket_waiting",
    ),
    models.Index(
        fields=["snoozed_until"],
        condition=models.Q(snoozed_until__isnull=False),
        name="ticket_snoozed",
    ),
]


def operations():
    yield migrations.RunPython(fill, migrations.RunPython.noop)
    for index in INDEXES:
        # An interrupted build leaves an unusable index of this name.
        yield migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop
        )
        yield AddIndexConcurrently("ticket", index)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0009_whose_turn")]
    operations = list(operations())
