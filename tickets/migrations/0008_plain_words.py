"""Feedback and sentiment get the names by which the program now calls them.

Only names change: no row is read or written, and the tables are locked for a moment.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

RENAME_CONSTRAINTS_AND_INDEXES = """
DO $$
DECLARE
    item record;
BEGIN
    FOR item IN
        SELECT conname AS name FROM pg_constraint
        WHERE conrelid = '{table}'::regclass AND strpos(conname, '{old}') > 0
    LOOP
        EXECUTE format(
            'ALTER TABLE {table} RENAME CONSTRAINT %I TO %I',
            item.name, replace(item.name, '{old}', '{new}')
        );
    END LOOP;
    FOR item IN
        SELECT relname AS name FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
        WHERE indrelid = '{table}'::regclass AND strpos(relname, '{old}') > 0
    LOOP
        EXECUTE format(
            'ALTER INDEX %I RENAME TO %I',
            item.name, replace(item.name, '{old}', '{new}')
        );
    END LOOP;
END $$
"""


def rename_in_names(table, old, new):
    """Rename the table's constraints and indexes that have `old` in their names.

    PostgreSQL renames none of them with their column or table. Those that Django names by
    itself are among them, and NOT NULL constraints, which have names from PostgreSQL 18 on.
    """
    return migrations.RunSQL(
        RENAME_CONSTRAINTS_AND_INDEXES.format(table=table, old=old, new=new),
        RENAME_CONSTRAINTS_AND_INDEXES.format(table=table, old=new, new=old),
    )


def rename_permissions(apps, old, new):
    """Rename `view_<old>` and its like, so that groups and accounts keep them.

    Django renames the content type itself, unless there is one of the new name already. That is
    so after this migration was taken back, since each `migrate` makes what it misses.
    """
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    log = apps.get_model("admin", "LogEntry").objects
    content_types.clear_cache()
    by_model = {
        each.model: each
        for each in content_types.filter(app_label="tickets", model__in=[old, new])
    }
    if not by_model:  # a new database has neither
        return
    target = by_model.get(new) or by_model[old]
    for permission in permissions.filter(
        content_type__in=by_model.values(), codename__endswith=f"_{old}"
    ):
        action = permission.codename.removesuffix(f"_{old}")
        twin = permissions.filter(content_type=target, codename=f"{action}_{new}").first()
        if twin is None:
            permission.codename = f"{action}_{new}"
            permission.name = f"Can {action} {new}"
            permission.content_type = target
            permission.save()
        else:
            twin.group_set.add(*permission.group_set.all())
            twin.user_set.add(*permission.user_set.all())
            permission.delete()
    if len(by_model) == 2:
        log.filter(content_type=by_model[old]).update(content_type=target)
        by_model[old].delete()
    content_types.clear_cache()


def permissions_forwards(apps, schema_editor):
    rename_permissions(apps, "lesson", "feedback")


def permissions_backwards(apps, schema_editor):
    rename_permissions(apps, "feedback", "lesson")


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0007_review_index"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RenameModel(old_name="Lesson", new_name="Feedback"),
        migrations.RenameField(model_name="feedback", old_name="at", new_name="decided_at"),
        migrations.AlterField(
            model_name="feedback",
            name="ticket",
            field=models.ForeignKey(
                on_delete=models.CASCADE, related_name="feedback", to="tickets.ticket"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                rename_in_names("tickets_feedback", "lesson", "feedback"),
                rename_in_names("tickets_feedback", "feedback_at_", "feedback_decided_at_"),
                migrations.RunSQL(
                    "ALTER SEQUENCE tickets_lesson_id_seq RENAME TO tickets_feedback_id_seq",
                    "ALTER SEQUENCE tickets_feedback_id_seq RENAME TO tickets_lesson_id_seq",
                ),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="feedback", name="lesson_newest"),
                migrations.AddIndex(
                    model_name="feedback",
                    index=models.Index(fields=["field", "-decided_at"], name="feedback_newest"),
                ),
                migrations.RemoveConstraint(model_name="feedback", name="lesson_field_known"),
                migrations.AddConstraint(
                    model_name="feedback",
                    constraint=models.CheckConstraint(
                        condition=models.Q(field__in=["category", "priority"]),
                        name="feedback_field_known",
                    ),
                ),
                migrations.RemoveConstraint(model_name="feedback", name="lesson_once"),
                migrations.AddConstraint(
                    model_name="feedback",
                    constraint=models.UniqueConstraint(
                        fields=("ticket", "field"), name="feedback_once"
                    ),
                ),
            ],
        ),
        migrations.RunPython(permissions_forwards, permissions_backwards),
        # As SQL, since Django would make the column's check anew.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE tickets_triagemodel RENAME COLUMN lessons TO feedback_count",
                    "ALTER TABLE tickets_triagemodel RENAME COLUMN feedback_count TO lessons",
                ),
                rename_in_names("tickets_triagemodel", "_lessons_", "_feedback_count_"),
            ],
            state_operations=[
                migrations.RenameField(
                    model_name="triagemodel", old_name="lessons", new_name="feedback_count"
                ),
            ],
        ),
        migrations.RenameIndex(
            model_name="prediction",
            old_name="prediction_unsent",
            new_name="prediction_without_ticket",
        ),
        # The triggers name the columns of the audit trail, so they are made anew.
        pgtrigger.migrations.RemoveTrigger(model_name="ticket", name="insert_insert"),
        pgtrigger.migrations.RemoveTrigger(model_name="ticket", name="update_update"),
        pgtrigger.migrations.RemoveTrigger(model_name="ticket", name="delete_delete"),
        migrations.RenameField(
            model_name="ticket", old_name="tone_source", new_name="sentiment_source"
        ),
        migrations.RenameField(
            model_name="ticket", old_name="tone_confidence", new_name="sentiment_confidence"
        ),
        migrations.RenameField(
            model_name="ticketevent", old_name="tone_source", new_name="sentiment_source"
        ),
        migrations.RenameField(
            model_name="ticketevent", old_name="tone_confidence", new_name="sentiment_confidence"
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                rename_in_names("tickets_ticket", "_tone_source_", "_sentiment_source_"),
                rename_in_names("tickets_ticket", "_tone_confidence_", "_sentiment_confidence_"),
                rename_in_names("tickets_ticketevent", "_tone_source_", "_sentiment_source_"),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="ticket", name="ticket_tone_source_known"),
                migrations.AddConstraint(
                    model_name="ticket",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            sentiment_source__in=["human", "llm", "offline", "default"]
                        ),
                        name="ticket_sentiment_source_known",
                    ),
                ),
                migrations.RemoveConstraint(
                    model_name="ticket", name="ticket_tone_confidence_in_range"
                ),
                migrations.AddConstraint(
                    model_name="ticket",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            sentiment_confidence__gte=0, sentiment_confidence__lte=1
                        ),
                        name="ticket_sentiment_confidence_in_range",
                    ),
                ),
            ],
        ),
        migrations.RenameIndex(
            model_name="ticket", old_name="ticket_unsure", new_name="ticket_needs_review"
        ),
        migrations.RenameIndex(
            model_name="ticket", old_name="ticket_review", new_name="ticket_lowest_confidence"
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ticket',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "status", "title", "updated_at", "urgency_score", "version") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version"); RETURN NULL;', hash='fcfd2ac76f55ab95bc0c631f36d4ce4aa44b9d51', operation='INSERT', pgid='pgtrigger_insert_insert_2d01a', table='tickets_ticket', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ticket',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assignee_id" IS DISTINCT FROM (NEW."assignee_id") OR OLD."category" IS DISTINCT FROM (NEW."category") OR OLD."category_confidence" IS DISTINCT FROM (NEW."category_confidence") OR OLD."category_source" IS DISTINCT FROM (NEW."category_source") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."priority_confidence" IS DISTINCT FROM (NEW."priority_confidence") OR OLD."priority_source" IS DISTINCT FROM (NEW."priority_source") OR OLD."requester_email" IS DISTINCT FROM (NEW."requester_email") OR OLD."sentiment" IS DISTINCT FROM (NEW."sentiment") OR OLD."sentiment_confidence" IS DISTINCT FROM (NEW."sentiment_confidence") OR OLD."sentiment_source" IS DISTINCT FROM (NEW."sentiment_source") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."urgency_score" IS DISTINCT FROM (NEW."urgency_score") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "status", "title", "updated_at", "urgency_score", "version") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version"); RETURN NULL;', hash='9a98c5e736d06bf56a8b7aa57a71e767cf693569', operation='UPDATE', pgid='pgtrigger_update_update_c6bd0', table='tickets_ticket', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ticket',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "status", "title", "updated_at", "urgency_score", "version") VALUES (OLD."assignee_id", OLD."category", OLD."category_confidence", OLD."category_source", OLD."created_at", OLD."description", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."priority", OLD."priority_confidence", OLD."priority_source", OLD."requester_email", OLD."sentiment", OLD."sentiment_confidence", OLD."sentiment_source", OLD."status", OLD."title", OLD."updated_at", OLD."urgency_score", OLD."version"); RETURN NULL;', hash='041e92183f407f8f1fdf25a8739588bfaf4009e8', operation='DELETE', pgid='pgtrigger_delete_delete_84422', table='tickets_ticket', when='AFTER')),
        ),
    ]
