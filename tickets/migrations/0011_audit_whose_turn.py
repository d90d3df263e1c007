"""Let the audit trail record since when a ticket waits, and until when it is snoozed."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# The old triggers do not name the new columns, so they are replaced.
TRIGGERS = [
    pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."snoozed_until", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version", NEW."waiting_since"); RETURN NULL;', hash='ab2a7d8738df2c8db893667c0a8e633b68c39ee3', operation='INSERT', pgid='pgtrigger_insert_insert_2d01a', table='tickets_ticket', when='AFTER')),
    pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assignee_id" IS DISTINCT FROM (NEW."assignee_id") OR OLD."category" IS DISTINCT FROM (NEW."category") OR OLD."category_confidence" IS DISTINCT FROM (NEW."category_confidence") OR OLD."category_source" IS DISTINCT FROM (NEW."category_source") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."priority_confidence" IS DISTINCT FROM (NEW."priority_confidence") OR OLD."priority_source" IS DISTINCT FROM (NEW."priority_source") OR OLD."requester_email" IS DISTINCT FROM (NEW."requester_email") OR OLD."sentiment" IS DISTINCT FROM (NEW."sentiment") OR OLD."sentiment_confidence" IS DISTINCT FROM (NEW."sentiment_confidence") OR OLD."sentiment_source" IS DISTINCT FROM (NEW."sentiment_source") OR OLD."snoozed_until" IS DISTINCT FROM (NEW."snoozed_until") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."urgency_score" IS DISTINCT FROM (NEW."urgency_score") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."waiting_since" IS DISTINCT FROM (NEW."waiting_since"))', func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."snoozed_until", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version", NEW."waiting_since"); RETURN NULL;', hash='88afea95252c0eb4157407904ea470b9d092749b', operation='UPDATE', pgid='pgtrigger_update_update_c6bd0', table='tickets_ticket', when='AFTER')),
    pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (OLD."assignee_id", OLD."category", OLD."category_confidence", OLD."category_source", OLD."created_at", OLD."description", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."priority", OLD."priority_confidence", OLD."priority_source", OLD."requester_email", OLD."sentiment", OLD."sentiment_confidence", OLD."sentiment_source", OLD."snoozed_until", OLD."status", OLD."title", OLD."updated_at", OLD."urgency_score", OLD."version", OLD."waiting_since"); RETURN NULL;', hash='3cbf59505fc56d7aa01c50f7431ebf3d65d5d89b', operation='DELETE', pgid='pgtrigger_delete_delete_84422', table='tickets_ticket', when='AFTER')),
]


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_fill_whose_turn")]

    operations = [
        # Both at once, and the tickets first, as every change locks them. In the order of the
        # other steps, a change at the same moment would end in a deadlock.
        migrations.RunSQL(
            "LOCK TABLE tickets_ticket, tickets_ticketevent IN ACCESS EXCLUSIVE MODE",
            "LOCK TABLE tickets_ticket, tickets_ticketevent IN ACCESS EXCLUSIVE MODE",
        ),
        migrations.AddField(
            model_name="ticketevent",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="ticketevent",
            name="waiting_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        *(
            pgtrigger.migrations.RemoveTrigger(model_name="ticket", name=trigger.name)
            for trigger in TRIGGERS
        ),
        *(
            pgtrigger.migrations.AddTrigger(model_name="ticket", trigger=trigger)
            for trigger in TRIGGERS
        ),
    ]
