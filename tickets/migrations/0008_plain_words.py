"""Rename lessons to feedback, and the columns about tone to sentiment.

Only names change. No ticket row is read or written, and tickets are locked for milliseconds.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


def rename_in_names(schema_editor, table, old, new):
    """Replace `old` by `new` in the names of the table's constraints and indexes.

    PostgreSQL does not rename them along with a column or table. This covers the names that
    Django generates, and those of NOT NULL constraints, which exist since PostgreSQL 18.
    """
    with schema_editor.connection.cursor() as cursor:
        for find, rename in (
            (
                "SELECT conname FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND strpos(conname, %s) > 0",
                f"ALTER TABLE {table} RENAME CONSTRAINT %s TO %s",
            ),
            (
                "SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid"
                " WHERE indrelid = %s::regclass AND strpos(relname, %s) > 0",
                "ALTER INDEX %s RENAME TO %s",
            ),
        ):
            cursor.execute(find, [table, old])
            for (name,) in cursor.fetchall():
                quoted = map(schema_editor.quote_name, (name, name.replace(old, new)))
                schema_editor.execute(rename % tuple(quoted), params=None)


def rename_columns(schema_editor, table, columns):
    for old, new in columns:
        schema_editor.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}", params=None)
        rename_in_names(schema_editor, table, f"_{old}_", f"_{new}_")


# --- feedback -------------------------------------------------------------------------


def feedback_forwards(apps, schema_editor):
    schema_editor.execute("ALTER SEQUENCE tickets_lesson_id_seq RENAME TO tickets_feedback_id_seq")
    rename_in_names(schema_editor, "tickets_feedback", "lesson", "feedback")
    rename_columns(schema_editor, "tickets_feedback", [("at", "decided_at")])
    rename_columns(schema_editor, "tickets_triagemodel", [("lessons", "feedback_count")])


def feedback_backwards(apps, schema_editor):
    rename_columns(schema_editor, "tickets_triagemodel", [("feedback_count", "lessons")])
    rename_columns(schema_editor, "tickets_feedback", [("decided_at", "at")])
    rename_in_names(schema_editor, "tickets_feedback", "feedback", "lesson")
    schema_editor.execute("ALTER SEQUENCE tickets_feedback_id_seq RENAME TO tickets_lesson_id_seq")


def rename_permissions(apps, old, new):
    """Rename `view_<old>` and the others, so that groups and users keep them.

    Django renames the content type, unless the new name is taken. It is taken when this migration
    was reversed before: `migrate` then creates the content type of the current model. In that
    case, move everything to that one.
    """
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    log_entries = apps.get_model("admin", "LogEntry").objects
    found = content_types.filter(app_label="tickets", model__in=[old, new])
    by_model = {content_type.model: content_type for content_type in found}
    if not by_model:  # a new database has no content types yet
        return
    target = by_model.get(new) or by_model[old]
    for permission in permissions.filter(content_type__in=by_model.values()):
        action, _, model = permission.codename.rpartition("_")
        if model != old:
            continue
        twin = permissions.filter(content_type=target, codename=f"{action}_{new}").first()
        if twin is None:
            permission.codename, permission.name = f"{action}_{new}", f"Can {action} {new}"
            permission.content_type = target
            permission.save()
        else:
            twin.group_set.add(*permission.group_set.all())
            twin.user_set.add(*permission.user_set.all())
            permission.delete()
    if len(by_model) == 2:
        log_entries.filter(content_type=by_model[old]).update(content_type=target)
        by_model[old].delete()
        content_types.clear_cache()


def permissions_forwards(apps, schema_editor):
    rename_permissions(apps, "lesson", "feedback")


def permissions_backwards(apps, schema_editor):
    rename_permissions(apps, "feedback", "lesson")


# --- sentiment ------------------------------------------------------------------------

# The old triggers name the old columns, so they are replaced.
TRIGGERS = [
    pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "status", "title", "updated_at", "urgency_score", "version") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version"); RETURN NULL;', hash='fcfd2ac76f55ab95bc0c631f36d4ce4aa44b9d51', operation='INSERT', pgid='pgtrigger_insert_insert_2d01a', table='tickets_ticket', when='AFTER')),
    pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assignee_id" IS DISTINCT FROM (NEW."assignee_id") OR OLD."category" IS DISTINCT FROM (NEW."category") OR OLD."category_confidence" IS DISTINCT FROM (NEW."category_confidence") OR OLD."category_source" IS DISTINCT FROM (NEW."category_source") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."priority_confidence" IS DISTINCT FROM (NEW."priority_confidence") OR OLD."priority_source" IS DISTINCT FROM (NEW."priority_source") OR OLD."requester_email" IS DISTINCT FROM (NEW."requester_email") OR OLD."sentiment" IS DISTINCT FROM (NEW."sentiment") OR OLD."sentiment_confidence" IS DISTINCT FROM (NEW."sentiment_confidence") OR OLD."sentiment_source" IS DISTINCT FROM (NEW."sentiment_source") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."urgency_score" IS DISTINCT FROM (NEW."urgency_score") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "status", "title", "updated_at", "urgency_score", "version") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version"); RETURN NULL;', hash='9a98c5e736d06bf56a8b7aa57a71e767cf693569', operation='UPDATE', pgid='pgtrigger_update_update_c6bd0', table='tickets_ticket', when='AFTER')),
    pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "status", "title", "updated_at", "urgency_score", "version") VALUES (OLD."assignee_id", OLD."category", OLD."category_confidence", OLD."category_source", OLD."created_at", OLD."description", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."priority", OLD."priority_confidence", OLD."priority_source", OLD."requester_email", OLD."sentiment", OLD."sentiment_confidence", OLD."sentiment_source", OLD."status", OLD."title", OLD."updated_at", OLD."urgency_score", OLD."version"); RETURN NULL;', hash='041e92183f407f8f1fdf25a8739588bfaf4009e8', operation='DELETE', pgid='pgtrigger_delete_delete_84422', table='tickets_ticket', when='AFTER')),
]
SENTIMENT = [("tone_source", "sentiment_source"), ("tone_confidence", "sentiment_confidence")]
INDEXES = [("ticket_unsure", "ticket_needs_review"), ("ticket_review", "ticket_lowest_confidence")]


def sentiment_forwards(apps, schema_editor):
    change_tickets(schema_editor, old_triggers(apps), SENTIMENT, INDEXES, TRIGGERS)


def sentiment_backwards(apps, schema_editor):
    columns, indexes = ([(new, old) for old, new in pairs] for pairs in (SENTIMENT, INDEXES))
    change_tickets(schema_editor, TRIGGERS, columns, indexes, old_triggers(apps))


def old_triggers(apps):
    """Return the triggers from before this migration: both directions get that state."""
    return apps.get_model("tickets", "Ticket")._meta.triggers


def change_tickets(schema_editor, old_triggers, columns, indexes, new_triggers):
    """Run every statement that locks tickets in one go.

    As separate operations, Django would render its models in between, while holding the locks.
    """
    for trigger in old_triggers:
        schema_editor.execute(trigger.uninstall_sql, params=None)
    for table in ("tickets_ticket", "tickets_ticketevent"):
        rename_columns(schema_editor, table, columns)
    for old, new in indexes:
        schema_editor.execute(f"ALTER INDEX {old} RENAME TO {new}", params=None)
    for trigger in new_triggers:
        schema_editor.execute(trigger.install_sql, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0007_review_index"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RenameIndex(
            model_name="prediction",
            old_name="prediction_unsent",
            new_name="prediction_without_ticket",
        ),
        migrations.RunPython(permissions_forwards, permissions_backwards),
        migrations.RenameModel(old_name="Lesson", new_name="Feedback"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(feedback_forwards, feedback_backwards)],
            state_operations=[
                migrations.RenameField("feedback", "at", "decided_at"),
                migrations.AlterField(
                    model_name="feedback",
                    name="ticket",
                    field=models.ForeignKey(
                        on_delete=models.CASCADE, related_name="feedback", to="tickets.ticket"
                    ),
                ),
                migrations.RemoveIndex("feedback", "lesson_newest"),
                migrations.AddIndex(
                    "feedback",
                    models.Index(fields=["field", "-decided_at"], name="feedback_newest"),
                ),
                migrations.RemoveConstraint("feedback", "lesson_field_known"),
                migrations.AddConstraint(
                    "feedback",
                    models.CheckConstraint(
                        condition=models.Q(field__in=["category", "priority"]),
                        name="feedback_field_known",
                    ),
                ),
                migrations.RemoveConstraint("feedback", "lesson_once"),
                migrations.AddConstraint(
                    "feedback",
                    models.UniqueConstraint(fields=("ticket", "field"), name="feedback_once"),
                ),
                migrations.RenameField("triagemodel", "lessons", "feedback_count"),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(sentiment_forwards, sentiment_backwards)],
            state_operations=[
                *(
                    pgtrigger.migrations.RemoveTrigger("ticket", name)
                    for name in ("insert_insert", "update_update", "delete_delete")
                ),
                *(
                    migrations.RenameField(model, old, new)
                    for model in ("ticket", "ticketevent")
                    for old, new in SENTIMENT
                ),
                migrations.RemoveConstraint("ticket", "ticket_tone_source_known"),
                migrations.AddConstraint(
                    "ticket",
                    models.CheckConstraint(
                        condition=models.Q(
                            sentiment_source__in=["human", "llm", "offline", "default"]
                        ),
                        name="ticket_sentiment_source_known",
                    ),
                ),
                migrations.RemoveConstraint("ticket", "ticket_tone_confidence_in_range"),
                migrations.AddConstraint(
                    "ticket",
                    models.CheckConstraint(
                        condition=models.Q(
                            sentiment_confidence__gte=0, sentiment_confidence__lte=1
                        ),
                        name="ticket_sentiment_confidence_in_range",
                    ),
                ),
                *(
                    migrations.RenameIndex("ticket", new_name=new, old_name=old)
                    for old, new in INDEXES
                ),
                *(pgtrigger.migrations.AddTrigger("ticket", trigger) for trigger in TRIGGERS),
            ],
        ),
        migrations.AlterModelOptions(
            "feedback", {"verbose_name": "feedback entry", "verbose_name_plural": "feedback"}
        ),
        migrations.AlterModelOptions("email", {"verbose_name": "email"}),
        # Labels only: the column does not change.
        migrations.AlterField(
            "email",
            "state",
            models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("failed", "refused by the mail server"),
                    ("uncertain", "possibly sent: the mail server did not answer"),
                    ("dropped", "not sent: no longer needed"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
