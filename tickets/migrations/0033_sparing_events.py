"""Do not repeat a ticket's description in the event of a change that left it alone."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from ._at_once import AtOnce

UPDATE_TRIGGER = pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assignee_id" IS DISTINCT FROM (NEW."assignee_id") OR OLD."category" IS DISTINCT FROM (NEW."category") OR OLD."category_confidence" IS DISTINCT FROM (NEW."category_confidence") OR OLD."category_source" IS DISTINCT FROM (NEW."category_source") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."priority_confidence" IS DISTINCT FROM (NEW."priority_confidence") OR OLD."priority_source" IS DISTINCT FROM (NEW."priority_source") OR OLD."requester_email" IS DISTINCT FROM (NEW."requester_email") OR OLD."sentiment" IS DISTINCT FROM (NEW."sentiment") OR OLD."sentiment_confidence" IS DISTINCT FROM (NEW."sentiment_confidence") OR OLD."sentiment_source" IS DISTINCT FROM (NEW."sentiment_source") OR OLD."snoozed_until" IS DISTINCT FROM (NEW."snoozed_until") OR OLD."spam" IS DISTINCT FROM (NEW."spam") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."urgency_score" IS DISTINCT FROM (NEW."urgency_score") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."waiting_since" IS DISTINCT FROM (NEW."waiting_since"))', func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "spam", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", CASE WHEN NEW."description" IS DISTINCT FROM OLD."description" THEN NEW."description" ELSE \'\' END, NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."snoozed_until", NEW."spam", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version", NEW."waiting_since"); RETURN NULL;', hash='85c7bd0c41c0354b78c005617d238ff42d7d9e51', operation='UPDATE', pgid='pgtrigger_update_update_c6bd0', table='tickets_ticket', when='AFTER'))


class Migration(migrations.Migration):
    dependencies = [("tickets", "0032_fewer_indexes")]
    operations = [
        AtOnce(
            ["tickets_ticket"],
            [
                pgtrigger.migrations.RemoveTrigger(model_name="ticket", name="update_update"),
                pgtrigger.migrations.AddTrigger(model_name="ticket", trigger=UPDATE_TRIGGER),
            ],
        ),
    ]
