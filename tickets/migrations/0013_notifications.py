"""Add what agents are told about by email, and their names and signatures.

Nothing here reads the tickets, and the outbox is read once.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def delete_emails_to_agents(apps, schema_editor):
    """Earlier releases know only emails to requesters."""
    apps.get_model("tickets", "Email").objects.exclude(recipient=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0012_pending_replies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('assigned', 'Assigned'), ('answer', 'Answer'), ('mention', 'Mention'), ('unassigned', 'Unassigned'), ('leaver', 'tickets of a leaver')], max_length=10)),
                ('event', models.CharField(max_length=100)),
                ('actor', models.CharField(max_length=150)),
                ('leaver', models.CharField(blank=True, max_length=150)),
                ('count', models.PositiveIntegerField(default=1)),
                ('is_hourly', models.BooleanField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='email',
            name='email_kind_known',
        ),
        migrations.AddField(
            model_name='agentprofile',
            name='display_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='agentprofile',
            name='notify_answer',
            field=models.CharField(choices=[('off', 'No email'), ('at_once', 'At once'), ('hourly', 'In an hourly digest')], db_default='at_once', default='at_once', max_length=8),
        ),
        migrations.AddField(
            model_name='agentprofile',
            name='notify_assigned',
            field=models.CharField(choices=[('off', 'No email'), ('at_once', 'At once'), ('hourly', 'In an hourly digest')], db_default='at_once', default='at_once', max_length=8),
        ),
        migrations.AddField(
            model_name='agentprofile',
            name='notify_mention',
            field=models.CharField(choices=[('off', 'No email'), ('at_once', 'At once'), ('hourly', 'In an hourly digest')], db_default='at_once', default='at_once', max_length=8),
        ),
        migrations.AddField(
            model_name='agentprofile',
            name='notify_unassigned',
            field=models.CharField(choices=[('off', 'No email'), ('at_once', 'At once'), ('hourly', 'In an hourly digest')], db_default='off', default='off', max_length=8),
        ),
        migrations.AddField(
            model_name='agentprofile',
            name='signature',
            field=models.TextField(blank=True, db_default='', default='', max_length=500),
        ),
        migrations.AddField(
            model_name='email',
            name='recipient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='emails', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='email',
            name='kind',
            field=models.CharField(choices=[('received', 'ticket received'), ('reply', 'public reply'), ('resolved', 'ticket resolved'), ('link', 'private link'), ('notice', 'notice to an agent'), ('digest', 'digest for an agent'), ('invitation', 'invitation of an agent')], max_length=10),
        ),
        migrations.RunPython(migrations.RunPython.noop, delete_emails_to_agents),
        # Django would also create the foreign key again, and lock the tickets while it is checked.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE tickets_email ALTER COLUMN ticket_id DROP NOT NULL",
                    "ALTER TABLE tickets_email ALTER COLUMN ticket_id SET NOT NULL",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='email',
                    name='ticket',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='emails', to='tickets.ticket'),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name='agentprofile',
            constraint=models.CheckConstraint(condition=models.Q(('notify_assigned__in', ['off', 'at_once', 'hourly'])), name='agentprofile_notify_assigned_known'),
        ),
        migrations.AddConstraint(
            model_name='agentprofile',
            constraint=models.CheckConstraint(condition=models.Q(('notify_answer__in', ['off', 'at_once', 'hourly'])), name='agentprofile_notify_answer_known'),
        ),
        migrations.AddConstraint(
            model_name='agentprofile',
            constraint=models.CheckConstraint(condition=models.Q(('notify_mention__in', ['off', 'at_once', 'hourly'])), name='agentprofile_notify_mention_known'),
        ),
        migrations.AddConstraint(
            model_name='agentprofile',
            constraint=models.CheckConstraint(condition=models.Q(('notify_unassigned__in', ['off', 'at_once', 'hourly'])), name='agentprofile_notify_unassigned_known'),
        ),
        migrations.AddConstraint(
            model_name='email',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['received', 'reply', 'resolved', 'link', 'notice', 'digest', 'invitation'])), name='email_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='email',
            constraint=models.CheckConstraint(condition=models.Q(('ticket__isnull', False), ('recipient__isnull', False), _connector='OR'), name='email_to_somebody'),
        ),
        migrations.AddField(
            model_name='notification',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='notification',
            name='comment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='tickets.comment'),
        ),
        migrations.AddField(
            model_name='notification',
            name='email',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='tickets.email'),
        ),
        migrations.AddField(
            model_name='notification',
            name='ticket',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='tickets.ticket'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('email__isnull', True)), fields=['account'], name='notification_waiting'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['assigned', 'answer', 'mention', 'unassigned', 'leaver'])), name='notification_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('account', 'event'), name='notification_once'),
        ),
    ]
