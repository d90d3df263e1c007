import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0002_triage_cache'),
    ]

    operations = [
        migrations.CreateModel(
            name='TriageModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(choices=[('category', 'Category'), ('priority', 'Priority')], max_length=10, unique=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('data', models.BinaryField()),
                ('lessons', models.PositiveIntegerField(default=0)),
                ('prior_accuracy', models.FloatField(null=True)),
                ('learned_accuracy', models.FloatField(null=True)),
                ('leads', models.BooleanField(default=False)),
                ('stale', models.BooleanField(default=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('refitted_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'learned model',
                'constraints': [models.CheckConstraint(condition=models.Q(('field__in', ['category', 'priority'])), name='triagemodel_field_known')],
            },
        ),
        migrations.CreateModel(
            name='Lesson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(choices=[('category', 'Category'), ('priority', 'Priority')], max_length=10)),
                ('value', models.CharField(max_length=20)),
                ('corrected', models.BooleanField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('learned_at', models.DateTimeField(blank=True, null=True)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lessons', to='tickets.ticket')),
            ],
            options={
                'indexes': [models.Index(fields=['field', '-at'], name='lesson_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('field__in', ['category', 'priority'])), name='lesson_field_known'), models.UniqueConstraint(fields=('ticket', 'field'), name='lesson_once')],
            },
        ),
        migrations.CreateModel(
            name='Prediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('suggestion', models.UUIDField()),
                ('field', models.CharField(choices=[('category', 'Category'), ('priority', 'Priority'), ('sentiment', 'Sentiment'), ('urgency', 'Urgency')], max_length=10)),
                ('value', models.CharField(max_length=20)),
                ('confidence', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)])),
                ('source', models.CharField(choices=[('human', 'Human'), ('llm', 'model'), ('offline', 'Offline'), ('default', 'Default')], max_length=10)),
                ('provider', models.CharField(blank=True, max_length=20)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('prompt_version', models.CharField(blank=True, max_length=20)),
                ('evidence', models.JSONField(default=list)),
                ('latency_ms', models.PositiveIntegerField(default=0)),
                ('cost_usd', models.FloatField(default=0)),
                ('use', models.CharField(choices=[('shown', 'shown while typing'), ('applied', 'applied to the ticket'), ('shadow', 'recorded only')], max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('accepted', models.BooleanField(null=True)),
                ('final_value', models.CharField(blank=True, max_length=20)),
                ('final_at', models.DateTimeField(blank=True, null=True)),
                ('ticket', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='predictions', to='tickets.ticket')),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='prediction_created_at'), models.Index(condition=models.Q(('ticket', None)), fields=['created_at'], name='prediction_unsent')],
                'constraints': [models.CheckConstraint(condition=models.Q(('field__in', ['category', 'priority', 'sentiment', 'urgency'])), name='prediction_field_known'), models.CheckConstraint(condition=models.Q(('source__in', ['human', 'llm', 'offline', 'default'])), name='prediction_source_known'), models.CheckConstraint(condition=models.Q(('use__in', ['shown', 'applied', 'shadow'])), name='prediction_use_known'), models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='prediction_confidence_in_range'), models.UniqueConstraint(fields=('suggestion', 'field'), name='prediction_once')],
            },
        ),
    ]
