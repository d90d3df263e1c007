"""For whom somebody vouches who takes part in a ticket."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Whom an agent has added. Whoever takes part in a ticket that was merged before goes on with it.
VOUCH = """
UPDATE tickets_participant SET is_vouched = true WHERE
    ticket_id IN (SELECT id FROM tickets_ticket WHERE merged_into_id IS NOT NULL)
    OR id IN (
        SELECT pgh_obj_id FROM tickets_participantevent
        WHERE pgh_label = 'insert' AND pgh_context->>'user' IS NOT NULL
    )
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0043_identities'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='participant',
            name='update_update',
        ),
        migrations.AddField(
            model_name='participant',
            name='is_vouched',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='participant',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."folded" IS DISTINCT FROM (NEW."folded") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."ticket_id" IS DISTINCT FROM (NEW."ticket_id"))', func='INSERT INTO "tickets_participantevent" ("address", "created_at", "folded", "id", "is_active", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id") VALUES (NEW."address", NEW."created_at", NEW."folded", NEW."id", NEW."is_active", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."ticket_id"); RETURN NULL;', hash='43c8033e9f9277914981c3a88bd79456c12c390e', operation='UPDATE', pgid='pgtrigger_update_update_5ddae', table='tickets_participant', when='AFTER')),
        ),
        migrations.RunSQL(VOUCH, migrations.RunSQL.noop),
    ]
