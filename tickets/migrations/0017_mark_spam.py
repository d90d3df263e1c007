"""Let tickets be spam, and block senders.

The new column has a constant default, so no row is rewritten, and the audit trail knows it at once.
"""

import django.db.models.deletion
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from ._at_once import AtOnce

# The old triggers do not name the new column, so they are replaced.
TICKET_TRIGGERS = [
    pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "spam", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."snoozed_until", NEW."spam", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version", NEW."waiting_since"); RETURN NULL;', hash='cb7b702e185dd0960a25d78f13bd74d68cd9755e', operation='INSERT', pgid='pgtrigger_insert_insert_2d01a', table='tickets_ticket', when='AFTER')),
    pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assignee_id" IS DISTINCT FROM (NEW."assignee_id") OR OLD."category" IS DISTINCT FROM (NEW."category") OR OLD."category_confidence" IS DISTINCT FROM (NEW."category_confidence") OR OLD."category_source" IS DISTINCT FROM (NEW."category_source") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."priority_confidence" IS DISTINCT FROM (NEW."priority_confidence") OR OLD."priority_source" IS DISTINCT FROM (NEW."priority_source") OR OLD."requester_email" IS DISTINCT FROM (NEW."requester_email") OR OLD."sentiment" IS DISTINCT FROM (NEW."sentiment") OR OLD."sentiment_confidence" IS DISTINCT FROM (NEW."sentiment_confidence") OR OLD."sentiment_source" IS DISTINCT FROM (NEW."sentiment_source") OR OLD."snoozed_until" IS DISTINCT FROM (NEW."snoozed_until") OR OLD."spam" IS DISTINCT FROM (NEW."spam") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."urgency_score" IS DISTINCT FROM (NEW."urgency_score") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."waiting_since" IS DISTINCT FROM (NEW."waiting_since"))', func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "spam", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (NEW."assignee_id", NEW."category", NEW."category_confidence", NEW."category_source", NEW."created_at", NEW."description", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."priority", NEW."priority_confidence", NEW."priority_source", NEW."requester_email", NEW."sentiment", NEW."sentiment_confidence", NEW."sentiment_source", NEW."snoozed_until", NEW."spam", NEW."status", NEW."title", NEW."updated_at", NEW."urgency_score", NEW."version", NEW."waiting_since"); RETURN NULL;', hash='9350dcf54820c1dca096a35f9a062b6be985d805', operation='UPDATE', pgid='pgtrigger_update_update_c6bd0', table='tickets_ticket', when='AFTER')),
    pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_ticketevent" ("assignee_id", "category", "category_confidence", "category_source", "created_at", "description", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "priority_confidence", "priority_source", "requester_email", "sentiment", "sentiment_confidence", "sentiment_source", "snoozed_until", "spam", "status", "title", "updated_at", "urgency_score", "version", "waiting_since") VALUES (OLD."assignee_id", OLD."category", OLD."category_confidence", OLD."category_source", OLD."created_at", OLD."description", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."priority", OLD."priority_confidence", OLD."priority_source", OLD."requester_email", OLD."sentiment", OLD."sentiment_confidence", OLD."sentiment_source", OLD."snoozed_until", OLD."spam", OLD."status", OLD."title", OLD."updated_at", OLD."urgency_score", OLD."version", OLD."waiting_since"); RETURN NULL;', hash='676e12c274e7c5caf77bba646be045d323653d89', operation='DELETE', pgid='pgtrigger_delete_delete_84422', table='tickets_ticket', when='AFTER')),
]
ADDRESS_TRIGGERS = [
    pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_blockedaddressevent" ("address", "blocked_by_id", "created_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id", "ticket_version") VALUES (NEW."address", NEW."blocked_by_id", NEW."created_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."ticket_id", NEW."ticket_version"); RETURN NULL;', hash='93f9ac36291004ed725248b39981938084e4f552', operation='INSERT', pgid='pgtrigger_insert_insert_d734e', table='tickets_blockedaddress', when='AFTER')),
    pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "tickets_blockedaddressevent" ("address", "blocked_by_id", "created_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id", "ticket_version") VALUES (NEW."address", NEW."blocked_by_id", NEW."created_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."ticket_id", NEW."ticket_version"); RETURN NULL;', hash='6025bb242306b279831609d07803c3be7f26827c', operation='UPDATE', pgid='pgtrigger_update_update_da069', table='tickets_blockedaddress', when='AFTER')),
    pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_blockedaddressevent" ("address", "blocked_by_id", "created_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id", "ticket_version") VALUES (OLD."address", OLD."blocked_by_id", OLD."created_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."ticket_id", OLD."ticket_version"); RETURN NULL;', hash='9a717c101a7c5e1191236d680b6c23581efa6612', operation='DELETE', pgid='pgtrigger_delete_delete_6092a', table='tickets_blockedaddress', when='AFTER')),
]


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0016_merging"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce(
            ["tickets_ticket", "tickets_ticketevent"],
            [
                migrations.AddField(
                    model_name="ticket",
                    name="spam",
                    field=models.BooleanField(db_default=False, default=False),
                ),
                migrations.AddField(
                    model_name="ticketevent",
                    name="spam",
                    field=models.BooleanField(db_default=False, default=False),
                ),
                *(
                    pgtrigger.migrations.RemoveTrigger(model_name="ticket", name=trigger.name)
                    for trigger in TICKET_TRIGGERS
                ),
                *(
                    pgtrigger.migrations.AddTrigger(model_name="ticket", trigger=trigger)
                    for trigger in TICKET_TRIGGERS
                ),
                migrations.CreateModel(
                    name="BlockedAddress",
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('address', models.CharField(max_length=508, unique=True)),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ('ticket_version', models.PositiveIntegerField(editable=False, null=True)),
                        ('blocked_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                        ('ticket', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='blocked_addresses', to='tickets.ticket')),
                    ],
                    options={
                        'verbose_name': 'blocked address',
                        'verbose_name_plural': 'blocked addresses',
                    },
                ),
                migrations.CreateModel(
                    name='BlockedAddressEvent',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('pgh_context_id', models.UUIDField(null=True)),
                        ('id', models.BigIntegerField()),
                        ('address', models.CharField(max_length=508)),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        ('ticket_version', models.PositiveIntegerField(editable=False, null=True)),
                        ('blocked_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='tickets.blockedaddress')),
                        ('ticket', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tickets.ticket')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                *(
                    pgtrigger.migrations.AddTrigger(model_name="blockedaddress", trigger=trigger)
                    for trigger in ADDRESS_TRIGGERS
                ),
            ],
        )
    ]
