"""Index merged tickets and moved comments, and let the tabs count without merged tickets.

Nothing is locked meanwhile. Not atomic: an interrupted run starts again.
"""

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models

INDEXES = [
    (
        "ticket",
        models.Index(
            fields=["merged_into"],
            condition=models.Q(merged_into__isnull=False),
            name="ticket_merged",
        ),
    ),
    (
        "ticket",
        models.Index(
            fields=["-created_at", "-id"],
            condition=models.Q(merged_into=None),
            name="ticket_newest_first",
        ),
    ),
    (
        "ticket",
        models.Index(
            fields=["status", "-created_at", "-id"],
            condition=models.Q(merged_into=None),
            name="ticket_status_counted",
        ),
    ),
    (
        "comment",
        models.Index(
            fields=["origin"],
            condition=models.Q(origin__isnull=False),
            name="comment_of_origin",
        ),
    ),
    (
        "comment",
        models.Index(
            fields=["split_into"],
            condition=models.Q(split_into__isnull=False),
            name="comment_of_split",
        ),
    ),
]
NOT_IN_ITSELF = models.CheckConstraint(
    condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
    name="ticket_not_in_itself",
)


def operations():
    for model, index in INDEXES:
        # An interrupted build leaves an unusable index of this name.
        yield migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop
        )
        yield AddIndexConcurrently(model, index)
    # The new ones replace these, which have merged tickets in them.
    yield RemoveIndexConcurrently("ticket", "ticket_newest")
    yield RemoveIndexConcurrently("ticket", "ticket_status_newest")
    yield migrations.RunSQL(
        "ALTER TABLE tickets_ticket DROP CONSTRAINT IF EXISTS ticket_not_in_itself",
        migrations.RunSQL.noop,
    )
    yield AddConstraintNotValid("ticket", NOT_IN_ITSELF)
    yield ValidateConstraint("ticket", NOT_IN_ITSELF.name)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tickets", "0016_merging")]
    operations = list(operations())
