"""Mailboxes, the messages that come in, participants and attachments.

All tables are new. Their foreign keys are added last, so the ticket table is locked for a moment only.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import tickets.models.encrypted
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0019_language'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mailbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('address', models.EmailField(max_length=254, unique=True)),
                ('is_active', models.BooleanField(default=True)),
                ('from_environment', models.BooleanField(default=False, editable=False)),
                ('plus_addresses', models.BooleanField(default=True)),
                ('authserv_id', models.CharField(blank=True, max_length=255)),
                ('host', models.CharField(blank=True, max_length=255)),
                ('port', models.PositiveIntegerField(default=993)),
                ('security', models.CharField(choices=[('tls', 'TLS from the start'), ('starttls', 'STARTTLS'), ('none', 'not encrypted')], default='tls', max_length=10)),
                ('username', models.CharField(blank=True, max_length=255)),
                ('sign_in', models.CharField(choices=[('password', 'Password'), ('oauth', 'OAuth 2.0')], default='password', max_length=10)),
                ('password', tickets.models.encrypted.EncryptedField(blank=True)),
                ('oauth_token_url', models.URLField(blank=True)),
                ('oauth_client_id', models.CharField(blank=True, max_length=255)),
                ('oauth_scope', models.CharField(blank=True, max_length=500)),
                ('oauth_client_secret', tickets.models.encrypted.EncryptedField(blank=True)),
                ('oauth_refresh_token', tickets.models.encrypted.EncryptedField(blank=True)),
                ('folder', models.CharField(default='INBOX', max_length=255)),
                ('after_fetch', models.CharField(choices=[('flag', 'mark as read'), ('move', 'move to a folder')], default='flag', max_length=10)),
                ('move_to', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name_plural': 'mailboxes',
            },
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='participants', to='tickets.ticket')),
                ('address', models.EmailField(max_length=254)),
                ('folded', models.CharField(editable=False, max_length=508)),
                ('name', models.CharField(blank=True, max_length=100)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='ParticipantEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('address', models.EmailField(max_length=254)),
                ('folded', models.CharField(editable=False, max_length=508)),
                ('name', models.CharField(blank=True, max_length=100)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(editable=False, max_length=64, unique=True)),
                ('size', models.BigIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('type', models.CharField(max_length=127)),
                ('thumbnail', models.CharField(blank=True, max_length=200)),
                ('scan_state', models.CharField(choices=[('not_needed', 'no scanner is set up'), ('waiting', 'waiting for the scanner'), ('clean', 'Clean'), ('refused', 'refused by the scanner')], default='not_needed', max_length=10)),
                ('scan_result', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='BouncedAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded', models.CharField(max_length=508, unique=True)),
                ('address', models.EmailField(max_length=254)),
                ('kind', models.CharField(choices=[('hard', 'cannot be delivered'), ('soft', 'not delivered for now'), ('complaint', 'reported as spam')], default='hard', max_length=10)),
                ('diagnostic', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('email', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tickets.email')),
                ('ticket', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'address that bounces',
                'verbose_name_plural': 'addresses that bounce',
            },
        ),
        migrations.CreateModel(
            name='InboundMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mailbox', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='tickets.mailbox')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('message_id', models.CharField(blank=True, max_length=500)),
                ('raw', models.BinaryField()),
                ('is_complete', models.BooleanField(default=True)),
                ('envelope_from', models.CharField(blank=True, max_length=254, null=True)),
                ('envelope_to', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=254), default=list, size=None)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('stored', 'waiting to be read'), ('handled', 'Handled'), ('held', "waiting for an agent's decision"), ('discarded', 'discarded by an agent'), ('ignored', 'our own, or a copy'), ('failed', 'could not be read')], default='stored', max_length=10)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('sender_address', models.CharField(blank=True, max_length=254)),
                ('sender_name', models.CharField(blank=True, max_length=100)),
                ('subject', models.CharField(blank=True, max_length=998)),
                ('text', models.TextField(blank=True)),
                ('folds', models.JSONField(default=list)),
                ('kind', models.CharField(blank=True, choices=[('written', 'written by a person'), ('automatic', 'an automatic message'), ('bounce', 'Bounce'), ('own', 'our own mail seen again'), ('copy', 'the same message in another mailbox')], max_length=10)),
                ('rule', models.CharField(blank=True, choices=[('address', 'the signed address'), ('in_reply_to', 'In-Reply-To'), ('references', 'References'), ('subject', 'the number in the subject'), ('same_message', 'its copy in another mailbox'), ('bounce', 'the message that came back'), ('new', 'nothing: it opened the ticket')], max_length=12)),
                ('sender', models.CharField(blank=True, choices=[('requester', 'Requester'), ('participant', 'Participant'), ('agent', 'Agent'), ('other', 'somebody else')], max_length=11)),
                ('verified', models.CharField(blank=True, choices=[('verified', 'Verified'), ('not_verified', 'not verified'), ('failed', 'failed: possibly forged')], max_length=12)),
                ('explanation', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('comment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='message', to='tickets.comment')),
                ('ticket', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'incoming message',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='tickets.storedfile')),
                ('name', models.CharField(max_length=200)),
                ('content_id', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('comment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='tickets.comment')),
                ('pending_reply', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='tickets.pendingreply')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='tickets.ticket')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='attachments', to='tickets.inboundmessage')),
            ],
            options={
                'ordering': ['created_at', 'uuid'],
            },
        ),
        migrations.CreateModel(
            name='MailboxFetch',
            fields=[
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='fetch', serialize=False, to='tickets.mailbox')),
                ('folder', models.CharField(blank=True, max_length=255)),
                ('uid_validity', models.BigIntegerField(null=True)),
                ('last_uid', models.BigIntegerField(default=0)),
                ('lease_owner', models.CharField(blank=True, max_length=64)),
                ('lease_until', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.AddConstraint(
            model_name='mailbox',
            constraint=models.CheckConstraint(condition=models.Q(('security__in', ['tls', 'starttls', 'none'])), name='mailbox_security_known'),
        ),
        migrations.AddConstraint(
            model_name='mailbox',
            constraint=models.CheckConstraint(condition=models.Q(('sign_in__in', ['password', 'oauth'])), name='mailbox_sign_in_known'),
        ),
        migrations.AddConstraint(
            model_name='mailbox',
            constraint=models.CheckConstraint(condition=models.Q(('after_fetch__in', ['flag', 'move'])), name='mailbox_after_fetch_known'),
        ),
        migrations.AddConstraint(
            model_name='mailbox',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('after_fetch', 'move'), _negated=True), models.Q(('move_to', ''), _negated=True), _connector='OR'), name='mailbox_moves_somewhere'),
        ),
        migrations.AddField(
            model_name='participantevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='tickets.participant'),
        ),
        migrations.AddField(
            model_name='participantevent',
            name='ticket',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tickets.ticket'),
        ),
        migrations.AddIndex(
            model_name='storedfile',
            index=models.Index(condition=models.Q(('scan_state', 'waiting')), fields=['created_at'], name='file_to_scan'),
        ),
        migrations.AddConstraint(
            model_name='storedfile',
            constraint=models.CheckConstraint(condition=models.Q(('scan_state__in', ['not_needed', 'waiting', 'clean', 'refused'])), name='storedfile_scan_state_known'),
        ),
        migrations.AddConstraint(
            model_name='bouncedaddress',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['hard', 'soft', 'complaint'])), name='bouncedaddress_kind_known'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(fields=['message_id'], name='message_by_id'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(condition=models.Q(('state__in', ['handled', 'ignored']), _negated=True), fields=['received_at'], name='message_to_act_on'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.UniqueConstraint(fields=('mailbox', 'sha256'), name='message_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['stored', 'handled', 'held', 'discarded', 'ignored', 'failed'])), name='inboundmessage_state_known'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind', ''), ('kind__in', ['written', 'automatic', 'bounce', 'own', 'copy']), _connector='OR'), name='inboundmessage_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('rule', ''), ('rule__in', ['address', 'in_reply_to', 'references', 'subject', 'same_message', 'bounce', 'new']), _connector='OR'), name='inboundmessage_rule_known'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('sender', ''), ('sender__in', ['requester', 'participant', 'agent', 'other']), _connector='OR'), name='inboundmessage_sender_known'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('verified', ''), ('verified__in', ['verified', 'not_verified', 'failed']), _connector='OR'), name='inboundmessage_verified_known'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('ticket', 'folded'), name='participant_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='participant',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_participantevent" ("address", "created_at", "folded", "id", "is_active", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id") VALUES (NEW."address", NEW."created_at", NEW."folded", NEW."id", NEW."is_active", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."ticket_id"); RETURN NULL;', hash='a0e544f7d03c3c20f25217b6e8675b2cf1b3ff48', operation='INSERT', pgid='pgtrigger_insert_insert_20ec7', table='tickets_participant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='participant',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "tickets_participantevent" ("address", "created_at", "folded", "id", "is_active", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id") VALUES (NEW."address", NEW."created_at", NEW."folded", NEW."id", NEW."is_active", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."ticket_id"); RETURN NULL;', hash='a9b45d73892a5be8434a2152e71b514387939d40', operation='UPDATE', pgid='pgtrigger_update_update_5ddae', table='tickets_participant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='participant',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tickets_participantevent" ("address", "created_at", "folded", "id", "is_active", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ticket_id") VALUES (OLD."address", OLD."created_at", OLD."folded", OLD."id", OLD."is_active", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."ticket_id"); RETURN NULL;', hash='da8c8d214ecd3d70ac4bec96f464e334943db4af', operation='DELETE', pgid='pgtrigger_delete_delete_d9a32', table='tickets_participant', when='AFTER')),
        ),
    ]
