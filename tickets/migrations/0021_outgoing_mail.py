"""What is known of an email once it was handed over, and tokens that only deliver mail."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0020_incoming_mail'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='apitoken',
            name='apitoken_scopes_known',
        ),
        migrations.RemoveConstraint(
            model_name='email',
            name='email_state_known',
        ),
        migrations.AddField(
            model_name='email',
            name='bounce_kind',
            field=models.CharField(blank=True, choices=[('hard', 'cannot be delivered'), ('soft', 'not delivered for now'), ('complaint', 'reported as spam')], db_default='', default='', editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='email',
            name='bounced_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='email',
            name='message_id',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name='email',
            name='participant',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='emails', to='tickets.participant'),
        ),
        migrations.AlterField(
            model_name='apitoken',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('read', 'Read'), ('write', 'Write'), ('admin', 'Admin'), ('mail', 'Mail')], max_length=10), size=None),
        ),
        migrations.AlterField(
            model_name='apitokenevent',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('read', 'Read'), ('write', 'Write'), ('admin', 'Admin'), ('mail', 'Mail')], max_length=10), size=None),
        ),
        migrations.AlterField(
            model_name='email',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('sent', 'Sent'), ('printed', 'printed: no mail server is set up'), ('held', 'held until an agent answers'), ('bounced', 'came back: not delivered'), ('failed', 'refused by the mail server'), ('uncertain', 'possibly sent: the mail server did not answer'), ('dropped', 'not sent: no longer needed')], default='waiting', max_length=10),
        ),
        migrations.AddIndex(
            model_name='email',
            index=models.Index(condition=models.Q(('message_id', ''), _negated=True), fields=['message_id'], name='email_by_message_id'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['read', 'write', 'admin', 'mail']), ('scopes__len__gt', 0)), name='apitoken_scopes_known'),
        ),
        migrations.AddConstraint(
            model_name='email',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'sending', 'sent', 'printed', 'held', 'bounced', 'failed', 'uncertain', 'dropped'])), name='email_state_known'),
        ),
    ]
