"""Add merged tickets, messages that became tickets, and links between tickets.

The new columns are empty or have a constant default, so no row is rewritten. The audit trail
leaves them out.
"""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from ._at_once import AtOnce


# The old trigger records every change of a row, the new one names the columns.
UPDATE_TRIGGER = pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."author_id" IS DISTINCT FROM (NEW."author_id") OR OLD."author_role" IS DISTINCT FROM (NEW."author_role") OR OLD."body" IS DISTINCT FROM (NEW."body") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public" IS DISTINCT FROM (NEW."public") OR OLD."ticket_id" IS DISTINCT FROM (NEW."ticket_id"))', func='INSERT INTO "tickets_commentevent" ("author_id", "author_role", "body", "created_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public", "ticket_id") VALUES (NEW."author_id", NEW."author_role", NEW."body", NEW."created_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."public", NEW."ticket_id"); RETURN NULL;', hash='2d31eeafc23ccf1c193a3fa0fe81c352f69cb1e0', operation='UPDATE', pgid='pgtrigger_update_update_29ea1', table='tickets_comment', when='AFTER'))


def reference(**options):
    return models.ForeignKey(
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="tickets.ticket",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0015_saved_replies")]

    operations = [
        AtOnce(
            ["tickets_ticket", "tickets_comment"],
            [
                migrations.AddField(model_name="ticket", name="merged_into", field=reference()),
                migrations.AddField(model_name="comment", name="origin", field=reference()),
                migrations.AddField(
                    model_name="comment",
                    name="is_opening",
                    field=models.BooleanField(db_default=False, default=False, editable=False),
                ),
                migrations.AddField(model_name="comment", name="split_into", field=reference()),
                pgtrigger.migrations.RemoveTrigger(model_name="comment", name=UPDATE_TRIGGER.name),
                pgtrigger.migrations.AddTrigger(model_name="comment", trigger=UPDATE_TRIGGER),
                migrations.CreateModel(
                    name="TicketMerge",
                    fields=[
                        (
                            "source",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="merge",
                                serialize=False,
                                to="tickets.ticket",
                            ),
                        ),
                        ("source_version", models.PositiveIntegerField()),
                        ("target_version", models.PositiveIntegerField()),
                        ("merged_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "reopened_from",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("open", "Open"),
                                    ("in_progress", "In progress"),
                                    ("resolved", "Resolved"),
                                    ("closed", "Closed"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("resolved_at", models.DateTimeField(null=True)),
                        ("address_taken", models.EmailField(blank=True, max_length=254)),
                        (
                            "target",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="merges",
                                to="tickets.ticket",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="TicketLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "high",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="tickets.ticket",
                            ),
                        ),
                        (
                            "low",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="tickets.ticket",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("low", "high"), name="ticketlink_once"),
                            models.CheckConstraint(
                                condition=models.Q(("low__lt", models.F("high"))),
                                name="ticketlink_ordered",
                            ),
                        ],
                    },
                ),
            ],
        )
    ]
