import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0006_requester_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(django.db.models.functions.comparison.Least(models.Case(models.When(category_source='human', then=models.Value(1.0)), default=django.db.models.functions.comparison.Coalesce(models.F('category_confidence'), models.Value(0.0))), models.Case(models.When(priority_source='human', then=models.Value(1.0)), default=django.db.models.functions.comparison.Coalesce(models.F('priority_confidence'), models.Value(0.0)))), models.F('created_at'), models.F('id'), condition=models.Q(models.Q(models.Q(('category_source__in', ['offline', 'default']), models.Q(('category_confidence', None), ('category_confidence__lt', 0.6), _connector='OR')), models.Q(('priority_source__in', ['offline', 'default']), models.Q(('priority_confidence', None), ('priority_confidence__lt', 0.6), _connector='OR')), _connector='OR'), ('status__in', ['open', 'in_progress'])), name='ticket_review'),
        ),
    ]
