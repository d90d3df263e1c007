"""Drop indexes that no query uses, and index the feedback that waits to be learned.

Not atomic: nothing is locked while an index is built, and an interrupted run starts again.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def drop_index(name, columns, *state_operations):
    return migrations.RunSQL(
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}",
        state_operations=state_operations,
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("tickets", "0031_counts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        # For LIKE, which nobody asks about a digest. The constraint has an index of its own.
        drop_index(
            "tickets_ticket_link_digest_d25a7820_like",
            "tickets_ticket (link_digest varchar_pattern_ops)",
            migrations.AlterField(
                "ticket",
                "link_digest",
                models.CharField(editable=False, max_length=64, null=True),
            ),
            migrations.AddConstraint(
                "ticket",
                models.UniqueConstraint(
                    fields=("link_digest",), name="tickets_ticket_link_digest_key"
                ),
            ),
        ),
        # Other indexes begin with these columns.
        drop_index(
            "tickets_ticket_assignee_id_3a5aa407",
            "tickets_ticket (assignee_id)",
            migrations.AlterField(
                "ticket",
                "assignee",
                models.ForeignKey(
                    blank=True,
                    db_index=False,
                    limit_choices_to=models.Q(
                        ("is_active", True),
                        models.Q(
                            ("groups__name__in", ["agents", "admins"]),
                            ("is_superuser", True),
                            _connector="OR",
                        ),
                    ),
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="tickets",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ),
        drop_index(
            "tickets_comment_ticket_id_36a9497d",
            "tickets_comment (ticket_id)",
            migrations.AlterField(
                "comment",
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="comments",
                    to="tickets.ticket",
                ),
            ),
        ),
        drop_index(
            "tickets_feedback_ticket_id_33343399",
            "tickets_feedback (ticket_id)",
            migrations.AlterField(
                "feedback",
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="feedback",
                    to="tickets.ticket",
                ),
            ),
        ),
        AddIndexConcurrently(
            "feedback",
            models.Index(
                fields=["field", "-decided_at"],
                condition=models.Q(learned_at=None),
                name="feedback_to_learn",
            ),
        ),
        # Backwards only, once the trigger below writes whole rows again.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            """
            UPDATE tickets_ticketevent AS event SET description = (
                SELECT description FROM tickets_ticketevent AS earlier
                WHERE earlier.pgh_obj_id = event.pgh_obj_id AND earlier.pgh_id < event.pgh_id
                    AND earlier.description <> ''
                ORDER BY earlier.pgh_id DESC LIMIT 1
            ) WHERE description = '' AND EXISTS (
                SELECT FROM tickets_ticketevent AS earlier
                WHERE earlier.pgh_obj_id = event.pgh_obj_id AND earlier.pgh_id < event.pgh_id
                    AND earlier.description <> ''
            )
            """,
        ),
    ]
